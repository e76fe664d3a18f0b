// SPDX-License-Identifier: Apache-2.0
//
// The model of MSG_COPY and MSG_EXCEPT, of the *_INFO and *_STAT commands, of bad memory, of
// semtimedop, and of the known deviations of Linux.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Rules kStrict{.strict = true};
constexpr Rules kPosix{.profile = Profile::kPosix};

TEST(ModelCopy, IsByNumberAndTakesNothing) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 5, "five", 0)
A  msgsnd(q, 1, "one", 0)
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY)             -> {5, "five"}
A  msgrcv(q, 9, 1, IPC_NOWAIT|MSG_COPY)             -> {1, "one"}
A  msgrcv(q, 9, 2, IPC_NOWAIT|MSG_COPY)             -> ENOMSG
A  msgrcv(q, 9, -1, IPC_NOWAIT|MSG_COPY)            -> ENOMSG
A  msgrcv(q, 3, 0, IPC_NOWAIT|MSG_COPY)             -> E2BIG
A  msgrcv(q, 9, 0, MSG_COPY)                        -> EINVAL
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY|MSG_EXCEPT)  -> EINVAL
A  msgctl(q, IPC_STAT)                 -> {qnum=2, cbytes=7, lrpid=0, rtime=0}
)"),
            "pass");
}

TEST(ModelCopy, NeedsReadPermission) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0200)
A  msgsnd(q, 1, "x", 0)
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY)             -> EACCES
)",
                      Unprivileged()),
            "pass");
}

TEST(ModelExcept, IsForPositiveTypesOnly) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 2, "a", 0)
A  msgsnd(q, 1, "b", 0)
A  msgsnd(q, 2, "c", 0)
A  msgsnd(q, 1, "d", 0)
A  msgrcv(q, 9, 2, MSG_EXCEPT)              -> {1, "b"}
A  msgrcv(q, 9, -2, MSG_EXCEPT)             -> {1, "d"}
A  msgrcv(q, 9, 0, MSG_EXCEPT)              -> {2, "a"}
A  msgrcv(q, 9, 2, MSG_EXCEPT|IPC_NOWAIT)   -> ENOMSG
B  msgrcv(q, 9, 2, MSG_EXCEPT)              -> blocks
A  msgsnd(q, 2, "e", 0)
A  msgsnd(q, 3, "f", 0)
B  returns                                  -> {3, "f"}
)"),
            "pass");
}

TEST(ModelStat, ByIndexIsAsById) {
  Observed run(R"(
A  a = msgget(77, IPC_CREAT|0640)
A  q = msgget(78, IPC_CREAT|0640)
A  msgsnd(q, 1, "text", 0)
A  msgctl(a, IPC_RMID)
A  msgctl(0, MSG_STAT)                      -> EINVAL
A  msgctl(-1, MSG_STAT)                     -> EINVAL
A  msgctl(1, MSG_STAT)                      -> {key=78, mode=0640, qnum=1, cbytes=4, lspid=A}
A  msgctl(q, MSG_STAT_ANY)                  -> {key=78}
A  msgctl(2, MSG_STAT_ANY)                  -> EINVAL
A  msgctl(1, MSG_STAT)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  Outcome& stat = run.OutcomeOf("A");
  EXPECT_EQ(stat.value, 1);
  EXPECT_EQ(stat.numbers.at(0), 1);
  stat.value = 0;
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelStat, AnyAsksForNoPermission) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0200)
A  q = msgget(IPC_PRIVATE, 0200)
A  s = semget(IPC_PRIVATE, 3, 0200)
A  shmctl(seg, IPC_STAT)                    -> EACCES
A  shmctl(seg, SHM_STAT)                    -> EACCES
A  shmctl(seg, SHM_STAT_ANY)                -> {segsz=4096}
A  msgctl(q, MSG_STAT)                      -> EACCES
A  msgctl(q, MSG_STAT_ANY)                  -> {mode=0200}
A  semctl(s, 0, SEM_STAT)                   -> EACCES
A  semctl(s, 0, SEM_STAT_ANY)               -> {nsems=3}
A  shmctl(0, IPC_INFO)                      -> {highest=0, shmmin=1, shmmni=4096, shmseg=4096}
)",
                      Unprivileged()),
            "pass");
}

