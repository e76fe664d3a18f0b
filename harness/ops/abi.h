// SPDX-License-Identifier: Apache-2.0
//
// The numbers of the Linux interface that scenarios name: flags, commands' bits and signals.
//
// They stand here, and not in <sys/ipc.h>, because the model may not see a system header: what it
// knows it knows from the man pages. exec/abi_check.cc compares each with the header of the machine
// it is built on.
#pragma once

#include <cstdint>

namespace ipcrig::abi {

// sysvipc(7), msgget(2), semget(2), shmget(2)
inline constexpr int32_t kIpcPrivate = 0;
inline constexpr uint32_t kIpcCreat = 01000;
inline constexpr uint32_t kIpcExcl = 02000;
inline constexpr uint32_t kIpcNowait = 04000;
inline constexpr uint32_t kModeMask = 0777;

// msgop(2)
inline constexpr uint32_t kMsgNoerror = 010000;
inline constexpr uint32_t kMsgExcept = 020000;
inline constexpr uint32_t kMsgCopy = 040000;

// semop(2)
inline constexpr uint32_t kSemUndo = 0x1000;

// shmget(2)
inline constexpr uint32_t kShmHugetlb = 04000;
inline constexpr uint32_t kShmNoreserve = 010000;
inline constexpr uint32_t kShmHuge2Mb = 21U << 26;  // log2 of the page's size, from bit 26 on
inline constexpr uint32_t kShmHuge1Gb = 30U << 26;
inline constexpr uint32_t kShmHugeNone = 63U << 26;  // of no machine
// The size of pages that shmget(2) is asked for with SHM_HUGETLB; `usual` where it says none.
constexpr int64_t HugePageSize(uint32_t flags, int64_t usual) {
  const uint32_t log2 = flags >> 26 & 63;
  return log2 == 0 ? usual : static_cast<int64_t>(uint64_t{1} << log2);
}

// shmop(2), shmctl(2)
inline constexpr uint32_t kShmRdonly = 010000;
inline constexpr uint32_t kShmRnd = 020000;
inline constexpr uint32_t kShmRemap = 040000;
inline constexpr uint32_t kShmExec = 0100000;
inline constexpr uint32_t kShmDest = 01000;
inline constexpr uint32_t kShmLocked = 02000;

// shmctl(2), msgctl(2), semctl(2): the commands since Linux 4.17, not in every libc's headers
inline constexpr int kMsgStatAny = 13;
inline constexpr int kShmStatAny = 15;
inline constexpr int kSemStatAny = 20;

// mprotect(2), mremap(2)
inline constexpr uint32_t kProtRead = 1;
inline constexpr uint32_t kProtWrite = 2;
inline constexpr uint32_t kProtExec = 4;
inline constexpr uint32_t kMremapMaymove = 1;
inline constexpr uint32_t kMremapFixed = 2;
inline constexpr uint32_t kMremapDontunmap = 4;

// pipe(2)
inline constexpr uint32_t kONonblock = 04000;

// clone(2), unshare(2), setns(2)
inline constexpr uint32_t kCloneSysvsem = 0x40000;
inline constexpr uint32_t kCloneNewipc = 0x8000000;
inline constexpr uint32_t kCloneNewpid = 0x20000000;

// sigaction(2)
inline constexpr uint32_t kSaRestart = 0x10000000;

// capabilities(7): bits of a set
inline constexpr uint32_t kCapSetgid = 1U << 6;
inline constexpr uint32_t kCapSetuid = 1U << 7;
inline constexpr uint32_t kCapIpcLock = 1U << 14;
inline constexpr uint32_t kCapIpcOwner = 1U << 15;
inline constexpr uint32_t kCapSysAdmin = 1U << 21;
inline constexpr uint32_t kCapSysResource = 1U << 24;

// An id is a sequence number times this, plus an index; the *_STAT commands take the index.
inline constexpr int32_t kIpcIndexes = 32768;

// signal(7), x86 and ARM numbering
inline constexpr int kSighup = 1;
inline constexpr int kSigint = 2;
inline constexpr int kSigbus = 7;
inline constexpr int kSigkill = 9;
inline constexpr int kSigusr1 = 10;
inline constexpr int kSigabrt = 6;
inline constexpr int kSigsegv = 11;
inline constexpr int kSigusr2 = 12;
inline constexpr int kSigpipe = 13;
inline constexpr int kSigalrm = 14;
inline constexpr int kSigterm = 15;
inline constexpr int kSigcont = 18;
inline constexpr int kSigstop = 19;

inline constexpr int kPipeBuf = 4096;  // pipe(7)

}  // namespace ipcrig::abi
