// SPDX-License-Identifier: Apache-2.0
//
// Shrinking (gen/shrink.h): against predicates that know what they want, and against the simulated
// kernel with planted bugs.
#include "gen/shrink.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "gen/draws.h"
#include "gen/generate.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

using StillFails = std::function<bool(const Scenario&)>;

template <typename T>
int CountOf(const Scenario& scenario) {
  return static_cast<int>(
      std::count_if(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
        return step.kind == Step::Kind::kCall && std::holds_alternative<T>(step.op);
      }));
}

std::string ShrunkText(std::string_view text, const StillFails& still_fails) {
  return PrintScenario(Shrink(ScenarioOf(text), still_fails).scenario);
}

// What the scenario is without each of its lines, and what needs that line.
std::vector<Scenario> WithoutOneLine(const Scenario& scenario) {
  std::vector<Scenario> smaller;
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    std::vector<bool> keep(scenario.steps.size(), true);
    keep[i] = false;
    if (auto one = Sublist(scenario, keep)) smaller.push_back(*one);
  }
  return smaller;
}

TEST(Shrink, LeavesWhatIsNeeded) {
  const auto receives = [](const Scenario& s) { return CountOf<Msgrcv>(s) > 0; };
  EXPECT_EQ(ShrunkText("# why\n"
                       "A  q = msgget(1234, IPC_CREAT|0600)\n"
                       "B  q2 = msgget(1234, 0)  # the same\n"
                       "A  msgsnd(q, 1, \"one\", 0)\n"
                       "ipcs\n"
                       "B  msgrcv(q2, 100, -3, IPC_NOWAIT|MSG_NOERROR)  -> {1, \"one\"}\n"
                       "A  fork(C)\n"
                       "C  exit(3)\n"
                       "A  wait(C)\n",
                       receives),
            "B  q2 = msgget(IPC_PRIVATE, 0)\nB  msgrcv(q2, 0, 0, 0)\n");
}

TEST(Shrink, DropsALineWithWhatNeedsIt) {
  const auto lines = [](std::string_view text, size_t without) {
    const Scenario scenario = ScenarioOf(text);
    std::vector<bool> keep(scenario.steps.size(), true);
    keep[without] = false;
    const auto left = Sublist(scenario, keep);
    return left ? PrintScenario(*left) : "";
  };
  EXPECT_EQ(lines("A  q = msgget(1, 0)\nB  msgctl(q, IPC_RMID)\nB  exit(0)\n", 0), "B  exit(0)\n");
  EXPECT_EQ(lines("A  fork(B)\nB  fork(C)\nC  exit(0)\nB  exit(0)\nA  kill(C, SIGKILL)\n"
                  "A  exit(1)\n",
                  0),
            "A  exit(1)\n");
  EXPECT_EQ(lines("A  q = msgget(1, 0)\nB  msgrcv(q, 1, 0, 0)\nA  msgctl(q, IPC_RMID)\n"
                  "B  returns  -> EIDRM\n",
                  1),
            "A  q = msgget(1, 0)\nA  msgctl(q, IPC_RMID)\n");
  EXPECT_EQ(lines("A  exit(0)\n", 0), "");
}

TEST(Shrink, OneObjectAndOneProcessDoForTwo) {
  const auto sends_and_receives = [](const Scenario& s) {
    return CountOf<Msgsnd>(s) > 0 && CountOf<Msgrcv>(s) > 0;
  };
  EXPECT_EQ(ShrunkText("A  q = msgget(IPC_PRIVATE, 0)\n"
                       "B  r = msgget(IPC_PRIVATE, 0)\n"
                       "A  msgsnd(q, 0, \"a\", 0)\n"
                       "B  msgrcv(r, 0, 0, 0)\n",
                       sends_and_receives),
            "A  q = msgget(IPC_PRIVATE, 0)\nA  msgsnd(q, 0, \"a\", 0)\nA  msgrcv(q, 0, 0, 0)\n");
}

TEST(Shrink, DropsWhatOneLineDoesAndAnotherUndoes) {
  const auto balanced = [](const Scenario& s) {
    return CountOf<Msgsnd>(s) == CountOf<Msgrcv>(s) && CountOf<MsgctlRmid>(s) == 1;
  };
  EXPECT_EQ(ShrunkText("A  q = msgget(IPC_PRIVATE, 0)\n"
                       "A  msgsnd(q, 1, \"a\", 0)\n"
                       "A  msgsnd(q, 2, \"b\", 0)\n"
                       "A  msgrcv(q, 100, 2, 0)\n"
                       "A  msgctl(q, IPC_RMID)\n"
                       "A  msgrcv(q, 100, 1, 0)\n",
                       balanced),
            "A  q = msgget(IPC_PRIVATE, 0)\nA  msgctl(q, IPC_RMID)\n");
}

TEST(Shrink, MakesTextsAndNumbersSmaller) {
  const auto writes_much = [](const Scenario& s) {
    return std::any_of(s.steps.begin(), s.steps.end(), [](const Step& step) {
      const auto* write = std::get_if<Write>(&step.op);
      return write != nullptr && write->text.Length() > 100;
    });
  };
  EXPECT_EQ(ShrunkText("A  p = pipe()\nA  write(p.w, data(7, 65536))\n", writes_much),
            "A  p = pipe()\nA  write(p.w, data(7, 101))\n");
}

