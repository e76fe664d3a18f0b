// SPDX-License-Identifier: Apache-2.0
//
// The model of message queues. Expectations in a scenario bind the model, so a scenario that passes
// on the simulated kernel shows what the model says; a run that was changed shows what it rejects.
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

constexpr std::string_view kTwoReceivers = R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 100, 0, 0)       -> blocks
C  msgrcv(q, 100, 0, 0)       -> blocks
A  msgsnd(q, 1, "first", 0)
A  msgsnd(q, 1, "second", 0)
)";

TEST(ModelMsg, ReceiversAreServedInTheOrderOfArrival) {
  Observed run(kTwoReceivers);
  EXPECT_EQ(run.OutcomeOf("B").bytes, "first");
  EXPECT_EQ(run.OutcomeOf("C").bytes, "second");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Instead("B", "C");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelMsg, ReceiversQueueAgainInAnyOrderAfterIpcSet) {
  for (const bool swapped : {false, true}) {
    Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 100, 0, 0)     -> blocks
C  msgrcv(q, 100, 0, 0)     -> blocks
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=100})
A  msgsnd(q, 1, "text", 0)
A  msgctl(q, IPC_RMID)
)");
    if (swapped) run.Swap("B", "C");
    EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  }
}

TEST(ModelMsg, AfterIpcSetAReceiverWithoutRoomMayBeTooLateToFail) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 2, 0, 0)       -> blocks
C  msgrcv(q, 100, 0, 0)     -> blocks
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=100})
A  msgsnd(q, 1, "text", 0)
)");
  EXPECT_EQ(run.OutcomeOf("B"), Outcome::Failed(7));  // E2BIG, and then C gets the message
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Forget("B");  // C was first
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Forget("C");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelMsg, WithoutIpcSetTheOtherReceiverMayNotBeFirst) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 100, 0, 0)     -> blocks
C  msgrcv(q, 100, 0, 0)     -> blocks
A  msgsnd(q, 1, "text", 0)
A  msgctl(q, IPC_RMID)
)");
  run.Swap("B", "C");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelMsg, AReceiverThatHasToWaitMayNotReturn) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 100, 2, 0)     -> blocks
C  msgrcv(q, 100, 1, 0)     -> blocks
A  msgsnd(q, 1, "text", 0)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Instead("C", "B");
  EXPECT_EQ(run.Verdict(), "conformance");
}

constexpr std::string_view kTwoSenders = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 2, "bbbb", 0)  -> blocks
C  msgsnd(q, 3, "cccc", 0)  -> blocks
A  msgrcv(q, 100, 0, 0)     -> {1, "text"}
A  msgrcv(q, 100, 0, 0)
A  msgrcv(q, 100, 0, 0)
)";

TEST(ModelMsg, BlockedSendersGoInAnyOrder) {
  EXPECT_EQ(VerdictOf(kTwoSenders), "pass");
  EXPECT_EQ(VerdictOf(kTwoSenders, {.bug = PlantedBug::kOtherSenderFirst}), "pass");
}

TEST(ModelMsg, OneFreePlaceIsNotForTwoSenders) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 2, "bbbb", 0)  -> blocks
C  msgsnd(q, 3, "cccc", 0)  -> blocks
A  msgrcv(q, 100, 0, 0)     -> {1, "text"}
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.AlsoReturns("B", "C", Outcome::Returned(0));
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelMsg, ASmallMessagePassesABigOneThatWaits) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=8})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 2, "too big", 0)  -> blocks
C  msgsnd(q, 3, "fits", 0)     -> 0
D  msgsnd(q, 4, "x", 0)        -> blocks
A  msgrcv(q, 100, 3, 0)        -> {3, "fits"}
D  returns                     -> 0
A  msgctl(q, IPC_STAT)         -> {qnum=2, cbytes=5, lspid=D}
A  msgctl(q, IPC_RMID)
B  returns                     -> EIDRM
)"),
            "pass");
}

