// SPDX-License-Identifier: Apache-2.0
//
// Mutating (gen/mutate.h): what comes out is near, is a scenario, and passes on a kernel that is
// made of the model.
#include "gen/mutate.h"

#include <set>

#include <gtest/gtest.h>

#include "gen/draws.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

constexpr std::string_view kOne =
    "# why\n"
    "P  q = msgget(IPC_PRIVATE, 0600)\n"
    "C  msgrcv(q, 9, 0, 0)      -> blocks\n"
    "P  msgsnd(q, 1, \"one\", 0)  -> 0\n"
    "C  returns                 -> {1, \"one\"}\n"
    "ipcs\n";
constexpr std::string_view kOther =
    "P  s = semget(IPC_PRIVATE, 2, 0600)\n"
    "P  fork(K)\n"
    "K  semop(s, [{0, 1, SEM_UNDO}])\n"
    "K  exit(0)\n"
    "P  semctl(s, 0, GETVAL)\n";

void ExpectGood(const Scenario& scenario, uint64_t seed) {
  const std::string text = PrintScenario(scenario);
  const auto again = ParseScenario(text, "mutated");
  ASSERT_TRUE(std::holds_alternative<Scenario>(again)) << std::get<ParseError>(again).Text();
  EXPECT_EQ(PrintScenario(std::get<Scenario>(again)), text);
  if (text.find("race") != std::string::npos) return;
  const Judgement judgement = Judge(scenario, Simulate(scenario, {}));
  EXPECT_TRUE(judgement.verdict == Verdict::kPass || judgement.verdict == Verdict::kUnknown)
      << seed << ": " << JudgementText(judgement) << text;
}

TEST(Mutate, WhatComesOutIsAScenarioThatRunsToItsEnd) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SeededDraw draw(seed);
    Scenario scenario = ScenarioOf(seed % 2 == 0 ? kOne : kOther);
    for (int i = 0; i < 8; ++i) scenario = Mutate(draw, scenario, {.processes = 3});
    ExpectGood(scenario, seed);
  }
}

TEST(Mutate, OneStepAwayThereAreManyOthersAndMostAreNear) {
  const Scenario scenario = ScenarioOf(kOne);
  std::set<std::string> texts;
  size_t lines = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SeededDraw draw(seed);
    const Scenario mutated = Mutate(draw, scenario, {});
    texts.insert(PrintScenario(mutated));
    lines += mutated.steps.size();
  }
  EXPECT_GT(texts.size(), 120u);
  EXPECT_GT(lines, 200u * 2);
  EXPECT_LT(lines, 200u * 9);
}

TEST(Mutate, KeepsRacesWhole) {
  const Scenario scenario = ScenarioOf(
      "A  q = msgget(IPC_PRIVATE, 0600)\nrace pct seed=3 {\n  A  msgsnd(q, 1, \"x\", 0)\n"
      "  B  msgrcv(q, 9, 0, 0)\n}\nA  msgctl(q, IPC_RMID)\n");
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SeededDraw draw(seed);
    const Scenario mutated = Mutate(draw, scenario, {});
    ExpectGood(mutated, seed);
    EXPECT_NE(PrintScenario(mutated).find("race pct seed=3 {"), std::string::npos);
  }
}

TEST(Mutate, CrossedScenariosMeet) {
  std::set<std::string> texts;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SeededDraw draw(seed);
    const Scenario both = Cross(draw, ScenarioOf(kOne), ScenarioOf(kOther), {.processes = 3});
    ExpectGood(both, seed);
    texts.insert(PrintScenario(both));
  }
  EXPECT_GT(texts.size(), 12u);
}

}  // namespace
}  // namespace ipcrig
