// SPDX-License-Identifier: Apache-2.0
//
// Races: what the simulated kernel does in any order is explained, and what it does with a planted
// bug is not.
#include <cstdlib>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/race.h"
#include "gen/draws.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

using testing::HasSubstr;

Judgement JudgeSeed(const Scenario& scenario, uint64_t seed, RaceBug bug = RaceBug::kNone) {
  const SimulationOptions options{.race = {.seed = seed, .bug = bug}};
  return Judge(scenario, Simulate(scenario, options));
}

std::string Account(const Scenario& scenario, uint64_t seed, RaceBug bug = RaceBug::kNone) {
  const SimulationOptions options{.race = {.seed = seed, .bug = bug}};
  const History history = Simulate(scenario, options);
  return JudgementText(Judge(scenario, history)) + "\n" + PrintScenario(scenario) +
         PrintHistory(history);
}

// One call of a racing process, as text.
std::string RacingCallText(SeededDraw& draw, int number) {
  const auto below = [&](uint64_t bound) { return std::to_string(draw.Below(bound)); };
  const std::string wait = draw.Below(3) == 0 ? "IPC_NOWAIT" : "0";
  const std::string undo = draw.Below(3) == 0 ? "SEM_UNDO" : "0";
  const std::string type = std::to_string(1 + draw.Below(3));
  const std::string value = std::to_string(static_cast<int>(draw.Below(4)) - 2);
  switch (draw.Below(14)) {
    case 0:
    case 1:
    case 2:
      return "msgsnd(q, " + type + ", \"m" + std::to_string(number) + "\", " + wait + ")";
    case 3:
    case 4:
      return "msgrcv(q, 100, " + std::to_string(static_cast<int>(draw.Below(7)) - 3) + ", " + wait +
             ")";
    case 5:
      return "semop(s, [{" + below(2) + ", 1, " + undo + "}])";
    case 6:
      return "semop(s, [{" + below(2) + ", " + value + ", " + undo + "}])";
    case 7:
      return "semop(s, [{0, " + value + ", " + undo + "}, {1, 1, " + wait + "}])";
    case 8:
      return "semctl(s, " + below(2) + ", GETVAL)";
    case 9:
      return "semctl(s, 0, GETALL)";
    case 10:
      return "semctl(s, " + below(2) + ", SETVAL, " + below(3) + ")";
    case 11:
      return draw.Below(3) == 0 ? "msgctl(q, IPC_RMID)" : "msgctl(q, IPC_STAT)";
    case 12:
      return draw.Below(4) == 0 ? "semctl(s, 0, IPC_RMID)" : "semctl(s, " + below(2) + ", GETNCNT)";
    default:
      return draw.Below(2) == 0 ? "semctl(s, " + below(2) + ", GETPID)"
                                : "semtimedop(s, [{0, -1, 0}], {0, 1000})";
  }
}

// Whatever may race, in some processes; with `ends` some are killed, interrupted or exit.
Scenario RandomRace(uint64_t seed, bool ends) {
  SeededDraw draw(seed);
  const auto processes = 2 + draw.Below(3);
  std::string text = "A  q = msgget(IPC_PRIVATE, 0600)\nA  s = semget(IPC_PRIVATE, 2, 0600)\n";
  if (draw.Below(3) == 0) {
    text += "A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})\n";
  }
  if (draw.Below(3) == 0) text += "A  msgsnd(q, 1, \"a\", IPC_NOWAIT)\n";
  const char* names[] = {"A", "B", "C", "D"};
  for (size_t i = 0; i < processes; ++i) {
    text += std::string(names[i]) + "  sigaction(SIGUSR1, 0)\n";
  }
  if (draw.Below(4) == 0) text += "B  msgrcv(q, 100, 0, 0)\n";
  text += "race {\n";
  for (size_t i = 0; i < processes; ++i) {
    for (auto left = 1 + draw.Below(4); left > 0; --left) {
      const auto what = ends ? draw.Below(8) : 7;
      const std::string victim = names[draw.Below(processes)];
      std::string call = RacingCallText(draw, static_cast<int>(i * 10 + left));
      if (what == 0) call = "kill(" + victim + ", SIGUSR1)";
      if (what == 1 && victim != names[i]) call = "kill(" + victim + ", SIGKILL)";
      if (what == 2 && left == 1) call = "exit(3)";
      text += "  " + std::string(names[i]) + "  " + call + "  \n";
    }
  }
  return ScenarioOf(text + "}\n");
}

