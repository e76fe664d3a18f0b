// SPDX-License-Identifier: Apache-2.0
//
// Enumerating (gen/enumerate.h).
#include "gen/enumerate.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "check/judge.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

std::string NameOf(Family family) {
  return std::string(FamilyNames()[static_cast<size_t>(family)]);
}

class EnumerationOf : public testing::TestWithParam<Family> {
 protected:
  const Enumeration all_{GetParam(), OrdinaryFacts(), {}};
};

// All of them would take a minute: a stride that has no factor in common with the sizes.
constexpr uint64_t kStride = 13;

TEST_P(EnumerationOf, HasEachScenarioOnceAndAllCalls) {
  std::set<std::string> texts;
  std::set<std::string> last_calls;
  size_t shortest = SIZE_MAX;
  size_t longest = 0;
  for (uint64_t i = 0; i < all_.size(); i += i < 2000 ? 1 : kStride) {
    const auto scenario = all_.At(i);
    if (!scenario) continue;
    ASSERT_TRUE(texts.insert(PrintScenario(*scenario)).second) << PrintScenario(*scenario);
    last_calls.insert(StepText(*scenario, scenario->steps.size() - 1));
    shortest = std::min(shortest, scenario->steps.size());
    longest = std::max(longest, scenario->steps.size());
  }
  EXPECT_EQ(longest - shortest, static_cast<size_t>(Enumeration::kCalls) - 1);
  EXPECT_GE(last_calls.size(), all_.calls());
  EXPECT_GT(texts.size(), 200U);
}

TEST_P(EnumerationOf, PassesOnTheModelAndRunsAllLines) {
  for (uint64_t i = 0; i < all_.size(); i += kStride) {
    const auto scenario = all_.At(i);
    if (!scenario) continue;
    const Judgement judgement = Judge(*scenario, Simulate(*scenario, {}));
    ASSERT_TRUE(judgement.IsUnfinished() || judgement.verdict == Verdict::kPass)
        << i << ": " << JudgementText(judgement) << PrintScenario(*scenario);
  }
}

INSTANTIATE_TEST_SUITE_P(Gen, EnumerationOf,
                         testing::Values(Family::kShm, Family::kMemory, Family::kMsg, Family::kSem,
                                         Family::kPipe, Family::kProcess, Family::kIdentity),
                         [](const auto& tested) { return NameOf(tested.param); });

// What three calls suffice for.
struct Small {
  Family family;
  PlantedBug bug;
};

class EnumerationFinds : public testing::TestWithParam<Small> {};

TEST_P(EnumerationFinds, ThePlantedBug) {
  const Enumeration all(GetParam().family, OrdinaryFacts(), {});
  for (uint64_t i = 0; i < all.size(); ++i) {
    const auto scenario = all.At(i);
    if (!scenario) continue;
    const Judgement judgement = Judge(*scenario, Simulate(*scenario, {.bug = GetParam().bug}));
    if (judgement.verdict == Verdict::kFail && !judgement.IsUnfinished()) return;
  }
  FAIL() << "none of " << all.size();
}

INSTANTIATE_TEST_SUITE_P(Gen, EnumerationFinds,
                         testing::Values(Small{Family::kShm, PlantedBug::kMarkedNotDestroyed},
                                         Small{Family::kShm, PlantedBug::kDtimeNotAtExit},
                                         Small{Family::kMemory, PlantedBug::kPiecesNotCounted},
                                         Small{Family::kMemory, PlantedBug::kMprotectMakesWritable},
                                         Small{Family::kMsg, PlantedBug::kNegativeTypeTakesFirst},
                                         Small{Family::kMsg, PlantedBug::kReceiverNotWoken},
                                         Small{Family::kMsg, PlantedBug::kCopyConsumes},
                                         Small{Family::kSem, PlantedBug::kSetvalKeepsUndo},
                                         Small{Family::kSem, PlantedBug::kTornSemop},
                                         Small{Family::kSem, PlantedBug::kUndoNotAtKill},
                                         Small{Family::kPipe, PlantedBug::kEndOfFileMissing},
                                         Small{Family::kPipe, PlantedBug::kPipeReordersBytes},
                                         Small{Family::kProcess, PlantedBug::kWaitStatusZero},
                                         Small{Family::kProcess, PlantedBug::kUndoDroppedAtUnshare},
                                         Small{Family::kIdentity,
                                               PlantedBug::kSupplementaryIgnored},
                                         Small{Family::kIdentity, PlantedBug::kOthersMayRemove}),
                         [](const auto& tested) {
                           return NameOf(tested.param.family) +
                                  std::to_string(static_cast<int>(tested.param.bug));
                         });

}  // namespace
}  // namespace ipcrig
