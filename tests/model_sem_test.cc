// SPDX-License-Identifier: Apache-2.0
//
// The model of semaphore sets.
#include <gtest/gtest.h>

#include "model/semaphores.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(ModelSem, WaitersGoInTheOrderOfArrival) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])  -> blocks
C  semop(s, [{0, -1, 0}])  -> blocks
A  semop(s, [{0, 1, 0}])
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Instead("B", "C");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelSem, AWaiterThatNeedsMoreDoesNotHoldUpTheOnesBehindIt) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -2, 0}])  -> blocks
C  semop(s, [{0, -1, 0}])  -> blocks
A  semop(s, [{0, 1, 0}])
C  returns                 -> 0
A  semop(s, [{0, 2, 0}])
B  returns                 -> 0
A  semctl(s, 0, GETVAL)    -> 0
)"),
            "pass");
}

TEST(ModelSem, AWaiterThatWentLetsAnEarlierOneGo) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETALL, [1, 0])
C  semop(s, [{0, 0, 0}])               -> blocks
B  semop(s, [{0, -1, 0}, {1, -1, 0}])  -> blocks
A  semop(s, [{1, 1, 0}])
B  returns                             -> 0
C  returns                             -> 0
)"),
            "pass");
}

TEST(ModelSem, AnArrayIsDoneWhollyOrNotAtAll) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETALL, [1, 0])
B  semop(s, [{0, -1, 0}, {1, -1, 0}])         -> blocks
A  semctl(s, 0, GETALL)                       -> [1, 0]
A  semop(s, [{0, -1, 0}, {1, -1, IPC_NOWAIT}])  -> EAGAIN
A  semctl(s, 0, GETALL)                       -> [1, 0]
A  semop(s, [{1, 1, 0}])
B  returns                                    -> 0
A  semctl(s, 0, GETALL)                       -> [0, 0]
)"),
            "pass");
}

TEST(ModelSem, DuplicatesInOneArrayAreDoneInOrder) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 1, 0}, {0, -1, 0}])           -> 0
A  semop(s, [{0, -1, IPC_NOWAIT}, {0, 1, 0}])  -> EAGAIN
A  semop(s, [{0, 0, 0}, {0, 2, 0}])            -> 0
A  semop(s, [{0, -2, 0}, {0, 0, 0}, {0, 1, 0}])  -> 0
A  semctl(s, 0, GETVAL)                        -> 1
)"),
            "pass");
}

TEST(ModelSem, TheFirstOperationThatCannotProceedDecides) {
  SemaphoreSet set;
  set.semaphores.resize(2);
  const SemOp ops[] = {{0, 1, 0}, {1, -1, 0}, {0, -5, 0}};
  const SemAttempt attempt = TrySemop(set, ops, nullptr);
  EXPECT_EQ(attempt.blocking, &ops[1]);
  EXPECT_FALSE(attempt.out_of_range);
}

TEST(ModelSem, NowaitCountsWhenTheCallWakesAndCannotProceedElsewhere) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
B  semop(s, [{0, -1, 0}, {1, -1, IPC_NOWAIT}])  -> blocks
A  semop(s, [{0, 1, 0}])
B  returns                                      -> EAGAIN
A  semctl(s, 0, GETALL)                         -> [1, 0]
)"),
            "pass");
}

TEST(ModelSem, AWokenCallMayBeOutOfRange) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 1, SETVAL, 32767)
B  semop(s, [{0, -1, 0}, {1, 1, 0}])  -> blocks
A  semop(s, [{0, 1, 0}])
B  returns                            -> ERANGE
A  semctl(s, 0, GETALL)               -> [1, 32767]
)"),
            "pass");
}

TEST(ModelSem, UndoIsAppliedAtExitAndWakesOthers) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semctl(s, 0, SETVAL, 1)
B  semop(s, [{0, -1, SEM_UNDO}])
C  semop(s, [{0, -1, 0}])         -> blocks
B  exit(0)
C  returns                        -> 0
A  semctl(s, 0, GETPID)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Forget("C");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelSem, UndoIsAppliedWhenASleeperIsKilled) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
B  semop(s, [{0, 3, SEM_UNDO}])
B  semop(s, [{1, -1, SEM_UNDO}])  -> blocks
A  kill(B, SIGTERM)
A  semctl(s, 0, GETALL)           -> [0, 0]
A  semctl(s, 1, GETNCNT)          -> 0
)"),
            "pass");
}