// What waits at the end is nobody's mistake: nobody wrote these.
bool Passes(const Judgement& judgement) {
  return judgement.verdict == Verdict::kPass || judgement.IsUnfinished();
}

TEST(Linearize, WhateverTheSimulatedKernelDoesIsExplained) {
  const char* more = std::getenv("IPCRIG_RACES");  // for a longer run
  const uint64_t seeds = more != nullptr ? std::strtoull(more, nullptr, 10) : 1500;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const Scenario scenario = RandomRace(seed / 3, seed % 2 == 1);
    ASSERT_TRUE(Passes(JudgeSeed(scenario, seed))) << seed << "\n" << Account(scenario, seed);
  }
}

// Found on a kernel: none of these is a mistake of it.
constexpr const char* kRight[] = {
    // A call whose process was killed may have sent a signal, which nobody feels before SIGCONT.
    R"(
A  kill(A, SIGSTOP)
race {
  B  kill(A, SIGTERM)
  C  kill(B, SIGUSR1)
}
C  kill(A, SIGCONT)
)",
    // A receiver that IPC_SET excludes is handed what comes before it looks.
    R"(
B  capset(0)
B  q = msgget(IPC_PRIVATE, 0666)
race {
  B  msgrcv(q, 100, 1, 0)
  A  msgctl(q, IPC_SET, {uid=1001, gid=0, mode=0200, qbytes=10})
  A  msgsnd(q, 1, "one", 0)
}
)",
};

TEST(Linearize, WhatAKernelDidIsExplained) {
  for (const char* text : kRight) {
    const Scenario scenario = ScenarioOf(text);
    std::set<std::string> ends;
    for (uint64_t seed = 0; seed < 200; ++seed) {
      ASSERT_TRUE(Passes(JudgeSeed(scenario, seed))) << Account(scenario, seed);
      const History history = Simulate(scenario, {.race = {.seed = seed, .bug = RaceBug::kNone}});
      for (const Event& event : history.events) {
        const bool ended = event.kind == Event::Kind::kEnded || event.kind == Event::Kind::kRaced;
        if (ended)
          ends.insert(
              PrintEvent({.kind = event.kind, .step = event.step, .outcome = event.outcome}));
      }
    }
    EXPECT_GT(ends.size(), 4U) << "it goes in more ways than one";
  }
}

struct PlantedRace {
  RaceBug bug;
  const char* name;
  const char* text;
};

