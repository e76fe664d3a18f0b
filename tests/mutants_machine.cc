// SPDX-License-Identifier: Apache-2.0
#include "mutants.h"

namespace ipcrig {
namespace {

#define NAMED(bug) PlantedBug::bug, &#bug[1]

const Mutant kMachineMutants[] = {
    {NAMED(kLockByAnyone), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0666)
B  setuid(1000)
B  shmctl(seg, SHM_LOCK)
)"},
    {NAMED(kMprotectMakesWritable), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, SHM_RDONLY)
A  mprotect(at, 4096, PROT_READ|PROT_WRITE)
)"},
    {NAMED(kRemoveOfReadonly), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, SHM_RDONLY)
A  madvise(at, 4096, MADV_REMOVE)
)"},
    {NAMED(kPiecesNotCounted), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at, 4096, PROT_READ)
A  shmctl(seg, IPC_STAT)
)"},
    {NAMED(kShmdtTakesNext), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  other = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  next = shmat(other, NULL, 0)
A  shmdt(at)
A  load(next, 0, 1)
)"},
    {NAMED(kDtimeNotAtExit), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
B  at = shmat(seg, NULL, 0)
A  next_second()
B  exit(0)
ipcs
)"},
    {NAMED(kCtimeNotAtSet), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  next_second()
A  shmctl(seg, IPC_SET, {uid=0, gid=0, mode=0600})
ipcs
)"},
    {NAMED(kCtimeNotAtSet), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  next_second()
A  semctl(s, 0, IPC_SET, {uid=0, gid=0, mode=0600})
A  semctl(s, 0, IPC_STAT)
)"},
    {NAMED(kForcedForgetsNamespace), "leak", R"(
A  sysctl(shm_rmid_forced, 1)
A  clone(C, CLONE_NEWIPC)
B  seg = shmget(IPC_PRIVATE, 4096, 0600)
B  setns(C, CLONE_NEWIPC)
B  exit(0)
)"},
    {NAMED(kShmallOverrun), "conformance", R"(
A  sysctl(shmall, 1)
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
)"},
    {NAMED(kRemapOfNull), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, SHM_REMAP)
)"},
    {NAMED(kDontforkIgnored), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  madvise(at, 4096, MADV_DONTFORK)
A  fork(B)
ipcs
)"},
    {NAMED(kMsgmnbIgnored), "conformance", R"(
A  sysctl(msgmnb, 100)
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_STAT)
)"},
    {NAMED(kCopyConsumes), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "one", 0)
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY)
A  msgrcv(q, 9, 0, IPC_NOWAIT)
)"},
    {NAMED(kExceptIgnored), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "one", 0)
A  msgsnd(q, 2, "two", 0)
A  msgrcv(q, 9, 1, MSG_EXCEPT)
)"},
    {NAMED(kSetKeepsReceivers), "conformance",
     R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)  -> blocks
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0200, qbytes=100})
)",
     false},
    {NAMED(kMessageLostOnSignal), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGUSR1, 0)
B  msgrcv(q, 9, 0, 0)  -> blocks
A  kill(B, SIGUSR1)
A  msgsnd(q, 1, "one", 0)
B  msgrcv(q, 9, 0, IPC_NOWAIT)
)"},
    {NAMED(kReceiveRestarts), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGUSR1, SA_RESTART)
B  msgrcv(q, 9, 0, 0)  -> blocks
A  kill(B, SIGUSR1)
)"},
    {NAMED(kSendNeedsReadOnly), "conformance",
     R"(
A  q = msgget(IPC_PRIVATE, 0400)
A  msgsnd(q, 1, "one", 0)
)",
     false},
    {NAMED(kSemopSleepsOnAfterStop), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])  -> blocks
A  kill(B, SIGSTOP)
A  kill(B, SIGCONT)
)"},
    {NAMED(kUndoSharedAfterFork), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])
