// SPDX-License-Identifier: Apache-2.0
//
// The numbers of ops/abi.h and ops/flags.h are those of this machine's headers, and structures are
// as the calls here take them to be.
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include <climits>
#include <csignal>

#include "ops/abi.h"
#include "ops/choice.h"
#include "ops/flags.h"

namespace ipcrig::abi {

static_assert(kIpcPrivate == IPC_PRIVATE && kIpcCreat == IPC_CREAT && kIpcExcl == IPC_EXCL);
static_assert(kIpcNowait == IPC_NOWAIT && kMsgNoerror == MSG_NOERROR && kSemUndo == SEM_UNDO);
static_assert(kMsgExcept == MSG_EXCEPT && kModeMask == (S_IRWXU | S_IRWXG | S_IRWXO));
static_assert(kShmRdonly == SHM_RDONLY && kShmRnd == SHM_RND && kShmRemap == SHM_REMAP);
static_assert(kShmExec == SHM_EXEC && kShmDest == SHM_DEST && kShmLocked == SHM_LOCKED);
static_assert(kShmHugetlb == SHM_HUGETLB && kShmNoreserve == SHM_NORESERVE);
static_assert(kProtRead == PROT_READ && kProtWrite == PROT_WRITE && kProtExec == PROT_EXEC);
static_assert(kMremapMaymove == MREMAP_MAYMOVE && kMremapFixed == MREMAP_FIXED);
static_assert(kONonblock == O_NONBLOCK && kSaRestart == SA_RESTART && kPipeBuf == PIPE_BUF);
static_assert(kCloneSysvsem == CLONE_SYSVSEM && kCloneNewipc == CLONE_NEWIPC);
static_assert(kCloneNewpid == CLONE_NEWPID);
static_assert(kCapSetgid == 1U << CAP_SETGID && kCapSetuid == 1U << CAP_SETUID);
static_assert(kCapIpcLock == 1U << CAP_IPC_LOCK && kCapIpcOwner == 1U << CAP_IPC_OWNER);
static_assert(kCapSysAdmin == 1U << CAP_SYS_ADMIN && kCapSysResource == 1U << CAP_SYS_RESOURCE);
static_assert(kSighup == SIGHUP && kSigint == SIGINT && kSigbus == SIGBUS && kSigkill == SIGKILL);
static_assert(kSigabrt == SIGABRT && kSigusr1 == SIGUSR1 && kSigsegv == SIGSEGV &&
              kSigusr2 == SIGUSR2);
static_assert(kSigalrm == SIGALRM && kSigterm == SIGTERM && kSigpipe == SIGPIPE);
static_assert(kSigcont == SIGCONT && kSigstop == SIGSTOP);

// Newer than some headers.
#ifdef MSG_COPY
static_assert(kMsgCopy == MSG_COPY);
#endif
#ifdef MREMAP_DONTUNMAP
static_assert(kMremapDontunmap == MREMAP_DONTUNMAP);
#endif
#ifdef SHM_HUGE_2MB
static_assert(kShmHuge2Mb == SHM_HUGE_2MB && kShmHuge1Gb == SHM_HUGE_1GB);
#endif

// Choices and buffers know commands by their names; all unknown ones are above the known.
static_assert(IPC_INFO < UnknownCommand::kLeast && SHM_INFO < UnknownCommand::kLeast);
static_assert(MSG_INFO < UnknownCommand::kLeast && SEM_INFO < UnknownCommand::kLeast);

// shmctl, msgctl and semctl are called past libc too: here the kernel's structures are libc's.
static_assert(sizeof(long) == 8, "the *ctl calls of a 32-bit libc convert what they are given");
static_assert(sizeof(ipc_perm::mode) == 4,
              "a mode is read with all the bits that the kernel wrote");

}  // namespace ipcrig::abi