TEST(ModelSem, UndoOutlivesExecAndIsNotInherited) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])
B  fork(C)
C  exit(0)
A  semctl(s, 0, GETVAL)           -> 1
B  exec(self)
A  semctl(s, 0, GETVAL)           -> 1
B  exit(0)
A  semctl(s, 0, GETVAL)           -> 0
)"),
            "pass");
}

TEST(ModelSem, UndoStaysWithinTheValuesOfASemaphore) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETALL, [0, 5])
B  semop(s, [{0, 2, SEM_UNDO}, {1, -5, SEM_UNDO}])
A  semop(s, [{0, -1, 0}, {1, 32767, 0}])
B  exit(0)
A  semctl(s, 0, GETALL)  -> [0, 32767]
)"),
            "pass");
}

TEST(ModelSem, AdjustmentsHaveALimit) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 32767, SEM_UNDO}])  -> 0
A  semop(s, [{0, -32767, 0}])
A  semop(s, [{0, 1, SEM_UNDO}])      -> 0
A  semop(s, [{0, 1, SEM_UNDO}])      -> ERANGE
)"),
            "pass");
}

TEST(ModelSem, SettingAValueClearsTheAdjustmentsOfEverybody) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
B  semop(s, [{0, 1, SEM_UNDO}, {1, 1, SEM_UNDO}])
A  semctl(s, 0, SETVAL, 5)
B  exit(0)
A  semctl(s, 0, GETALL)            -> [5, 0]
C  semop(s, [{0, 1, SEM_UNDO}, {1, 1, SEM_UNDO}])
A  semctl(s, 0, SETALL, [7, 8])
C  exit(0)
A  semctl(s, 0, GETALL)            -> [7, 8]
)"),
            "pass");
}

TEST(ModelSem, AdjustmentsOfARemovedSetAreGone) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(77, 1, IPC_CREAT|0600)
B  semop(s, [{0, 1, SEM_UNDO}])
A  semctl(s, 0, IPC_RMID)
A  s = semget(77, 1, IPC_CREAT|0600)
A  semctl(s, 0, SETVAL, 5)
B  exit(0)
A  semctl(s, 0, GETVAL)           -> 5
)"),
            "pass");
}

// The kernel has an entry for the undo of a set as soon as a call asks for one, whatever becomes of
// the call; at exit each entry sets sem_otime.
TEST(ModelSem, ExitSetsOtimeEvenAfterAnUndoThatNeverHappened) {
  for (const char* call : {"semop(s, [{0, -1, SEM_UNDO|IPC_NOWAIT}])  -> EAGAIN",
                           "semop(s, [{5, -1, SEM_UNDO}])  -> EFBIG"}) {
    Observed run("A  s = semget(IPC_PRIVATE, 1, 0600)\nB  " + std::string(call) +
                 "\nB  exit(0)\nA  semctl(s, 0, IPC_STAT)\n");
    EXPECT_EQ(run.Verdict(), "pass") << run.Text();
    EXPECT_NE(run.OutcomeOf("A").numbers.at(7), 0) << call;
  }
}

TEST(ModelSem, TheDeathOfASleeperThatAskedForUndoSetsOtime) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, SEM_UNDO}])  -> blocks
A  kill(B, SIGKILL)
A  semctl(s, 0, IPC_STAT)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  EXPECT_NE(run.OutcomeOf("A").numbers.at(7), 0);
}

TEST(ModelSem, WaitersAreCountedWhereTheyBlock) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETVAL, 1)
B  semop(s, [{0, -1, 0}, {1, -1, 0}])  -> blocks
C  semop(s, [{0, 0, 0}])               -> blocks
A  semctl(s, 0, GETNCNT)               -> 0
A  semctl(s, 1, GETNCNT)               -> 1
A  semctl(s, 0, GETZCNT)               -> 1
A  semctl(s, 1, GETZCNT)               -> 0
A  semctl(s, 0, IPC_RMID)
B  returns                             -> EIDRM
C  returns                             -> EIDRM
)"),
            "pass");
}