TEST(ModelMsg, RaisingQbytesLetsASenderGo) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
B  msgsnd(q, 2, "longer", 0)  -> blocks
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=6})
B  returns                    -> 0
)"),
            "pass");
}

TEST(ModelMsg, EmptyMessagesFillAQueue) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=2})
A  msgsnd(q, 1, "", 0)
A  msgsnd(q, 1, "", 0)
A  msgsnd(q, 1, "", IPC_NOWAIT)  -> EAGAIN
A  msgrcv(q, 0, 0, 0)            -> {1, ""}
A  msgsnd(q, 1, "", IPC_NOWAIT)  -> 0
)"),
            "pass");
}

TEST(ModelMsg, NegativeTypeTakesLowestFirst) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 3, "three", 0)
A  msgsnd(q, 2, "two", 0)
A  msgsnd(q, 1, "one", 0)
A  msgsnd(q, 1, "one more", 0)
A  msgrcv(q, 100, -2, 0)                    -> {1, "one"}
A  msgrcv(q, 100, -2, 0)                    -> {1, "one more"}
A  msgrcv(q, 100, -9223372036854775808, 0)  -> {2, "two"}
A  msgrcv(q, 100, -2, IPC_NOWAIT)           -> ENOMSG
)"),
            "pass");
}

TEST(ModelMsg, PositiveTypeTakesTheOldestOfItsType) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "a", 0)
A  msgsnd(q, 2, "b", 0)
A  msgsnd(q, 2, "c", 0)
A  msgrcv(q, 100, 2, 0)  -> {2, "b"}
A  msgrcv(q, 100, 0, 0)  -> {1, "a"}
A  msgrcv(q, 100, 0, 0)  -> {2, "c"}
)"),
            "pass");
}

TEST(ModelMsg, AReceiverWithoutRoomFailsAndTheNextOneGetsTheMessage) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 2, 0, 0)        -> blocks
C  msgrcv(q, 100, 0, 0)      -> blocks
A  msgsnd(q, 1, "text", 0)
B  returns                   -> E2BIG
C  returns                   -> {1, "text"}
)"),
            "pass");
}

TEST(ModelMsg, NoerrorTruncatesAndForgetsTheRest) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "long text", 0)
A  msgrcv(q, 4, 0, 0)            -> E2BIG
A  msgrcv(q, 4, 0, MSG_NOERROR)  -> {1, "long"}
A  msgctl(q, IPC_STAT)           -> {qnum=0, cbytes=0}
)"),
            "pass");
}

TEST(ModelMsg, ARemovedQueueWakesEverybody) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=1})
A  msgsnd(q, 1, "x", 0)
B  msgsnd(q, 1, "x", 0)  -> blocks
C  msgrcv(q, 9, 2, 0)    -> blocks
A  msgctl(q, IPC_RMID)
B  returns               -> EIDRM
C  returns               -> EIDRM
A  msgctl(q, IPC_STAT)   -> EINVAL
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Forget("B");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelMsg, ASleeperKeepsItsQueueWhateverTheVariableNamesLater) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)             -> blocks
A  old = msgget(77, IPC_CREAT|0600)
A  q = msgget(77, 0600)
A  msgsnd(q, 1, "x", 0)
A  msgrcv(q, 9, 0, IPC_NOWAIT)    -> {1, "x"}
A  q = msgget(78, 0600)           -> ENOENT
A  msgctl(old, IPC_RMID)
)"),
            "pass");
}

TEST(ModelMsg, ManySleepersOfARemovedQueueAreJudgedInNoTime) {
  std::string text = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=1})
A  msgsnd(q, 1, "x", 0)
)";
  for (const char name : {'B', 'C', 'D', 'E', 'F', 'G'}) {
    text += std::string(1, name) + "  msgsnd(q, 1, \"x\", 0)  -> blocks\n";
  }
  EXPECT_EQ(VerdictOf(text + "A  msgctl(q, IPC_RMID)\n"), "pass");
}

