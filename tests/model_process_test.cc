// SPDX-License-Identifier: Apache-2.0
//
// The model of pipes and of processes.
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(ModelPipe, EndOfFileIsWhenTheLastWriterIsGone) {
  Observed run(R"(
A  p = pipe()
A  fork(B)
B  close(p.w)
B  read(p.r, 10)      -> blocks
A  write(p.w, "one")
B  returns            -> "one"
A  write(p.w, "two")
A  fork(C)
A  close(p.w)
B  read(p.r, 10)      -> "two"
B  read(p.r, 10)      -> blocks
A  kill(C, SIGKILL)
B  returns            -> ""
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.Forget("B");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelPipe, WithoutAReaderAWriteFails) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
A  close(p.r)
A  write(p.w, "kept")  -> 4
B  exit(0)
A  write(p.w, "x")     -> EPIPE
A  write(p.w, "")      -> 0
A  read(p.r, 1)        -> EBADF
A  close(p.r)          -> EBADF
)"),
            "pass");
}

TEST(ModelPipe, TheWrongEndIsABadDescriptor) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()          -> {capacity=65536}
A  write(p.r, "x")     -> EBADF
A  read(p.w, 1)        -> EBADF
A  read(p.r, 0)        -> ""
B  read(p.r, 1)        -> EBADF
)"),
            "pass");
}

TEST(ModelPipe, IsFullOfPagesNotOfBytes) {
  std::string text = "A  p = pipe()\n";
  for (int i = 0; i < 16; ++i) text += "A  write(p.w, data(1, 4095))  -> 4095\n";
  text += R"(A  write(p.w, "x")              -> 1
A  write(p.w, "y")              -> blocks
)";
  EXPECT_EQ(VerdictOf(text), "pass");
}

TEST(ModelPipe, SmallWritesShareAPage) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  write(p.w, data(1, 61440))  -> 61440
A  write(p.w, "ab")            -> 2
A  write(p.w, "cd")            -> 2
A  write(p.w, data(2, 4092))   -> 4092
A  write(p.w, "z")             -> blocks
)"),
            "pass");
}

TEST(ModelPipe, ABlockedWriteGoesOnPageByPage) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
A  write(p.w, data(1, 65000))
A  write(p.w, data(2, 9000))   -> blocks
B  read(p.r, 4095)
B  read(p.r, 1)
B  read(p.r, 8192)
A  returns                     -> 9000
)"),
            "pass");
}

TEST(ModelPipe, ABlockedWriteTellsHowFarItCameWhenTheReadersLeave) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
A  close(p.r)
A  write(p.w, data(1, 61440))
A  write(p.w, data(2, 9000))   -> blocks
B  exit(0)
A  returns                     -> 4096
)"),
            "pass");
}

// A write looks for room in the last page once, before it sleeps.
TEST(ModelPipe, ABlockedWriteDoesNotShareAPage) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
A  fork(C)
A  write(p.w, data(1, 65536))
B  write(p.w, "ten bytes!")  -> blocks
C  write(p.w, "ten bytes!")  -> blocks
A  read(p.r, 4096)
B  returns                   -> 10
A  read(p.r, 4096)
C  returns                   -> 10
A  read(p.r, 57344)
A  read(p.r, 100)            -> "ten bytes!ten bytes!"
)"),
            "pass");
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
A  fork(C)
A  write(p.w, data(1, 65536))
B  write(p.w, "ten bytes!")  -> blocks
C  write(p.w, "TEN BYTES!")  -> blocks
A  read(p.r, 4096)
A  kill(C, SIGKILL)
A  wait(C)                   -> SIGKILL
A  read(p.r, 61440)
A  read(p.r, 100)            -> "ten bytes!"
)"),
            "pass");
}

TEST(ModelPipe, AnyOfTheBlockedReadersMayBeServed) {
  for (const bool other : {false, true}) {
    Observed run(R"(
A  p = pipe()
A  fork(B)
A  fork(C)
B  read(p.r, 10)        -> blocks
C  read(p.r, 10)        -> blocks
A  write(p.w, "bytes")
)");
    if (other) run.Instead("B", "C");
    EXPECT_EQ(run.Verdict(), "pass") << run.Text();
    run.AlsoReturns(other ? "C" : "B", other ? "B" : "C", Outcome::Returned(0));
    EXPECT_EQ(run.Verdict(), "conformance");
  }
}

TEST(ModelPipe, AVariableThatIsAssignedAgainKeepsTheOldPipeOpen) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
A  p = pipe()
B  close(p.w)
B  read(p.r, 1)  -> blocks
A  exit(0)
B  returns       -> ""
)"),
            "pass");
}

TEST(ModelProcess, WaitTellsHowAChildEnded) {
  EXPECT_EQ(VerdictOf(R"(
A  fork(B)
A  fork(C)
A  wait(B)           -> blocks
B  exit(7)
A  returns           -> exit 7
A  kill(C, SIGTERM)  -> 0
A  kill(C, SIGKILL)  -> 0
A  wait(C)           -> SIGTERM
A  wait(C)           -> ECHILD
A  kill(C, SIGKILL)  -> ESRCH
)"),
            "pass");
}

TEST(ModelProcess, OnlyTheParentWaits) {
  EXPECT_EQ(VerdictOf(R"(
A  fork(B)
B  fork(C)
C  fork(D)
A  wait(C)          -> ECHILD
D  wait(A)          -> ECHILD
C  exit(0)
B  wait(D)          -> ECHILD
B  wait(C)          -> exit 0
E  wait(A)          -> ECHILD
)"),
            "pass");
}

TEST(ModelProcess, ASignalThatEndsAProcessHasToArrive) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 1, 0, 0)  -> blocks
A  kill(B, SIGKILL)
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("B").value = abi::kSigterm;
  EXPECT_EQ(run.Verdict(), "conformance");
  run.Forget("B");
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelProcess, AProcessThatNobodyKilledMayNotEnd) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_STAT)
)");
  run.AlsoReturns("A", "B", {Outcome::Kind::kKilled, abi::kSigsegv});
  EXPECT_EQ(run.Verdict(), "conformance") << run.Text();
}

TEST(ModelProcess, AProcessMayKillItself) {
  EXPECT_EQ(VerdictOf(R"(
A  fork(B)
B  kill(B, SIGUSR1)  -> SIGUSR1
A  wait(B)           -> SIGUSR1
)"),
            "pass");
}

TEST(ModelProcess, AKilledSleeperTakesNothing) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)    -> blocks
C  msgrcv(q, 9, 0, 0)    -> blocks
A  kill(B, SIGKILL)
A  msgsnd(q, 1, "x", 0)
C  returns               -> {1, "x"}
)"),
            "pass");
}

TEST(ModelProcess, AProgramEndsAsItLikes) {
  Observed run(R"(
A  fork(B)
B  exec("program")  -> exit 3 "text"
A  wait(B)          -> exit 3
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("B").bytes = "another text";
  EXPECT_EQ(run.Verdict(), "expectation");
}

TEST(ModelProcess, APidThatIsInUseIsNotANewOne) {
  Observed run(R"(
A  fork(B)
A  fork(C)
)");
  run.OutcomeOf("A").value = 2000;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("A").value = 1001;
  EXPECT_EQ(run.Verdict(), "conformance");
  run.OutcomeOf("A").value = 0;
  EXPECT_EQ(run.Verdict(), "conformance");
}

}  // namespace
}  // namespace ipcrig
