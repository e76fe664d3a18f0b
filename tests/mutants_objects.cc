// SPDX-License-Identifier: Apache-2.0
#include "mutants.h"

namespace ipcrig {

#define NAMED(bug) PlantedBug::bug, &#bug[1]

namespace {

const Mutant kObjectMutants[] = {
    {NAMED(kNegativeTypeTakesFirst), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 3, "three", 0)
A  msgsnd(q, 1, "one", 0)
A  msgrcv(q, 100, -3, 0)
)"},
    {NAMED(kTypeTakesNewest), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 2, "old", 0)
A  msgsnd(q, 1, "other", 0)
A  msgsnd(q, 2, "new", 0)
A  msgrcv(q, 100, 2, 0)
)"},
    {NAMED(kNoerrorReportsFull), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "long text", 0)
A  msgrcv(q, 4, 0, MSG_NOERROR)
)"},
    {NAMED(kTooBigIsConsumed), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "long text", 0)
A  msgrcv(q, 4, 0, 0)          -> E2BIG
A  msgrcv(q, 9, 0, IPC_NOWAIT)
)"},
    {NAMED(kNowaitBlocks), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgrcv(q, 9, 0, IPC_NOWAIT)
)"},
    {NAMED(kCbytesDrift), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "long text", 0)
A  msgrcv(q, 4, 0, MSG_NOERROR)
A  msgctl(q, IPC_STAT)
)"},
    {NAMED(kCbytesDrift), "report", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "long text", 0)
A  msgrcv(q, 4, 0, MSG_NOERROR)
ipcs
)"},
    {NAMED(kLspidStale), "report", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 1, "text", 0)
)"},
    {NAMED(kLrpidZero), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "text", 0)
A  msgrcv(q, 9, 0, 0)
A  msgctl(q, IPC_STAT)
)"},
    {NAMED(kRemovedIsInvalid), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)      -> blocks
A  msgctl(q, IPC_RMID)
)"},
    {NAMED(kReceiverNotWoken), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)      -> blocks
A  msgsnd(q, 1, "text", 0)
)"},
    {NAMED(kSenderNotWoken), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 1, "more", 0)  -> blocks
A  msgrcv(q, 9, 0, 0)
)"},
    {NAMED(kNewestReceiverFirst), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)       -> blocks
C  msgrcv(q, 9, 0, 0)       -> blocks
A  msgsnd(q, 1, "text", 0)
)"},
    {NAMED(kSmallSenderWaits), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=8})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 1, "too big", 0)  -> blocks
C  msgsnd(q, 1, "fits", 0)
)"},
    {NAMED(kFullQueueAccepts), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
A  msgsnd(q, 1, "more", 0)  -> blocks
)"},
    {NAMED(kPermissionIgnored), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0400)
A  msgsnd(q, 1, "text", 0)
)",
     false},
    {NAMED(kQueueSurvivesRemoval), "leak", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_RMID)
ipcs
)"},
    {NAMED(kQueueSurvivesRemoval), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)      -> blocks
A  msgctl(q, IPC_RMID)
)"},
    {NAMED(kQueueDiesWithCreator), "missing", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  exit(0)
)"},
    {NAMED(kExclusiveIgnored), "conformance", R"(
A  q = msgget(77, IPC_CREAT|0600)
B  r = msgget(77, IPC_CREAT|IPC_EXCL|0600)
)"},
    {NAMED(kSemopNotWoken), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])  -> blocks
A  semctl(s, 0, SETVAL, 1)
)"},
    {NAMED(kZeroWaitNotWoken), "conformance", R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETALL, [1, 0])
B  semop(s, [{0, -1, 0}, {1, -1, 0}])  -> blocks
C  semop(s, [{0, 0, 0}])               -> blocks
A  semop(s, [{1, 1, 0}])
)"},
    {NAMED(kNewestSemopFirst), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])  -> blocks
C  semop(s, [{0, -1, 0}])  -> blocks
A  semop(s, [{0, 1, 0}])
)"},
    {NAMED(kZeroWaitPassesAtOne), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 2, 0}])
B  semop(s, [{0, 0, 0}])   -> blocks
A  semop(s, [{0, -1, 0}])
)"},
    {NAMED(kSetvalKeepsUndo), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])
A  semctl(s, 0, SETVAL, 5)
B  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kUndoNotAtExit), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])
B  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kUndoNotAtKill), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semctl(s, 0, SETVAL, 1)
B  semop(s, [{0, -1, SEM_UNDO}])
C  semop(s, [{0, -1, 0}])         -> blocks
A  kill(B, SIGKILL)
)"},
    {NAMED(kUndoInherited), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 1, SEM_UNDO}])
A  fork(B)
B  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kUndoBelowZero), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 2, SEM_UNDO}])
A  semop(s, [{0, -1, 0}])
B  exit(0)
A  semctl(s, 0, GETVAL)
)"},
    {NAMED(kSempidNotSet), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, 0}])
