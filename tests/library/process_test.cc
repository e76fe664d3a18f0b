// SPDX-License-Identifier: Apache-2.0
//
// Processes of a rig: failures that come from them, how they meet, are killed, and end.
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <stdexcept>

#include <ipcrig/gtest.h>

#include "failures.h"

namespace ipcrig::library_test {
namespace {

using testing::HasSubstr;

class ProcessTest : public IpcTest {};

struct Text {
  long type = 1;
  char text[16] = {};
};

int Receive(int queue, long type = 0) {
  Text text;
  return static_cast<int>(msgrcv(queue, &text, sizeof(text.text), type, 0));
}

int Send(int queue, long type = 1) {
  const Text text{type};
  return msgsnd(queue, &text, 1, 0);
}

TEST_F(ProcessTest, IsSeenAsleepAndWokenByARemoval) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& reader = Fork("reader", [&] { EXPECT_THAT(Receive(queue), SyscallFailsWithErrno(EIDRM)); });
  ASSERT_TRUE(reader.AwaitBlocked(Call::kMsgrcv));
  ASSERT_THAT(msgctl(queue, IPC_RMID, nullptr), SyscallSucceeds());
  EXPECT_THAT(reader.Wait(), Exits(0));
}

// EXPECT_EQ and its like in children: library_failing.cc, since FailuresOf() hides them.
TEST_F(ProcessTest, ForwardsFailedChecksWithTheirLine) {
  int line = 0;
  const auto failures = FailuresOf([&] {
    Rig rig;
    line = __LINE__ + 1;
    rig.Fork("child", [] { IPCRIG_CHECK(msgget(8, 0) >= 0); });
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_EQ(failures[0].file, "process_test.cc");
  EXPECT_EQ(failures[0].line, line);
  EXPECT_THAT(failures[0].text, HasSubstr("in child (pid "));
  EXPECT_THAT(failures[0].text, HasSubstr("msgget(8, 0) >= 0 does not hold; errno is ENOENT"));
}

TEST_F(ProcessTest, HasToEndWellUnlessTheTestSaysOtherwise) {
  int line = 0;
  const auto failures = FailuresOf([&] {
    Rig rig;
    line = __LINE__ + 1;
    rig.Fork("bad", [] { _exit(3); });
    rig.Fork("worse", [] { raise(SIGTERM); });
    rig.Fork("thrower", [] { throw std::runtime_error("oh"); });
    EXPECT_THAT(rig.Fork("asked for", [] { _exit(4); }).Wait(), Exits(4));
    rig.Fork("killed", [] { pause(); }).Kill();
  });
  const std::string text = AllOf(failures);
  EXPECT_EQ(failures.size(), 3U) << text;
  EXPECT_THAT(text, HasSubstr(std::to_string(line) + ": Failed\nbad exited with 3\n"));
  EXPECT_THAT(text, HasSubstr("worse killed by SIGTERM\n"));
  EXPECT_THAT(text, HasSubstr("threw: oh\n"));
}

TEST_F(ProcessTest, SleepingForEverIsToldAtOnce) {
  if (!HasOneThread()) GTEST_SKIP() << "another thread might wake them";
  const auto failures = FailuresOf([] {
    Rig rig;
    const int queue = msgget(IPC_PRIVATE, 0600);
    rig.Fork("reader", [&] { Receive(queue); });
    rig.Fork("other reader", [&] { Receive(queue); });
    rig.AllowLeaks();
  });
  ASSERT_EQ(failures.size(), 2U) << AllOf(failures);
  EXPECT_EQ(failures[0].text, "Failed\nreader sleeps in msgrcv, and nobody is left to wake it");
}

TEST_F(ProcessTest, WhoSleepsForAWhileOnlyIsWaitedFor) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  auto& waiter = Fork("waiter", [&] {
    sembuf down = {0, -1, 0};
    const timespec time = {0, 30'000'000};
    EXPECT_THAT(semtimedop(set, &down, 1, &time), SyscallFailsWithErrno(EAGAIN));
  });
  waiter.AwaitBlocked(Call::kSemop);
  EXPECT_THAT(waiter.Wait(), Exits(0));
  semctl(set, 0, IPC_RMID);
}

TEST_F(ProcessTest, WhoAnAlarmWillWakeIsWaitedFor) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& sleeper = Fork("sleeper", [&] {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGALRM, &action, nullptr);
    const itimerval soon = {{0, 0}, {0, 50'000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    EXPECT_THAT(Receive(queue), SyscallFailsWithErrno(EINTR));
  });
  EXPECT_THAT(sleeper.Wait(), Exits(0));
  msgctl(queue, IPC_RMID, nullptr);
}

// The parent is gone, and its child, an orphan then, wakes the reader.
TEST_F(ProcessTest, WhoAnOrphanWillWakeIsWaitedFor) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& reader = Fork("reader", [&] { EXPECT_EQ(Receive(queue, 2), 1); });
  ASSERT_TRUE(reader.AwaitBlocked(Call::kMsgrcv));
  auto& daemon = Fork("daemon", [&] {
    if (fork() == 0) _exit(Receive(queue, 1) == 1 && Send(queue, 2) == 0 ? 0 : 1);
  });
  EXPECT_THAT(daemon.Wait(), Exits(0));
  Fork("waker", [&] { Send(queue, 1); });
  EXPECT_THAT(reader.Wait(), Exits(0));
  msgctl(queue, IPC_RMID, nullptr);
}

TEST_F(ProcessTest, IsKilledBeforeOrAfterTheCall) {
  for (const When when : {When::kBefore, When::kAfter}) {
    const int queue = msgget(IPC_PRIVATE, 0600);
    const auto body = [&] {
      for (int i = 0; i < 5; ++i) Send(queue);
    };
    auto& sender = Fork("sender", body, KillAt{Call::kMsgsnd, 3, when});
    EXPECT_THAT(sender.Wait(), DiesOf(SIGKILL));
    EXPECT_TRUE(sender.ReachedKillPoint());
    msqid_ds status;
    ASSERT_THAT(msgctl(queue, IPC_STAT, &status), SyscallSucceeds());
    EXPECT_EQ(status.msg_qnum, when == When::kBefore ? 2U : 3U);
    msgctl(queue, IPC_RMID, nullptr);
  }
}

TEST_F(ProcessTest, APointThatIsNotReachedIsAFailure) {
  const auto failures = FailuresOf([] {
    Rig rig;
    rig.Fork(
        "idle", [] {}, KillAt{Call::kSemop, 1, When::kBefore});
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_THAT(failures[0].text, HasSubstr("did not reach the point where it was to be killed"));
}

TEST_F(ProcessTest, AnArmedProcessCountsFromThere) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& echo = Fork("echo", [&] {
    while (Receive(queue, 1) >= 0) Send(queue, 2);
  });
  Send(queue);
  Receive(queue, 2);
  ASSERT_TRUE(echo.AwaitBlocked(Call::kMsgrcv));
  echo.Arm({Call::kMsgsnd, 1, When::kBefore});
  Send(queue);
  EXPECT_THAT(echo.Wait(), DiesOf(SIGKILL));
  msgctl(queue, IPC_RMID, nullptr);
}

TEST_F(ProcessTest, SemUndoIsDoneForWhoWasKilled) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  semctl(set, 0, SETVAL, 1);
  for (const short flags : {short{SEM_UNDO}, short{0}}) {
    auto& holder = Fork(
        "holder",
        [&] {
          sembuf lock = {0, -1, flags};
          semop(set, &lock, 1);
        },
        KillAt{Call::kSemop, 1, When::kAfter});
    holder.Wait();
    EXPECT_EQ(semctl(set, 0, GETVAL), flags == SEM_UNDO ? 1 : 0);
  }
  semctl(set, 0, IPC_RMID);
}

TEST_F(ProcessTest, StopsAndContinues) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& reader = Fork("reader", [&] { EXPECT_EQ(Receive(queue), 1); });
  reader.AwaitBlocked(Call::kMsgrcv);
  reader.Stop();
  Send(queue);
  reader.Continue();
  EXPECT_THAT(reader.Wait(), Exits(0));
  msgctl(queue, IPC_RMID, nullptr);
}