// In each of these the bug shows in at least some orders.
constexpr PlantedRace kPlanted[] = {
    {RaceBug::kWakeupLost, "WakeupLost", R"(
A  q = msgget(IPC_PRIVATE, 0600)
race {
  A  msgsnd(q, 1, "one", 0)
  B  msgrcv(q, 100, 0, 0)     -> blocks
}
)"},
    {RaceBug::kWakeupLost, "SemaphoreWakeupLost", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
race {
  A  semop(s, [{0, 1, 0}])
  B  semop(s, [{0, -1, 0}])   -> blocks
}
)"},
    {RaceBug::kTypeNotFifo, "TypeNotFifo", R"(
A  q = msgget(IPC_PRIVATE, 0600)
race {
  A  msgsnd(q, 1, "one", 0)
  A  msgsnd(q, 1, "two", 0)
  B  msgsnd(q, 2, "other", 0)
  B  msgrcv(q, 100, 1, 0)
  B  msgrcv(q, 100, 1, 0)
}
)"},
    {RaceBug::kMessageLost, "MessageLost", R"(
A  q = msgget(IPC_PRIVATE, 0600)
race {
  A  msgsnd(q, 1, "one", 0)
  B  msgsnd(q, 1, "two", 0)
}
A  msgrcv(q, 100, 0, IPC_NOWAIT)
A  msgrcv(q, 100, 0, IPC_NOWAIT)
)"},
    {RaceBug::kMessageDoubled, "MessageDoubled", R"(
A  q = msgget(IPC_PRIVATE, 0600)
race {
  A  msgsnd(q, 1, "one", 0)
  B  msgrcv(q, 100, 0, IPC_NOWAIT)
  C  msgrcv(q, 100, 0, IPC_NOWAIT)
}
)"},
    {RaceBug::kTornSemop, "TornSemop", R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
race {
  A  semop(s, [{0, 1, 0}, {1, 1, 0}])
  B  semctl(s, 0, GETALL)
}
)"},
    {RaceBug::kGetvalBetween, "GetvalBetween", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
race {
  A  semop(s, [{0, 1, 0}])
  B  semctl(s, 0, GETVAL)
}
)"},
    {RaceBug::kGrantLost, "GrantLost", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGUSR1, 0)
race {
  A  kill(B, SIGUSR1)
  A  msgsnd(q, 1, "one", 0)
  B  msgrcv(q, 100, 0, 0)     -> blocks
}
)"},
    {RaceBug::kUndoMissing, "UndoMissing", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
race {
  A  semop(s, [{0, 3, SEM_UNDO}])
  A  exit(0)
  B  semctl(s, 0, GETVAL)
}
B  semctl(s, 0, GETVAL)       -> 0
)"},
    {RaceBug::kUndoLate, "UndoLate", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semctl(s, 0, SETVAL, 3)
race {
  A  semop(s, [{0, -3, SEM_UNDO}])
  A  exit(0)
  B  semop(s, [{0, 0, IPC_NOWAIT}])
  B  semop(s, [{0, 0, IPC_NOWAIT}])
  B  semop(s, [{0, 0, IPC_NOWAIT}])
  B  semop(s, [{0, 0, IPC_NOWAIT}])
}
)"},
    {RaceBug::kStale, "Stale", R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
race {
  A  semop(s, [{0, 1, 0}])
  A  semctl(s, 0, GETVAL)
  B  semop(s, [{0, 1, 0}])
}
)"},
    {RaceBug::kSendDelayed, "SendDelayed", R"(
A  q = msgget(IPC_PRIVATE, 0600)
race {
  A  msgsnd(q, 1, "one", 0)
  A  msgrcv(q, 100, 0, IPC_NOWAIT)
  B  msgctl(q, IPC_STAT)
}
)"},
    {RaceBug::kNewestFirst, "NewestFirst", R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 100, 0, 0)       -> blocks
C  msgrcv(q, 100, 0, 0)       -> blocks
race {
  A  msgsnd(q, 1, "one", 0)
  D  msgctl(q, IPC_STAT)
}
B  returns                    -> {1, "one"}
)"},
};

class Planted : public testing::TestWithParam<PlantedRace> {};

TEST_P(Planted, IsCaught) {
  const Scenario scenario = ScenarioOf(GetParam().text);
  int caught = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    ASSERT_TRUE(Passes(JudgeSeed(scenario, seed))) << Account(scenario, seed);
    const Judgement judgement = JudgeSeed(scenario, seed, GetParam().bug);
    caught += judgement.verdict == Verdict::kFail && !judgement.IsUnfinished() ? 1 : 0;
  }
  EXPECT_GE(caught, 5);
}

INSTANTIATE_TEST_SUITE_P(Linearize, Planted, testing::ValuesIn(kPlanted),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ipcrig
