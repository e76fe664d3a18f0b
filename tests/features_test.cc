// SPDX-License-Identifier: Apache-2.0
//
// Features (check/features.h): the same each time, and others where something else is shown.
#include "check/features.h"

#include <set>

#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

std::set<uint32_t> FeaturesOf(std::string_view text) {
  std::set<uint32_t> seen;
  FeatureCounter counter([&](uint32_t feature) {
    EXPECT_LT(feature, kFeatureCount);
    seen.insert(feature);
  });
  const Scenario scenario = ScenarioOf(text);
  EXPECT_EQ(Judge(scenario, Simulate(scenario, {}), {}, counter.Watch()).verdict, Verdict::kPass);
  return seen;
}

bool ShowsMore(std::string_view text, std::string_view than) {
  const std::set<uint32_t> less = FeaturesOf(than);
  for (const uint32_t feature : FeaturesOf(text)) {
    if (!less.contains(feature)) return true;
  }
  return false;
}

constexpr std::string_view kSend =
    "A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\nA  msgrcv(q, 1, 0, 0)\n";

TEST(Features, AreTheSameEachTimeAndWithOtherNumbers) {
  EXPECT_EQ(FeaturesOf(kSend), FeaturesOf(kSend));
  EXPECT_EQ(FeaturesOf(kSend),
            FeaturesOf("B  p = msgget(IPC_PRIVATE, 0600)\nB  msgsnd(p, 1, \"other\", 0)\n"
                       "B  msgrcv(p, 5, 0, 0)\n"));
}

TEST(Features, TellApartWhatAnObjectHolds) {
  EXPECT_TRUE(
      ShowsMore("A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\n"
                "A  msgsnd(q, 1, \"y\", 0)\nA  msgrcv(q, 1, 0, 0)\n",
                kSend));
  EXPECT_TRUE(ShowsMore("A  q = msgget(IPC_PRIVATE, 0640)\nA  msgsnd(q, 1, \"x\", 0)\n", kSend));
}

TEST(Features, TellApartWhoWasWoken) {
  constexpr std::string_view kHandedOver =
      "A  q = msgget(IPC_PRIVATE, 0600)\nB  msgrcv(q, 1, 0, 0)  -> blocks\n"
      "A  msgsnd(q, 1, \"x\", 0)\nB  returns\n";
  EXPECT_TRUE(ShowsMore(kHandedOver, kSend));
  EXPECT_TRUE(
      ShowsMore("A  q = msgget(IPC_PRIVATE, 0600)\nB  msgrcv(q, 1, 0, 0)  -> blocks\n"
                "A  msgctl(q, IPC_RMID)\nB  returns\n",
                kHandedOver));
}

TEST(Features, TellApartAnAdjustment) {
  constexpr std::string_view kPlain =
      "A  s = semget(IPC_PRIVATE, 1, 0600)\nA  semop(s, [{0, 1, 0}])\nA  semctl(s, 0, GETVAL)\n";
  EXPECT_TRUE(
      ShowsMore("A  s = semget(IPC_PRIVATE, 1, 0600)\nA  semop(s, [{0, 1, SEM_UNDO}])\n"
                "A  semctl(s, 0, GETVAL)\n",
                kPlain));
}

}  // namespace
}  // namespace ipcrig
