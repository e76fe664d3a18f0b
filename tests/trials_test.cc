// SPDX-License-Identifier: Apache-2.0
//
// explore --race: scenarios that nobody wrote race in the simulated kernel, and its planted bugs
// are found; how often a finding has to be tried again; steps in place of a race.
#include "explore/trials.h"

#include <map>

#include <gtest/gtest.h>

#include "check/judge.h"
#include "gen/draws.h"
#include "gen/generate.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

Scenario RacingScenario(uint64_t seed) {
  SeededDraw draw(seed);
  return Generate(draw, {.steps = 14, .race = true});
}

TEST(Trials, AreAsManyAsOneInTwentyMissesAll) {
  EXPECT_EQ(TrialsFor(1, 1), 1);
  EXPECT_EQ(TrialsFor(1, 2), 5);    // 0.5^5 = 0.03
  EXPECT_EQ(TrialsFor(4, 40), 29);  // 0.9^29 = 0.047
  EXPECT_EQ(TrialsFor(1, 100), 299);
  EXPECT_EQ(TrialsFor(0, 40), kMostTrials);
  EXPECT_EQ(TrialsFor(1, 1'000'000), kMostTrials);
}

TEST(Trials, ARaceBecomesStepsInTheOrderOfItsBeginnings) {
  const Scenario scenario = ScenarioOf(
      "A  q = msgget(IPC_PRIVATE, 0600)\n"
      "race {\n"
      "  A  msgsnd(q, 1, \"a\", 0)\n"
      "  A  msgsnd(q, 1, \"c\", 0)\n"
      "  B  msgsnd(q, 1, \"b\", 0)\n"
      "  C  msgrcv(q, 1, 2, 0)\n"
      "}\n"
      "ipcs\n");
  History history;
  for (const auto& [step, from] : std::map<int, int>{{2, 100}, {3, 300}, {4, 200}}) {
    history.events.push_back({.kind = Event::Kind::kRaced, .step = step, .from = from});
  }
  EXPECT_EQ(PrintScenario(Stepped(scenario, history)),
            "A  q = msgget(IPC_PRIVATE, 0600)\n"
            "A  msgsnd(q, 1, \"a\", 0)\n"
            "B  msgsnd(q, 1, \"b\", 0)\n"
            "A  msgsnd(q, 1, \"c\", 0)\n"
            "C  msgrcv(q, 1, 2, 0)\n"
            "ipcs\n");
  EXPECT_TRUE(Races(scenario));
  EXPECT_FALSE(Races(Stepped(scenario, history)));
}

TEST(Trials, StandInTheScenario) {
  Scenario scenario = ScenarioOf("race delay seed=3 {\n  A  msgget(1, 0)\n  B  msgget(1, 0)\n}\n");
  SetTimes(scenario, 29);
  EXPECT_TRUE(PrintScenario(scenario).starts_with("race delay seed=3 times=29 {\n"));
}

TEST(RacingScenarios, ParseToThemselvesAndMostlyRace) {
  int races = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Scenario scenario = RacingScenario(seed);
    const std::string text = PrintScenario(scenario);
    const auto parsed = ParseScenario(text, "");
    ASSERT_TRUE(std::holds_alternative<Scenario>(parsed))
        << std::get<ParseError>(parsed).Text() << "\n"
        << text;
    EXPECT_EQ(PrintScenario(std::get<Scenario>(parsed)), text);
    races += Races(scenario) ? 1 : 0;
  }
  EXPECT_GE(races, 270);  // somebody has to be left who can call
}

// Whatever order the simulated kernel takes is one that the judge allows.
TEST(RacingScenarios, ConformInTheSimulatedKernel) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Scenario scenario = RacingScenario(seed);
    const Judgement judgement = Judge(scenario, Simulate(scenario, {.race = {.seed = seed}}));
    const bool about_kernel = judgement.verdict == Verdict::kFail && !judgement.IsUnfinished();
    ASSERT_FALSE(about_kernel) << "seed " << seed << "\n"
                               << JudgementText(judgement) << "\n"
                               << PrintScenario(scenario);
  }
}

class RacingBugs : public testing::TestWithParam<int> {};

TEST_P(RacingBugs, AreFoundByScenariosThatNobodyWrote) {
  const auto bug = static_cast<RaceBug>(GetParam());
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    const Scenario scenario = RacingScenario(seed);
    const History history = Simulate(scenario, {.race = {.seed = seed, .bug = bug}});
    const Judgement judgement = Judge(scenario, history);
    if (judgement.verdict == Verdict::kFail && !judgement.IsUnfinished()) return;
  }
  FAIL() << "not in 20000 scenarios";
}

INSTANTIATE_TEST_SUITE_P(All, RacingBugs, testing::Range(1, kRaceBugs));

}  // namespace
}  // namespace ipcrig