TEST_F(ProcessTest, StepsComeInTheirOrder) {
  auto& text = Shared<std::array<char, 8>>();
  Fork("b", [&] {
    Step(2, [&] { text[1] = static_cast<char>(text[0] + 1); });
    Step(4, [&] { text[3] = static_cast<char>(text[2] + 1); });
  });
  Fork("a", [&] {
    Step(1, [&] { text[0] = 'a'; });
    Step(3, [&] { text[2] = static_cast<char>(text[1] + 1); });
  });
  Step(5, [&] { EXPECT_STREQ(text.data(), "abcd"); });
}

TEST_F(ProcessTest, BarriersAreMetAtByAll) {
  constexpr int kRounds = 20;
  auto& count = Shared<std::atomic<int>>(0);
  Barrier barrier(*this, 3);
  const auto body = [&] {
    for (int round = 1; round <= kRounds; ++round) {
      ++count;
      barrier.Wait();
      EXPECT_EQ(count, 3 * round);
      barrier.Wait();
    }
  };
  Fork("a", body);
  Fork("b", body);
  body();
}

TEST_F(ProcessTest, ExecutesProgramsThatKnowNothing) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& program = Exec("program", {LIBRARY_PROGRAM, "receive", std::to_string(queue)});
  ASSERT_TRUE(program.AwaitBlocked(Call::kMsgrcv));
  msgctl(queue, IPC_RMID, nullptr);
  EXPECT_THAT(program.Wait(), Exits(3));
}

