// SPDX-License-Identifier: Apache-2.0
//
// The operation table: everything that a line of a scenario can call.
//
// To add one: declare its struct in the header of its family, add it here, define Model() in
// model/ and Call() in exec/; the linker says so if you forget either. Reading, printing, drawing
// and shrinking follow from its fields.
//
// Operations of one name differ in a word: shmctl(seg, IPC_STAT), shmctl(seg, IPC_RMID).
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "ops/identity_ops.h"
#include "ops/memory_ops.h"
#include "ops/msg_ops.h"
#include "ops/msgctl_ops.h"
#include "ops/pipe_ops.h"
#include "ops/process_ops.h"
#include "ops/sem_ops.h"
#include "ops/semctl_ops.h"
#include "ops/shm_ops.h"
#include "ops/shmctl_ops.h"

namespace ipcrig {

using Op = std::variant<
    // shared memory
    Ftok, Shmget, Shmat, Shmdt, ShmctlStat, ShmctlIndex, ShmctlSet, ShmctlRmid, ShmctlLock,
    ShmctlIpcInfo, ShmctlShmInfo, ShmctlOther,
    // memory
    Store, Load, Fill, Verify, Mprotect, Munmap, Mremap, Mlock, Munlock, Madvise, Maps,
    // message queues
    Msgget, Msgsnd, Msgrcv, MsgctlStat, MsgctlIndex, MsgctlSet, MsgctlRmid, MsgctlIpcInfo,
    MsgctlMsgInfo, MsgctlOther,
    // semaphore sets
    Semget, Semop, Semtimedop, SemctlGetval, SemctlGetpid, SemctlGetncnt, SemctlGetzcnt,
    SemctlSetval, SemctlGetall, SemctlSetall, SemctlStat, SemctlIndex, SemctlSet, SemctlRmid,
    SemctlIpcInfo, SemctlSemInfo, SemctlOther,
    // pipes
    Pipe, Pipe2, SetPipeSize, Write, Read, Close,
    // processes
    Fork, Clone, Thread, ThreadExit, ExecSelf, ExecProgram, Exit, Kill, Wait, Sigaction,
    SignalAction, NextSecond,
    // identity, limits and namespaces
    Setuid, Setgid, Setgroups, Capset, Setrlimit, Unshare, Setns, Sysctl, ReadSysctl>;

static_assert(std::is_trivially_copyable_v<Op>, "workers get operations through shared memory");

// Whether the operation is of one of these kinds: IsOneOf<Fork, Clone>(op)
template <typename... Kinds>
bool IsOneOf(const Op& op) {
  return (std::holds_alternative<Kinds>(op) || ...);
}

inline constexpr size_t kOpCount = std::variant_size_v<Op>;

// A default operation of each alternative, in the table's order.
const std::vector<Op>& AllOps();

std::string_view OpName(const Op& op);
std::string_view OpManual(const Op& op);
Reply OpReply(const Op& op);
// The names of a kFields reply; empty for others.
std::vector<std::string_view> OpReplyNames(const Op& op);
// "msgrcv(msqid, msgsz, msgtyp, flags)", with the fixed words of a command in place.
std::string OpSignature(const Op& op);

// The variable that the operation assigns, or -1; `kind` tells what it will hold.
int OpAssigns(const Op& op);

// The variables that its arguments name.
std::vector<int> OpUses(const Op& op);

// The process or thread that the operation begins, or -1.
int ChildOf(const Op& op);

// Whether the call may stand in a race: the calls that exchange data, and the ends of processes.
// What changes a process as such, and accesses to memory, have an order of their own.
bool CanRace(const Op& op);

// The call's text, without the variable it assigns: msgrcv(q, 100, 0, IPC_NOWAIT)
void PrintCall(Writer& out, const Op& op);
// The call's text, with the variable: q = msgget(1234, 0600)
void PrintOp(Writer& out, const Op& op);

// The inverse of PrintOp. Declares the variable and, of fork, the process.
Op ReadOp(Reader& in);

// A random operation of the index-th alternative of the table. Sets from.stuck where an argument
// finds nothing to refer to.
Op PickOp(Chooser& from, size_t index);

// The operation with one argument, the field-th from 0, of another of the same kind; fields beyond
// the last begin again at the first.
Op WithFieldOf(const Op& op, const Op& other, size_t field);

// Operations that do less than this one: one argument made simpler.
std::vector<Op> SimplerOps(const Op& op);

}  // namespace ipcrig