TEST(ModelSem, WhoOperatedLastIsKnownForEachSemaphore) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, GETPID)    -> 0
B  semop(s, [{0, 1, 0}])
A  semctl(s, 1, GETPID)    -> 0
A  semctl(s, 0, GETPID)
)");
  EXPECT_EQ(run.OutcomeOf("A").value, run.history.events.at(1).outcome.value);
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelSem, AnOutcomeThatNoBranchHasIsRejected) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 1, 0}])
)");
  run.OutcomeOf("A") = Outcome::Failed(4);
  EXPECT_EQ(run.Verdict(), "conformance");
  run.OutcomeOf("A") = Outcome{Outcome::Kind::kKilled, abi::kSigsegv};
  EXPECT_EQ(run.Verdict(), "conformance");
  run.Forget("A");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelSem, CallsFailAsTheirManPagesSay) {
  SimulationOptions options;
  options.facts.semopm = 2;
  options.facts.semmsl = 8;
  EXPECT_EQ(VerdictOf(R"(
A  semget(77, 1, 0600)                          -> ENOENT
A  semget(IPC_PRIVATE, 0, 0600)                 -> EINVAL
A  semget(IPC_PRIVATE, -1, 0600)                -> EINVAL
A  semget(IPC_PRIVATE, 9, 0600)                 -> EINVAL
A  s = semget(77, 2, IPC_CREAT|0600)            -> ok
A  semget(77, 2, IPC_CREAT|IPC_EXCL|0600)       -> EEXIST
A  semget(77, 3, 0600)                          -> EINVAL
A  semget(77, 0, 0600)                          -> ok
A  semop(s, [{2, 1, 0}])                        -> EFBIG
A  semop(s, [{0, -1, 0}, {2, 1, 0}])            -> EFBIG
A  semop(s, [{0, 1, 0}, {0, 1, 0}, {0, 1, 0}])  -> E2BIG
A  semop(4711, [{0, 1, 0}])                     -> EINVAL
A  semctl(s, 2, GETVAL)                         -> EINVAL
A  semctl(s, 0, SETVAL, 32768)                  -> ERANGE
A  semctl(s, 0, SETVAL, -1)                     -> ERANGE
A  semctl(s, 2, SETVAL, 1)                      -> EINVAL
A  semctl(s, 0, SETALL, [1, 32768])             -> ERANGE
A  semctl(s, 0, SETVAL, 32767)                  -> 0
A  semop(s, [{0, 1, 0}])                        -> ERANGE
A  semctl(4711, 0, IPC_RMID)                    -> EINVAL
)",
                      options),
            "pass");
}

TEST(ModelSem, ReadingAndAlteringNeedTheirPermissions) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0400)
A  semop(s, [{0, 0, 0}])         -> 0
A  semop(s, [{0, 1, 0}])         -> EACCES
A  semctl(s, 0, SETVAL, 1)       -> EACCES
A  semctl(s, 0, SETALL, [1])     -> EACCES
A  semctl(s, 0, GETVAL)          -> 0
A  semctl(s, 0, IPC_SET, {uid=1000, gid=1000, mode=0200})
A  semop(s, [{0, 1, 0}])         -> 0
A  semop(s, [{0, 0, IPC_NOWAIT}])  -> EACCES
A  semctl(s, 0, GETALL)          -> EACCES
A  semctl(s, 0, IPC_STAT)        -> EACCES
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelSem, ASleeperKeepsThePermissionItHadWhenItCalled) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])  -> blocks
A  semctl(s, 0, IPC_SET, {uid=1000, gid=1000, mode=0})
A  semctl(s, 0, IPC_SET, {uid=1000, gid=1000, mode=0200})
A  semctl(s, 0, SETVAL, 1)
B  returns                 -> 0
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelSem, LimitsOfTheNamespaceHold) {
  SimulationOptions options;
  options.facts.semmni = 2;
  options.facts.semmns = 5;
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 3, 0600)  -> ok
A  semget(IPC_PRIVATE, 3, 0600)      -> ENOSPC
A  semget(IPC_PRIVATE, 1, 0600)      -> ok
A  semget(IPC_PRIVATE, 1, 0600)      -> ENOSPC
)",
                      options),
            "pass");
}

}  // namespace
}  // namespace ipcrig
