// SPDX-License-Identifier: Apache-2.0
//
// Orders of steps, and the generators. Each property has a twin that must be falsified.
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <array>
#include <cstring>
#include <iostream>
#include <sstream>

#include <ipcrig/gtest.h>
#include <ipcrig/rapidcheck.h>
#include <ipcrig/schedule.h>

#include "failures.h"

namespace ipcrig::library_test {
namespace {

using testing::HasSubstr;
using Steps = std::vector<std::function<void()>>;

class ScheduleTest : public IpcTest {};

void Semop(int set, short number, short step) {
  sembuf operation = {static_cast<unsigned short>(number), step, 0};
  semop(set, &operation, 1);
}

Program LettersOf(std::array<char, 8>& text) {
  const auto letter = [&text](char c) { return [&text, c] { text[strlen(text.data())] = c; }; };
  Program program;
  program.processes = {{"a", {letter('a'), letter('b')}}, {"x", {letter('x'), letter('y')}}};
  return program;
}

TEST_F(ScheduleTest, GoesInTheOrderOfTheChoices) {
  auto& text = Shared<std::array<char, 8>>();
  EXPECT_EQ(RunInOrder(*this, LettersOf(text), {0, 1, 0, 1}), "a1 x1 a2 x2");
  EXPECT_STREQ(text.data(), "axby");
}

TEST_F(ScheduleTest, IsSequentialWithoutChoices) {
  auto& text = Shared<std::array<char, 8>>();
  EXPECT_EQ(RunInOrder(*this, LettersOf(text), {}), "a1 a2 x1 x2");
}

TEST_F(ScheduleTest, PassesOverWhoSleepsUntilHeIsWoken) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Program program;
  program.processes = {{"a", {[&] { Semop(set, 0, -1); }, [] {}}},
                       {"b", {[] {}, [&] { Semop(set, 0, 1); }}}};
  program.at_end = [&] { semctl(set, 0, IPC_RMID); };
  EXPECT_EQ(RunInOrder(*this, program, {}), "a1... b1 b2 a2");
}

TEST_F(ScheduleTest, FindsADeadlock) {
  if (!HasOneThread()) GTEST_SKIP() << "another thread might wake them";
  const auto failures = FailuresOf([] {
    Rig rig;
    const int set = semget(IPC_PRIVATE, 2, 0600);
    unsigned short ones[] = {1, 1};
    semctl(set, 0, SETALL, ones);
    const auto take = [=](short first, short second) {
      return Steps{[=] { Semop(set, first, -1); }, [=] { Semop(set, second, -1); },
                   [=] { Semop(set, first, 1), Semop(set, second, 1); }};
    };
    Program program;
    program.processes = {{"a", take(0, 1)}, {"b", take(1, 0)}};
    program.at_end = [=] { semctl(set, 0, IPC_RMID); };
    EXPECT_EQ(RunInOrder(rig, program, {0, 1}), "a1 b1 a2... b2...");
  });
  EXPECT_THAT(AllOf(failures), HasSubstr("a sleeps in semop, and nobody is left to wake it"));
}

// Two who each take the next number; `atomic` is what the twin is not.
Program TicketsOf(Rig& rig, bool atomic) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  auto& seen = rig.Shared<std::array<int, 2>>();
  const auto ticket = [=, &seen](size_t i) -> Steps {
    if (atomic) return {[=] { Semop(set, 0, 1); }};
    return {[=, &seen] { seen[i] = semctl(set, 0, GETVAL); },
            [=, &seen] { semctl(set, 0, SETVAL, seen[i] + 1); }};
  };
  Program program;
  program.processes = {{"a", ticket(0)}, {"b", ticket(1)}};
  program.at_end = [=] {
    const int taken = semctl(set, 0, GETVAL);
    semctl(set, 0, IPC_RMID);
    RC_ASSERT(taken == 2);
  };
  return program;
}

// What RapidCheck prints goes to standard error.
std::string SaidBy(const std::function<void()>& body) {
  std::ostringstream text;
  std::streambuf* before = std::cerr.rdbuf(text.rdbuf());
  body();
  std::cerr.rdbuf(before);
  return text.str();
}

TEST_F(ScheduleTest, ForAllSchedulesHoldsWhereTheStepsAreAtomic) {
  SaidBy([] {
    EXPECT_TRUE(ForAllSchedules("atomic", [](Rig& rig) { return TicketsOf(rig, true); }));
  });
}

TEST_F(ScheduleTest, ForAllSchedulesFindsTheSmallestOrderThatLosesAnUpdate) {
  const std::string said = SaidBy([] {
    EXPECT_FALSE(ForAllSchedules("not atomic", [](Rig& rig) { return TicketsOf(rig, false); }));
  });
  EXPECT_THAT(said, HasSubstr("Falsifiable"));
  EXPECT_THAT(said, HasSubstr("\n[1]\n"));
}

TEST_F(ScheduleTest, ForAllSchedulesCountsWhatIsLeftBehind) {
  const std::string said = SaidBy([] {
    EXPECT_FALSE(ForAllSchedules("leaks", [](Rig&) {
      (void)semget(IPC_PRIVATE, 1, 0600);
      return Program();
    }));
  });
  EXPECT_THAT(said, HasSubstr("left behind: semaphore set 0"));
}

TEST_F(ScheduleTest, GeneratorsDrawWhatTheCallsTake) {
  const bool holds = rc::check("drawn", [] {
    const Rig rig;
    const auto messages = *rc::gen::arbitrary<std::vector<Message>>();
    const int queue = msgget(*gen::Key(), *gen::CreateFlags());
    RC_ASSERT(queue >= 0);
    for (const Message& message : messages) {
      RC_PRE(message.text.size() <= 8192);
      RC_ASSERT(Send(queue, message));
      RC_ASSERT(Receive(queue, message.type) == message);
    }
    msgctl(queue, IPC_RMID, nullptr);
    const sembuf operation = *gen::SemOperation(3);
    RC_ASSERT(operation.sem_num < 3);
    const auto protocol = *gen::Protocol<int>(2, gen::GetFlags());
    RC_ASSERT(protocol.size() == 2U);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace ipcrig::library_test
