// SPDX-License-Identifier: Apache-2.0
//
// Situations (gen/situations.h).
#include "gen/situations.h"

#include <set>

#include <gtest/gtest.h>

#include "check/judge.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

std::vector<Scenario> All() {
  std::vector<Scenario> all;
  for (uint64_t i = 0; i < Situations::Size(); ++i) {
    if (auto scenario = Situations::At(i, OrdinaryFacts(), {})) all.push_back(std::move(*scenario));
  }
  return all;
}

TEST(Situations, CanBeRunMostly) {
  const std::vector<Scenario> all = All();
  EXPECT_GE(all.size() * 4, Situations::Size() * 3);
  std::set<std::string> texts;
  for (const Scenario& scenario : all) texts.insert(PrintScenario(scenario));
  EXPECT_GE(texts.size() * 2, all.size());
}

TEST(Situations, PassOnAKernelWithoutABug) {
  for (const Scenario& scenario : All()) {
    const Judgement judgement = Judge(scenario, Simulate(scenario, {}));
    EXPECT_TRUE(judgement.verdict == Verdict::kPass || judgement.IsUnfinished())
        << PrintScenario(scenario) << JudgementText(judgement);
  }
}

TEST(Situations, AskForNothingThatTheMachineHasNot) {
  for (uint64_t i = 0; i < Situations::Size(); ++i) {
    const auto scenario = Situations::At(i, UnprivilegedFacts(), {});
    if (!scenario) continue;
    for (const Step& step : scenario->steps) {
      EXPECT_FALSE(IsOneOf<Setuid>(step.op) || IsOneOf<Sysctl>(step.op)) << i;
    }
  }
}

bool IsFound(const std::vector<Scenario>& all, PlantedBug bug) {
  SimulationOptions options;
  options.bug = bug;
  return std::any_of(all.begin(), all.end(), [&](const Scenario& scenario) {
    const Judgement judgement = Judge(scenario, Simulate(scenario, options));
    return judgement.verdict == Verdict::kFail && !judgement.IsUnfinished();
  });
}

TEST(Situations, FindWhatDrawingTakesLongToFind) {
  using Bug = PlantedBug;
  const std::vector<Scenario> all = All();
  for (const Bug bug :
       {Bug::kSendNeedsReadOnly,      Bug::kCreatorGroupIgnored, Bug::kSupplementaryIgnored,
        Bug::kOthersMayRemove,        Bug::kLockByAnyone,        Bug::kSetvalKeepsUndo,
        Bug::kNegativeUndoKept,       Bug::kUndoNotAtKill,       Bug::kUndoSharedAfterFork,
        Bug::kUndoRangeUnchecked,     Bug::kZeroWaitNotWoken,    Bug::kRemovalForgetsZeroWait,
        Bug::kSemopNotWoken,          Bug::kSetKeepsReceivers,   Bug::kSenderNotWoken,
        Bug::kMprotectMakesWritable,  Bug::kShmdtTakesNext,      Bug::kRemapOfNull,
        Bug::kForcedForgetsNamespace, Bug::kShmallOverrun,       Bug::kMsgmnbIgnored,
        Bug::kStaleIdAccepted,        Bug::kKeyAfterRemoval}) {
    EXPECT_TRUE(IsFound(all, bug)) << static_cast<int>(bug);
  }
}

}  // namespace
}  // namespace ipcrig