TEST_F(ProcessTest, KillsExecutedProgramsAtACall) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  for (int i = 0; i < 3; ++i) Send(queue);
  auto& program = Exec("program", {LIBRARY_PROGRAM, "receive", std::to_string(queue)},
                       KillAt{Call::kMsgrcv, 2, When::kAfter});
  EXPECT_THAT(program.Wait(), DiesOf(SIGKILL));
  msqid_ds status;
  msgctl(queue, IPC_STAT, &status);
  EXPECT_EQ(status.msg_qnum, 1U);
  msgctl(queue, IPC_RMID, nullptr);
}

TEST_F(ProcessTest, LeaksOfExecutedProgramsHaveTheirLine) {
  const auto failures = FailuresOf([] {
    Rig rig;
    rig.Exec("leaker", {LIBRARY_PROGRAM, "leak"});
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_EQ(failures[0].file, "library_program.c");
  EXPECT_EQ(failures[0].line, 13);
  EXPECT_THAT(failures[0].text, HasSubstr("created by leaker (pid "));
  EXPECT_THAT(failures[0].text, HasSubstr("in leak"));
}

TEST_F(ProcessTest, WhatCannotBeExecutedIsSaid) {
  const auto failures = FailuresOf([] {
    Rig rig;
    rig.Exec("missing", {"/no/such/program"}).Wait();
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_EQ(failures[0].text, "Failed\nmissing cannot be executed: No such file or directory");
}

TEST_F(ProcessTest, WhoOutlivesTheTestIsEndedAndTold) {
  const auto failures = FailuresOf([] {
    Rig rig;
    const int queue = msgget(IPC_PRIVATE, 0600);
    EXPECT_THAT(rig.Exec("parent", {LIBRARY_PROGRAM, "orphan", std::to_string(queue)}).Wait(),
                Exits(0));
    rig.AllowLeaks();
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_THAT(failures[0].text, HasSubstr("(library_program) outlived the test"));
}

TEST_F(ProcessTest, NobodyIsLeftWhenTheTestIsGivenUp) {
  pid_t pid = 0;
  const auto failures = FailuresOf([&] {
    Rig rig({std::chrono::milliseconds(1)});
    pid = rig.Fork("endless", [] { pause(); }).pid();
  });
  EXPECT_THAT(AllOf(failures), HasSubstr("not finished at its deadline"));
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(ProcessTest, TheDeadlineWakesTheTestItself) {
  const auto failures = FailuresOf([] {
    Rig rig({std::chrono::milliseconds(100)});
    const int queue = msgget(IPC_PRIVATE, 0600);
    auto& reader = rig.Fork("reader", [&] { Receive(queue); });
    reader.AwaitBlocked(Call::kMsgrcv);
    EXPECT_EQ(Receive(queue), -1);
    EXPECT_TRUE(rig.expired());
    EXPECT_FALSE(Rig::Step(7, [] {}));
    EXPECT_FALSE(Barrier(rig, 2).Wait());
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_THAT(failures[0].text, HasSubstr("still there: reader (asleep in msgrcv)"));
}

TEST_F(ProcessTest, WhoEndsInsteadOfSleepingIsTold) {
  int line = 0;
  const auto failures = FailuresOf([&] {
    Rig rig;
    auto& child = rig.Fork("child", [] {});
    line = __LINE__ + 1;
    EXPECT_FALSE(child.AwaitBlocked(Call::kSemop));
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_EQ(failures[0].line, line);
  EXPECT_EQ(failures[0].text, "Failed\nchild was not seen asleep in semop, it exited with 0");
}

}  // namespace
}  // namespace ipcrig::library_test