TEST(ModelMsg, ASenderWithoutRoomIsNotToldThatItLostItsPermission) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 2, "more", 0)  -> blocks
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0400, qbytes=4})
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0600, qbytes=4})
A  msgrcv(q, 100, 0, 0)     -> {1, "text"}
B  returns                  -> 0
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelMsg, ASenderWithRoomIsToldThatItLostItsPermission) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0600, qbytes=4})
A  msgsnd(q, 1, "text", 0)
B  msgsnd(q, 2, "more", 0)  -> blocks
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0400, qbytes=4})
A  msgrcv(q, 100, 0, 0)     -> {1, "text"}
B  returns                  -> EACCES
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelMsg, AReceiverLearnsAtOnceThatItLostItsPermission) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)  -> blocks
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0200, qbytes=4})
B  returns             -> EACCES
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelMsg, CallsFailAsTheirManPagesSay) {
  EXPECT_EQ(VerdictOf(R"(
A  msgget(77, 0600)                           -> ENOENT
A  q = msgget(77, IPC_CREAT|0600)             -> ok
A  msgget(77, IPC_CREAT|IPC_EXCL|0600)        -> EEXIST
A  msgsnd(q, 0, "x", 0)                       -> EINVAL
A  msgsnd(q, -1, "x", 0)                      -> EINVAL
A  msgsnd(q, 1, data(1, 8193), 0)             -> EINVAL
A  msgsnd(q, 1, data(1, 8192), 0)             -> 0
A  msgsnd(-1, 1, "x", 0)                      -> EINVAL
A  msgrcv(4711, 1, 0, 0)                      -> EINVAL
A  msgrcv(q, 1, 2, IPC_NOWAIT)                -> ENOMSG
A  msgctl(4711, IPC_RMID)                     -> EINVAL
A  msgctl(4711, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=1})  -> EINVAL
)"),
            "pass");
}

TEST(ModelMsg, PermissionsAndPrivilegesAreLookedAt) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(77, IPC_CREAT|0400)
A  msgget(77, 0600)        -> EACCES
A  msgget(77, 0400)        -> ok
A  msgsnd(q, 1, "x", 0)    -> EACCES
A  msgctl(q, IPC_STAT)     -> {uid=1000, mode=0400, qbytes=16384}
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0200, qbytes=16385})  -> EPERM
A  msgctl(q, IPC_SET, {uid=1000, gid=1000, mode=0200, qbytes=16384})  -> 0
A  msgctl(q, IPC_STAT)     -> EACCES
A  msgrcv(q, 1, 0, 0)      -> EACCES
A  msgctl(q, IPC_SET, {uid=1001, gid=1000, mode=0200, qbytes=1})      -> 0
A  msgctl(q, IPC_RMID)     -> 0
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelMsg, LimitsOfTheNamespaceHold) {
  SimulationOptions options;
  options.facts.msgmni = 1;
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)  -> ok
A  msgget(IPC_PRIVATE, 0600)      -> ENOSPC
A  msgctl(q, IPC_RMID)
A  msgget(IPC_PRIVATE, 0600)      -> ok
)",
                      options),
            "pass");
}

TEST(ModelMsg, ANewIdMayBeAnyButOneThatExists) {
  constexpr std::string_view kText = R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  r = msgget(IPC_PRIVATE, 0600)
)";
  Observed run(kText);
  run.DropSnapshots();
  const int64_t first = run.OutcomeOf("A").value - 1;
  run.OutcomeOf("A").value = 31337;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("A").value = first;
  EXPECT_EQ(run.Verdict(), "conformance");
  run.OutcomeOf("A").value = -1;
  EXPECT_EQ(run.Verdict(), "conformance");
}

}  // namespace
}  // namespace ipcrig