TEST(ModelStat, WritesNothingBesides) {
  for (const char* call :
       {"shmctl(seg, IPC_STAT)", "msgctl(q, IPC_STAT)", "semctl(s, 0, SEM_STAT)"}) {
    Observed run(std::string(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  q = msgget(IPC_PRIVATE, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
A  )") + call + "  -> {stray=0}\n");
    EXPECT_EQ(run.Verdict(), "pass") << run.Text();
    run.OutcomeOf("A").numbers.back() = 1;
    EXPECT_EQ(run.Verdict(), "conformance") << call;
  }
}

TEST(ModelInfo, TellsTheHighestIndexAndCounts) {
  EXPECT_EQ(VerdictOf(R"(
A  msgctl(0, MSG_INFO)         -> {highest=0, msgpool=0, msgmap=0, msgtql=0}
A  a = msgget(IPC_PRIVATE, 0600)
A  msgctl(0, MSG_INFO)         -> {highest=0, msgpool=1}
A  b = msgget(IPC_PRIVATE, 0600)
A  c = msgget(IPC_PRIVATE, 0600)
A  msgsnd(a, 1, "four", 0)
A  msgsnd(c, 1, "", 0)
A  msgctl(0, MSG_INFO)         -> {highest=2, msgpool=3, msgmap=2, msgtql=4}
A  msgctl(b, IPC_RMID)
A  msgctl(0, IPC_INFO)         -> {highest=2, msgmax=8192, msgmnb=16384, msgmni=32000, msgssz=16}
A  msgctl(c, IPC_RMID)
A  msgctl(4711, MSG_INFO)      -> {highest=0, msgpool=1, msgmap=1, msgtql=4}
A  msgctl(-1, MSG_INFO)        -> EINVAL
A  s = semget(IPC_PRIVATE, 3, 0600)
A  t = semget(IPC_PRIVATE, 4, 0600)
A  semctl(0, 0, SEM_INFO)      -> {highest=1, semusz=2, semaem=7}
A  semctl(0, 0, IPC_INFO)      -> {semmni=32000, semmsl=32000, semopm=500, semvmx=32767}
A  semctl(-1, 0, IPC_INFO)     -> EINVAL
)"),
            "pass");
}

TEST(ModelInfo, CountsPagesOfSegments) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 5000, 0600)
A  other = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 0, "x")
A  shmctl(seg, IPC_RMID)
A  shmctl(-1, SHM_INFO)        -> EINVAL
A  shmctl(0, SHM_INFO)         -> {highest=1, used_ids=2, shm_tot=3, shm_swp=0}
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  int64_t& resident = run.OutcomeOf("A").numbers.at(3);
  EXPECT_EQ(resident, 1);
  resident = 3;
  EXPECT_EQ(run.Verdict(), "pass") << "reading makes pages, too";
  resident = 0;
  EXPECT_EQ(run.Verdict(), "conformance");
  resident = 4;
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelBuffer, OfControlCommands) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  q = msgget(IPC_PRIVATE, 0600)
A  s = semget(IPC_PRIVATE, 2, 0600)
A  shmctl(seg, IPC_STAT, BAD)                                    -> EFAULT
A  shmctl(seg, IPC_STAT, EDGE)                                   -> EFAULT
A  shmctl(4711, IPC_STAT, BAD)                                   -> EINVAL
A  shmctl(4711, IPC_SET, {uid=0, gid=0, mode=0600}, BAD)         -> EFAULT
A  shmctl(-1, IPC_SET, {uid=0, gid=0, mode=0600}, BAD)           -> EINVAL
A  shmctl(0, SHM_INFO, BAD)                                      -> EFAULT
A  shmctl(seg, 9999)                                             -> EINVAL
A  shmctl(seg, -1)                                               -> EINVAL
A  msgctl(q, IPC_STAT, EDGE)                                     -> EFAULT
A  msgctl(q, MSG_STAT_ANY, BAD)                                  -> EFAULT
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0, qbytes=1}, EDGE)    -> EFAULT
A  msgctl(q, IPC_STAT)                                           -> {mode=0600, qbytes=16384}
A  semctl(s, 0, GETALL, EDGE)                                    -> EFAULT
A  semctl(s, 0, SETALL, [1, 32768], BAD)                         -> EFAULT
A  semctl(s, 0, SETALL, [1, 32768])                              -> ERANGE
A  semctl(s, 0, GETALL)                                          -> [0, 0]
A  semctl(s, 0, IPC_STAT, BAD)                                   -> EFAULT
A  semctl(s, 0, SEM_INFO, BAD)                                   -> EFAULT
A  semctl(s, 0, 9999)                                            -> EINVAL
)"),
            "pass");
}