TEST(Shrink, KeepsWhatFailsWithAllItsLinesOnly) {
  const std::string text = "A  exit(0)\nB  exit(0)\nA  exit(0)\n";
  const Scenario scenario = ScenarioOf(text);
  const Shrunk shrunk = Shrink(scenario, [](const Scenario& s) {
    return CountOf<Exit>(s) == 3 && s.names.processes.size() == 2;
  });
  EXPECT_EQ(PrintScenario(shrunk.scenario), text);
  EXPECT_EQ(shrunk.kept, 0);
  EXPECT_GT(shrunk.tried, 0);
}

TEST(Shrink, StopsAtItsBudgetAndTellsOfItsProgress) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "A  exit(" + std::to_string(i) + ")\n";
  int asked = 0;
  int told = 0;
  const ShrinkOptions options{.budget = 7, .progress = [&](const Shrunk& so_far) {
                                ++told;
                                EXPECT_EQ(so_far.kept, told);
                              }};
  const Shrunk shrunk = Shrink(
      ScenarioOf(text), [&](const Scenario& s) { return ++asked, s.steps.size() % 2 == 0; },
      options);
  EXPECT_EQ(asked, 7);
  EXPECT_EQ(shrunk.tried, 7);
  EXPECT_EQ(shrunk.kept, told);
  EXPECT_EQ(shrunk.scenario.steps.size() % 2, 0U);
}

std::string FirstSignature(const Scenario& scenario, PlantedBug bug) {
  const Judgement judgement = Judge(scenario, Simulate(scenario, {.bug = bug}));
  return judgement.findings.empty() ? "" : judgement.findings.front().signature;
}

// A generated scenario of 30 lines by which the bug is seen.
std::optional<Scenario> FailingScenario(PlantedBug bug) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SeededDraw draw(seed);
    Scenario scenario = Generate(draw, {.steps = 30});
    if (!FirstSignature(scenario, bug).empty()) return scenario;
  }
  return std::nullopt;
}

class ShrinkPlanted : public testing::TestWithParam<PlantedBug> {};

TEST_P(ShrinkPlanted, IsSmallAndMinimal) {
  const PlantedBug bug = GetParam();
  const auto scenario = FailingScenario(bug);
  ASSERT_TRUE(scenario.has_value());
  const std::string signature = FirstSignature(*scenario, bug);
  std::set<std::string> tried;
  const auto still_fails = [&](const Scenario& candidate) {
    const std::string text = PrintScenario(candidate);
    EXPECT_TRUE(tried.insert(text).second) << text;
    EXPECT_EQ(ScenarioOf(text), candidate);
    return FirstSignature(candidate, bug) == signature;
  };
  const Shrunk shrunk = Shrink(*scenario, still_fails);
  EXPECT_EQ(static_cast<size_t>(shrunk.tried), tried.size());
  EXPECT_EQ(FirstSignature(shrunk.scenario, bug), signature);
  EXPECT_LE(shrunk.scenario.steps.size(), 6U) << PrintScenario(shrunk.scenario);
  for (const Scenario& smaller : WithoutOneLine(shrunk.scenario)) {
    EXPECT_NE(FirstSignature(smaller, bug), signature) << PrintScenario(smaller);
  }
}

INSTANTIATE_TEST_SUITE_P(Bug, ShrinkPlanted,
                         testing::Values(PlantedBug::kTypeTakesNewest, PlantedBug::kLspidStale,
                                         PlantedBug::kNowaitBlocks, PlantedBug::kReceiverNotWoken,
                                         PlantedBug::kRemovedIsInvalid, PlantedBug::kSemopNotWoken,
                                         PlantedBug::kUndoNotAtKill, PlantedBug::kSempidNotSet,
                                         PlantedBug::kNattchKeptAtExit,
                                         PlantedBug::kKeyAfterRemoval, PlantedBug::kWaitStatusZero,
                                         PlantedBug::kReaderNotWoken),
                         [](const auto& test) {
                           return "Number" + std::to_string(static_cast<int>(test.param));
                         });

TEST(Shrink, ARaceGoesWithItsEndAndLeavesItsCalls) {
  const Scenario scenario = ScenarioOf(
      "A  q = msgget(IPC_PRIVATE, 0600)\nrace {\nA  msgsnd(q, 1, \"x\", 0)\nB  msgrcv(q, 1, 0, 0)\n"
      "}\n");
  EXPECT_EQ(PrintScenario(*Sublist(scenario, {true, false, true, true, true})),
            "A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\nB  msgrcv(q, 1, 0, 0)\n");
  EXPECT_EQ(PrintScenario(*Sublist(scenario, {true, true, true, false, false})),
            "A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\n");
  EXPECT_EQ(PrintScenario(*Sublist(scenario, {true, true, true, false, true})),
            "A  q = msgget(IPC_PRIVATE, 0600)\nrace {\n  A  msgsnd(q, 1, \"x\", 0)\n}\n");
}

}  // namespace
}  // namespace ipcrig
