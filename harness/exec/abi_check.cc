// SPDX-License-Identifier: Apache-2.0
//
// The numbers of ops/abi.h are those of this machine's headers.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <climits>
#include <csignal>

#include "ops/abi.h"

namespace ipcrig::abi {

static_assert(kIpcPrivate == IPC_PRIVATE && kIpcCreat == IPC_CREAT && kIpcExcl == IPC_EXCL);
static_assert(kIpcNowait == IPC_NOWAIT && kMsgNoerror == MSG_NOERROR && kSemUndo == SEM_UNDO);
static_assert(kShmRdonly == SHM_RDONLY && kShmRnd == SHM_RND);
static_assert(kShmDest == SHM_DEST && kShmLocked == SHM_LOCKED);
static_assert(kSighup == SIGHUP && kSigint == SIGINT && kSigbus == SIGBUS && kSigkill == SIGKILL);
static_assert(kSigusr1 == SIGUSR1 && kSigsegv == SIGSEGV && kSigusr2 == SIGUSR2);
static_assert(kSigalrm == SIGALRM && kSigterm == SIGTERM && kPipeBuf == PIPE_BUF);

}  // namespace ipcrig::abi
