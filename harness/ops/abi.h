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

// semop(2)
inline constexpr uint32_t kSemUndo = 0x1000;

// shmop(2), shmctl(2)
inline constexpr uint32_t kShmRdonly = 010000;
inline constexpr uint32_t kShmRnd = 020000;
inline constexpr uint32_t kShmDest = 01000;
inline constexpr uint32_t kShmLocked = 02000;

// signal(7), x86 and ARM numbering
inline constexpr int kSighup = 1;
inline constexpr int kSigint = 2;
inline constexpr int kSigbus = 7;
inline constexpr int kSigkill = 9;
inline constexpr int kSigusr1 = 10;
inline constexpr int kSigsegv = 11;
inline constexpr int kSigusr2 = 12;
inline constexpr int kSigalrm = 14;
inline constexpr int kSigterm = 15;

inline constexpr int kPipeBuf = 4096;  // pipe(7)

}  // namespace ipcrig::abi