TEST(ModelBuffer, OfMessages) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "x", 0, BAD)                   -> EFAULT
A  msgsnd(4711, 0, "x", 0, BAD)                -> EFAULT
A  msgsnd(q, 1, "x", 0, EDGE)                  -> EFAULT
A  msgsnd(q, 0, "x", 0, EDGE)                  -> EINVAL
A  msgsnd(q, 1, "x", 0, NEGATIVE)              -> EINVAL
A  msgrcv(q, -1, 0, 0)                         -> EINVAL
A  msgrcv(q, 9, 0, IPC_NOWAIT, BAD)            -> ENOMSG
A  msgctl(q, IPC_STAT)                         -> {qnum=0, lspid=0, stime=0}
A  msgsnd(q, 1, "lost", 0)
A  msgrcv(q, 9, 0, 0, BAD)                     -> EFAULT
A  msgctl(q, IPC_STAT)                         -> {qnum=0, lrpid=A}
A  msgsnd(q, 1, "fits", 0)
A  msgrcv(q, 5, 0, 0, EDGE)                    -> {1, "fits"}
A  msgsnd(q, 1, "fills", 0)
A  msgrcv(q, 5, 0, 0, EDGE)                    -> EFAULT
A  msgctl(q, IPC_STAT)                         -> {qnum=0, cbytes=0}
)"),
            "pass");
}

TEST(ModelBuffer, OfCopies) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY, BAD)   -> EFAULT
A  msgrcv(q, 0, 0, IPC_NOWAIT|MSG_COPY, BAD)   -> ENOMSG
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY, EDGE)  -> ENOMSG
A  msgsnd(q, 1, "text", 0)
A  msgrcv(q, 9, 0, IPC_NOWAIT|MSG_COPY, EDGE)  -> {1, "text"}
A  msgrcv(q, 4, 0, IPC_NOWAIT|MSG_COPY, EDGE)  -> EFAULT
A  msgctl(q, IPC_STAT)                         -> {qnum=1}
)"),
            "pass");
}

TEST(ModelBuffer, OfSemop) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s, [{0, 1, 0}], BAD)                  -> EFAULT
A  semop(s, [{0, 1, 0}, {0, 1, 0}], EDGE)      -> EFAULT
A  semop(s, [{0, 1, 0}], NEGATIVE)             -> E2BIG
A  semop(s, [{0, 1, 0}*501], BAD)              -> E2BIG
A  semop(s, [])                                -> EINVAL
A  semop(s, [], BAD)                           -> EINVAL
A  semop(-1, [{0, 1, 0}], BAD)                 -> EFAULT
A  semop(-1, [{0, 1, 0}])                      -> EINVAL
A  semctl(s, 0, GETVAL)                        -> 0
A  semop(s, [{0, 1, 0}*500])                   -> 0
A  semctl(s, 0, GETVAL)                        -> 500
A  semop(s, [{0, -100, 0}*5, {0, 0, 0}])       -> 0
A  semop(s, [{0, -32768, IPC_NOWAIT}])         -> EAGAIN
)"),
            "pass");
}