A  semctl(s, 0, GETPID)
)"},
    {NAMED(kNcntCountsAll), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semctl(s, 0, SETVAL, 1)
B  semop(s, [{0, 0, 0}])   -> blocks
C  semop(s, [{0, -2, 0}])  -> blocks
A  semctl(s, 0, GETNCNT)
)"},
    {NAMED(kDuplicatesReordered), "conformance", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 1, 0}, {0, -1, 0}])
)"},
    {NAMED(kTornSemop), "conformance", R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semop(s, [{0, 1, 0}, {1, -1, IPC_NOWAIT}])  -> EAGAIN
A  semctl(s, 0, GETALL)
)"},
    {NAMED(kZeroWaitLeavesOtime), "report", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 0, 0}])
)"},
    {NAMED(kReadonlyIsWritable), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, SHM_RDONLY)
A  store(at, 0, "x")
)"},
    {NAMED(kTailNotZero), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 10, 0600)
A  at = shmat(seg, NULL, 0)
A  verify(at, 10, 4086, 0)
)"},
    {NAMED(kContentsLost), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 0, "kept")
A  shmdt(at)
A  at = shmat(seg, NULL, 0)
A  load(at, 0, 4)
)"},
    {NAMED(kNattchKeptAtExit), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
B  at = shmat(seg, NULL, 0)
B  exit(0)
ipcs
)"},
    {NAMED(kNattchNotAtFork), "conformance", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  fork(B)
A  shmctl(seg, IPC_STAT)
)"},
    {NAMED(kMarkedNotDestroyed), "leak", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_RMID)
A  exit(0)
)"},
    {NAMED(kKeyAfterRemoval), "conformance", R"(
A  seg = shmget(77, 4096, IPC_CREAT|0600)
A  at = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_RMID)
A  again = shmget(77, 0, 0)
)"},
    {NAMED(kDtimeNotSet), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  shmdt(at)
)"},
    {NAMED(kCreatorPidWrong), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
ipcs
)"},
    {NAMED(kExecKeepsAttaches), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  exec(self)
ipcs
)"},
    {NAMED(kBigSegmentRefused), "expectation", R"(
A  seg = shmget(IPC_PRIVATE, 1099511627776, 0600)  -> ok
)"},
    {NAMED(kEndOfFileMissing), "conformance", R"(
A  p = pipe()
A  close(p.w)
A  read(p.r, 10)
)"},
    {NAMED(kPipeReordersBytes), "conformance", R"(
A  p = pipe()
A  write(p.w, "ab")
A  read(p.r, 10)
)"},
    {NAMED(kBrokenPipeIgnored), "conformance", R"(
A  p = pipe()
A  close(p.r)
A  write(p.w, "ab")
)"},
    {NAMED(kReaderNotWoken), "conformance", R"(
A  p = pipe()
A  fork(B)
B  read(p.r, 10)     -> blocks
A  write(p.w, "ab")
)"},
    {NAMED(kWaitStatusZero), "conformance", R"(
A  fork(B)
B  exit(3)
A  wait(B)
)"},
    {NAMED(kWaitNotWoken), "conformance", R"(
A  fork(B)
A  wait(B)  -> blocks
B  exit(3)
)"},
    {NAMED(kReceiveKills), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "text", 0)
A  msgrcv(q, 9, 0, 0)
)"},
    {NAMED(kOtherSenderFirst), "unfinished", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 2, "more", 0)  -> blocks
C  msgsnd(q, 3, "last", 0)  -> blocks
A  msgrcv(q, 9, 1, 0)
A  msgrcv(q, 9, 2, 0)
)"},
    {NAMED(kProcDropsRow), "missing", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
ipcs
)"},
    {NAMED(kProcDoublesRow), "missing", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
ipcs
)"},
    {NAMED(kIpcsNattchWrong), "report", R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
ipcs
)"},
    {NAMED(kInfoCountsWrong), "report", R"(
A  q = msgget(IPC_PRIVATE, 0600)
ipcs
)"},
    {NAMED(kRemovalRefused), "conformance", R"(
A  q = msgget(IPC_PRIVATE, 0600)
)"},
    {NAMED(kProcessOutlives), "survivor", R"(
A  q = msgget(IPC_PRIVATE, 0600)
)"},
    {NAMED(kSemopSpins), "hang", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 1, 0}])
)"},
    {NAMED(kEngineDies), "broken", R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "text", 0)
)"},
    {NAMED(kMachineRefuses), "skipped", R"(
A  q = msgget(IPC_PRIVATE, 0600)
)"},
};

}  // namespace

#undef NAMED

std::span<const Mutant> ObjectMutants() { return kObjectMutants; }

}  // namespace ipcrig