B  fork(C)
B  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kSysvsemNotShared), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  clone(C, CLONE_SYSVSEM)
C  semop(s, [{0, 1, SEM_UNDO}])
C  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kUndoDroppedAtUnshare), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])
B  unshare(CLONE_SYSVSEM)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kNegativeUndoKept), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 2, SEM_UNDO}])
A  semctl(s, 0, SETVAL, 5)
B  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kThreadExitUndoes), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  thread(T)
T  semop(s, [{0, 1, SEM_UNDO}])
T  thread_exit()
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kUndoRangeUnchecked), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 32767, SEM_UNDO}])
A  semctl(s, 0, GETVAL)
A  semop(s, [{0, -32767, 0}])
A  semop(s, [{0, 1, SEM_UNDO}])
A  semop(s, [{0, 1, SEM_UNDO}])
)"},
    {NAMED(kTimeoutNever), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semtimedop(s, [{0, -1, 0}], {0, 1000})
)"},
    {NAMED(kSetallLeavesSempid), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semctl(s, 0, SETALL, [1])
A  semctl(s, 0, GETPID)
)"},
    {NAMED(kRemovalForgetsZeroWait), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semctl(s, 0, SETVAL, 1)
B  semop(s, [{0, 0, 0}])   -> blocks
C  semop(s, [{0, -2, 0}])  -> blocks
A  semctl(s, 0, IPC_RMID)
)"},
    {NAMED(kHandlerKills), "conformance", R"(
B  sigaction(SIGUSR1, 0)
A  kill(B, SIGUSR1)
)"},
    {NAMED(kStoppedIsServed), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)  -> blocks
A  kill(B, SIGSTOP)
A  msgsnd(q, 1, "one", 0)
)"},
    {NAMED(kGroupIgnored), "conformance", R"(
A  setgid(10)
A  seg = shmget(IPC_PRIVATE, 4096, 0660)
B  setgid(10)
B  setuid(1000)
B  at = shmat(seg, NULL, 0)
)"},
    {NAMED(kSupplementaryIgnored), "conformance", R"(
A  setgid(10)
A  q = msgget(IPC_PRIVATE, 0660)
B  setgroups([20, 10])
B  setgid(30)
B  setuid(1000)
B  msgsnd(q, 1, "one", 0)
)"},
    {NAMED(kCreatorGroupIgnored), "conformance", R"(
A  setgid(10)
A  s = semget(IPC_PRIVATE, 1, 0660)
A  semctl(s, 0, IPC_SET, {uid=0, gid=20, mode=0660})
B  setgid(10)
B  setuid(1000)
B  semctl(s, 0, GETVAL)
)"},
    {NAMED(kAnyClassGrants), "conformance",
     R"(
A  q = msgget(IPC_PRIVATE, 0077)
A  msgsnd(q, 1, "one", 0)
)",
     false},
    {NAMED(kOthersMayRemove), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0666)
B  setuid(1000)
B  msgctl(q, IPC_RMID)
)"},
    {NAMED(kStaleIdAccepted), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  shmctl(seg+32768, IPC_STAT)
)"},
    {NAMED(kNextIdIgnored), "conformance", R"(
A  sysctl(msg_next_id, 4711)
A  q = msgget(IPC_PRIVATE, 0600)
)"},
    {NAMED(kIdComesBack), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_RMID)
A  q = msgget(IPC_PRIVATE, 0600)
)"},
    {NAMED(kPidNotTranslated), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  unshare(CLONE_NEWPID)
A  fork(B)
B  shmctl(seg, IPC_STAT)
)"},
    {NAMED(kNamespaceNotNew), "conformance", R"(
A  q = msgget(77, IPC_CREAT|0600)
B  unshare(CLONE_NEWIPC)
B  r = msgget(77, 0600)
)"},
    {NAMED(kStatAnyNeedsRead), "conformance",
     R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0)
A  shmctl(seg, SHM_STAT_ANY)
)",
     false},
    {NAMED(kHighestIndexIsCount), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  t = semget(IPC_PRIVATE, 1, 0600)
A  semctl(0, 0, SEM_INFO)
)"},
    {NAMED(kStrayBytes), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_STAT)
)"},
};

#undef NAMED

}  // namespace

std::span<const Mutant> MachineMutants() { return kMachineMutants; }

}  // namespace ipcrig