TEST(ModelTimeout, IsLookedAtBeforeTheSet) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semtimedop(s, [{0, 1, 0}], BAD)                    -> EFAULT
A  semtimedop(s, [{0, 1, 0}*501], BAD)                -> EFAULT
A  semtimedop(s, [{0, 1, 0}], {0, 1000000000})        -> EINVAL
A  semtimedop(s, [{0, 1, 0}], {-1, 0})                -> EINVAL
A  semtimedop(s, [{0, 1, 0}], {0, -1})                -> EINVAL
A  semtimedop(s, [{0, 1, 0}*501], {-1, 0})            -> E2BIG
A  semtimedop(s, [{0, 1, 0}], {0, 0})                 -> 0
A  semtimedop(s, [{0, -2, 0}], {0, 0})                -> EAGAIN
A  semtimedop(s, [{0, 0, 0}], {0, 1000000})           -> EAGAIN
A  semtimedop(s, [{0, -1, 0}], {0, 1000000})          -> 0
A  semtimedop(s, [{0, -1, SEM_UNDO}], {0, 1000000})   -> EAGAIN
A  semctl(s, 0, GETNCNT)                              -> 0
)"),
            "pass");
}

TEST(ModelTimeout, ALongOneBlocksLikeSemop) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semtimedop(s, [{0, -1, 0}], {1000, 0})  -> blocks
C  semtimedop(s, [{0, -1, 0}], NULL)       -> blocks
A  semctl(s, 0, GETNCNT)                   -> 2
A  semop(s, [{0, 1, 0}])
B  returns                                 -> 0
A  semctl(s, 0, IPC_RMID)
C  returns                                 -> EIDRM
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

// A deviation is accepted and counted; held to its documents, the same run has a finding.
void ExpectDeviation(const char* name, const char* check, const std::string& text) {
  Observed run(text);
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  EXPECT_THAT(run.Deviations(), ElementsAre(name)) << text;
  run.rules = kStrict;
  EXPECT_EQ(run.Verdict(), check) << run.Text();
}

// A kernel without it passes, strictly too, and nothing is counted.
void ExpectDocumented(const std::string& text) {
  Observed run(text, {.rules = kStrict});
  run.rules = kStrict;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  EXPECT_THAT(run.Deviations(), IsEmpty()) << text;
}

TEST(ModelDeviation, L1EintrWithoutASignal) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semtimedop(s, [{0, -1, 0}], {1000, 0})  -> blocks
A  semctl(s, 0, IPC_RMID)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  EXPECT_THAT(run.Deviations(), IsEmpty());
  run.OutcomeOf("B") = Outcome::Failed(EINTR);
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  EXPECT_THAT(run.Deviations(), ElementsAre("L1"));
  run.rules = kStrict;
  EXPECT_EQ(run.Verdict(), "conformance");
  Observed without(
      "A  s = semget(IPC_PRIVATE, 1, 0600)\nB  semop(s, [{0, -1, 0}])  -> blocks\n"
      "A  semctl(s, 0, IPC_RMID)\n");
  without.OutcomeOf("B") = Outcome::Failed(EINTR);
  EXPECT_EQ(without.Verdict(), "conformance") << "semop has no time limit";
}

constexpr const char* kThreadReceives = R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  thread(T)
T  msgrcv(q, 9, 0, 0)                      -> blocks
A  msgsnd(q, 1, "x", 0)
A  msgctl(q, IPC_STAT)
)";

TEST(ModelDeviation, L2TheThreadIdOfASleepingReceiver) {
  ExpectDeviation("L2", "conformance", kThreadReceives);
  ExpectDocumented(kThreadReceives);
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  thread(T)
A  msgsnd(q, 1, "x", 0)
T  msgrcv(q, 9, 0, 0)
A  msgctl(q, IPC_STAT)                     -> {lrpid=B}
)",
                      {}, kStrict),
            "pass");
}

TEST(ModelDeviation, L3TheUpperBitsOfQbytes) {
  const std::string text = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4294967396})
A  msgctl(q, IPC_STAT)
)";
  Observed run(text);
  EXPECT_EQ(run.OutcomeOf("A").numbers.at(8), 100);
  ExpectDeviation("L3", "conformance", text);
  ExpectDocumented(text);
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0600, qbytes=2147483648})  -> EPERM
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0600, qbytes=4294967396})  -> 0
)",
                      Unprivileged()),
            "pass");
}

