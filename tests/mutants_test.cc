// SPDX-License-Identifier: Apache-2.0
//
// Whether the checks find what they are there for (mutants.h).
#include "mutants.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "check/judge.h"

namespace ipcrig {

void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.name; }

namespace {

class Mutants : public testing::TestWithParam<Mutant> {
 protected:
  Judgement JudgementOf(std::optional<PlantedBug> bug) const {
    const Scenario scenario = ScenarioOf(GetParam().scenario);
    SimulationOptions options{.bug = bug};
    if (!GetParam().root) options.facts = UnprivilegedFacts();
    return Judge(scenario, Simulate(scenario, options));
  }
};

bool IsVerdict(std::string_view check) { return check == "broken" || check == "skipped"; }

TEST_P(Mutants, PassesWithoutTheBug) {
  const Judgement judgement = JudgementOf(std::nullopt);
  EXPECT_EQ(judgement.verdict, Verdict::kPass) << JudgementText(judgement);
}

TEST_P(Mutants, IsFoundByItsCheckAndByNoOther) {
  const Judgement judgement = JudgementOf(GetParam().bug);
  const std::string_view check = GetParam().check;
  if (IsVerdict(check)) {
    EXPECT_EQ(VerdictName(judgement.verdict), check) << JudgementText(judgement);
    EXPECT_TRUE(judgement.findings.empty()) << JudgementText(judgement);
    EXPECT_NE(judgement.reason, "");
    return;
  }
  EXPECT_EQ(judgement.verdict, Verdict::kFail) << JudgementText(judgement);
  ASSERT_FALSE(judgement.findings.empty());
  for (const Finding& finding : judgement.findings) {
    EXPECT_EQ(finding.check, check) << JudgementText(judgement);
    EXPECT_TRUE(finding.signature.starts_with(finding.check + ": ")) << finding.signature;
    EXPECT_NE(finding.title, "");
    EXPECT_NE(finding.seen, "");
    EXPECT_FALSE(finding.expected.empty());
  }
}

std::string NameOf(const testing::TestParamInfo<Mutant>& info) {
  return info.param.name + std::string("_") + info.param.check;
}

INSTANTIATE_TEST_SUITE_P(Objects, Mutants,
                         testing::ValuesIn(ObjectMutants().begin(), ObjectMutants().end()), NameOf);
INSTANTIATE_TEST_SUITE_P(Machine, Mutants,
                         testing::ValuesIn(MachineMutants().begin(), MachineMutants().end()),
                         NameOf);

std::vector<Mutant> AllMutants() {
  std::vector<Mutant> all(ObjectMutants().begin(), ObjectMutants().end());
  all.insert(all.end(), MachineMutants().begin(), MachineMutants().end());
  return all;
}

TEST(MutantTable, HasEveryBugThatCanBePlanted) {
  std::set<PlantedBug> covered;
  for (const Mutant& mutant : AllMutants()) covered.insert(mutant.bug);
  EXPECT_EQ(covered.size(), static_cast<size_t>(kPlantedBugs));
}

TEST(MutantTable, HasAMutantForEveryCheck) {
  const std::vector<Mutant> all = AllMutants();
  // The list in check/verdict.h.
  for (const std::string_view check : {"conformance", "expectation", "leak", "missing", "report",
                                       "survivor", "hang", "unfinished"}) {
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Mutant& mutant) {
      return mutant.check == check;
    })) << check;
  }
}

}  // namespace
}  // namespace ipcrig