TEST(ModelDeviation, L3AQueueWithoutALimit) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=2147483648})
A  msgctl(q, IPC_STAT)                     -> {qbytes=-2147483648}
A  msgsnd(q, 1, "x", 0)                    -> 0
)"),
            "pass");
}

TEST(ModelDeviation, L4WhereASleeperStopped) {
  const std::string text = R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 0, SETALL, [1, 1])
B  semop(s, [{0, 0, 0}, {1, 0, 0}])        -> blocks
A  semctl(s, 0, GETZCNT)                   -> 1
A  semop(s, [{0, -1, 0}])
A  semctl(s, 1, GETZCNT)                   -> 1
A  semop(s, [{0, 1, 0}])
A  semctl(s, 0, GETZCNT)
)";
  EXPECT_EQ(Observed(text).OutcomeOf("A").value, 0);
  ExpectDeviation("L4", "conformance", text);
  ExpectDocumented(text);
}

TEST(ModelDeviation, L5CopiesAreNotTruncated) {
  const std::string text = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "long", 0)
A  msgrcv(q, 2, 0, IPC_NOWAIT|MSG_COPY|MSG_NOERROR)
)";
  EXPECT_EQ(Observed(text).OutcomeOf("A"), Outcome::Failed(EINVAL));
  ExpectDeviation("L5", "conformance", text);
  ExpectDocumented(text);
}

TEST(ModelDeviation, L6AnIndexBeyondTheTable) {
  const std::string text = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(32768, MSG_STAT)
)";
  ExpectDeviation("L6", "conformance", text);
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(32768, MSG_STAT)                 -> EINVAL
)",
                      {.rules = kStrict}, kStrict),
            "pass");
}

TEST(ModelDeviation, L7MappingsAreCounted) {
  const std::string text = R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at, 4096, PROT_READ)
A  shmctl(seg, IPC_STAT)
)";
  EXPECT_EQ(Observed(text).OutcomeOf("A").numbers.at(9), 2);
  ExpectDeviation("L7", "conformance", text);
  EXPECT_EQ(Observed(text, {.rules = kStrict}).OutcomeOf("A").numbers.at(9), 1);
  ExpectDocumented(text);
}

TEST(ModelDeviation, L8AMarkedSegmentIsAttachedAgain) {
  const std::string text = R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_RMID)
A  shmat(seg, NULL, 0)
)";
  ExpectDeviation("L8", "conformance", text);
  ExpectDocumented(text);
  Observed run(text, {.rules = kStrict});
  EXPECT_EQ(run.OutcomeOf("A"), Outcome::Failed(EINVAL));
  run.rules = kPosix;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelDeviation, L9ReceiversQueueAgain) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)                      -> blocks
C  msgrcv(q, 9, 0, 0)                      -> blocks
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=100})
A  msgsnd(q, 1, "text", 0)
A  msgctl(q, IPC_RMID)
)");
  EXPECT_THAT(run.Deviations(), ElementsAre("L9"));
  run.rules = kStrict;
  EXPECT_EQ(run.Verdict(), "pass") << "in the order of arrival: " << run.Text();
  EXPECT_THAT(run.Deviations(), IsEmpty());
  run.Swap("B", "C");
  EXPECT_EQ(run.Verdict(), "conformance");
  run.rules = {};
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelDeviation, L10PageZeroIsTakenAway) {
  const std::string text = R"(
A  m = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(m, 1, SHM_RND)
A  at = shmat(m, 4095, SHM_RND)
A  shmctl(m, IPC_STAT)
)";
  EXPECT_EQ(Observed(text).OutcomeOf("A").numbers.at(9), 1);
  ExpectDeviation("L10", "conformance", text);
  ExpectDocumented(text);
}

TEST(ModelPosix, WaitersGoInAnyOrder) {
  Observed run(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])                  -> blocks
C  semop(s, [{0, -1, 0}])                  -> blocks
A  semop(s, [{0, 1, 0}])
A  semctl(s, 0, IPC_RMID)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Swap("B", "C");
  EXPECT_EQ(run.Verdict(), "conformance");
  run.rules = kPosix;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Forget("B");
  EXPECT_EQ(run.Verdict(), "conformance");
}

}  // namespace
}  // namespace ipcrig
