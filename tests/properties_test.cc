// SPDX-License-Identifier: Apache-2.0
//
// Properties that hold for whatever is generated. RapidCheck draws the seed and the size; the
// scenario follows from them.
#include <algorithm>
#include <optional>
#include <ostream>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "check/judge.h"
#include "exec/run.h"
#include "gen/draws.h"
#include "gen/generate.h"
#include "gen/shrink.h"
#include "ops/scenario.h"
#include "simulated_kernel.h"

namespace rc {

// A seed makes the scenario, so there is nothing smaller to try here; gen/shrink.h is for that.
template <>
struct Arbitrary<ipcrig::Scenario> {
  static Gen<ipcrig::Scenario> arbitrary() {
    return gen::exec([] {
      const auto steps = *gen::inRange<size_t>(2, 40);
      const auto processes = *gen::inRange(1, 4);
      ipcrig::SeededDraw draw(*gen::arbitrary<uint64_t>());
      return ipcrig::Generate(draw, {.steps = steps, .processes = processes});
    });
  }
};

}  // namespace rc

namespace ipcrig {

// How RapidCheck shows a counterexample: as the text that runs it.
void showValue(const Scenario& scenario, std::ostream& out) { out << PrintScenario(scenario); }

namespace {

Scenario FromSeed(uint64_t seed, const GenerateOptions& options) {
  SeededDraw draw(seed);
  return Generate(draw, options);
}

Scenario ReadBack(const std::string& text) {
  auto parsed = ParseScenario(text, "generated.ipc");
  if (const auto* error = std::get_if<ParseError>(&parsed)) RC_FAIL(error->Text());
  return std::get<Scenario>(parsed);
}

RC_GTEST_PROP(Properties, PrintedScenariosParseToThemselves, (const Scenario& scenario)) {
  const std::string text = PrintScenario(scenario);
  const Scenario parsed = ReadBack(text);
  RC_ASSERT(PrintScenario(parsed) == text);
  RC_ASSERT(parsed == scenario);
}

RC_GTEST_PROP(Properties, TheModelAgreesWithItselfEachTime, (const Scenario& scenario)) {
  const History history = Simulate(scenario, {});
  RC_ASSERT(Simulate(scenario, {}) == history);
  const Judgement judgement = Judge(scenario, history);
  if (judgement.verdict != Verdict::kPass) RC_FAIL(JudgementText(judgement));
  const Judgement again = Judge(scenario, history);
  RC_ASSERT(again.deviations == judgement.deviations);
  RC_ASSERT(again.notes == judgement.notes);
}

RC_GTEST_PROP(Properties, AnySublistPrintsAndParses, (const Scenario& scenario)) {
  std::vector<bool> keep(scenario.steps.size());
  for (size_t i = 0; i < keep.size(); ++i) keep[i] = *rc::gen::arbitrary<bool>();
  const auto some = Sublist(scenario, keep);
  if (!some) return;
  RC_ASSERT(ReadBack(PrintScenario(*some)) == *some);
  for (const std::string& name : some->names.processes) {
    RC_ASSERT(PrintScenario(*some).find(name) != std::string::npos);
  }
}

RC_GTEST_PROP(Properties, SimplerOperationsPrintAndParse, (Scenario scenario)) {
  Step& last = scenario.steps.back();
  for (const Op& simpler : SimplerOps(last.op)) {
    RC_ASSERT(simpler != last.op);
    Scenario changed = scenario;
    changed.steps.back().op = simpler;
    RC_ASSERT(ReadBack(PrintScenario(changed)).steps == changed.steps);
  }
}

RC_GTEST_PROP(Properties, AnyBytesDrawSomeScenario, (const std::vector<uint8_t>& bytes)) {
  BytesDraw draw(bytes.data(), bytes.size());
  const Scenario scenario = Generate(draw, {.steps = 12, .processes = 2});
  RC_ASSERT(ReadBack(PrintScenario(scenario)) == scenario);
}

// Whether a call was seen asleep and returned later, before the run was closed.
bool BlocksAndReturns(const History& history) {
  std::set<int> asleep;
  for (const Event& event : history.events) {
    if (event.kind == Event::Kind::kClose) return false;
    if (event.kind == Event::Kind::kAsleep) asleep.insert(event.step);
    if (event.kind == Event::Kind::kReturn && asleep.contains(event.step)) return true;
  }
  return false;
}

// Whether there is a call that can wait for another process; one about memory alone has none.
bool HasWaits(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
    return step.kind == Step::Kind::kCall &&
           IsOneOf<Msgsnd, Msgrcv, Semop, Semtimedop, Read, Write, Wait>(step.op);
  });
}

// What a generator is for that knows the model: lines that are run, and calls that meet.
TEST(Properties, GuidedScenariosRunAndMeet) {
  constexpr int kScenarios = 300;
  int64_t lines = 0;
  int64_t not_run = 0;
  int meet = 0;
  int may_meet = 0;
  for (uint64_t seed = 0; seed < kScenarios; ++seed) {
    const Scenario scenario = FromSeed(seed, {});
    const History history = Simulate(scenario, {});
    const Judgement judgement = Judge(scenario, history);
    ASSERT_EQ(judgement.verdict, Verdict::kPass)
        << "seed " << seed << ": " << JudgementText(judgement) << "\n"
        << PrintScenario(scenario);
    lines += std::ssize(scenario.steps);
    not_run += std::count_if(history.events.begin(), history.events.end(),
                             [](const Event& event) { return event.kind == Event::Kind::kNotRun; });
    if (HasWaits(scenario)) ++may_meet;
    if (BlocksAndReturns(history)) ++meet;
  }
  EXPECT_GE(lines - not_run, lines * 95 / 100);
  EXPECT_GE(may_meet, kScenarios * 50 / 100);
  EXPECT_GE(meet, may_meet * 50 / 100);
}

// The harness itself against the running kernel: what is generated is run and judged. A scenario
// whose process cannot make its call (it blocks, or is gone) says nothing about the kernel.
TEST(Properties, GeneratedScenariosConform) {
  RunOptions options;
  options.ipcs_program = false;
  std::optional<Facts> facts;  // of this machine, from the first run on
  int judged = 0;
  for (uint64_t seed = 1; seed <= 250; ++seed) {
    GenerateOptions generate{.steps = 2 + seed % 30};
    if (facts) generate.facts = *facts;
    const Scenario scenario = FromSeed(seed, generate);
    const auto history = RunScenario(scenario, options);
    if (!history.ok()) GTEST_SKIP() << history.error().Text();
    facts = history->facts;
    const Judgement judgement = Judge(scenario, *history);
    const bool about_kernel = judgement.verdict != Verdict::kBroken && !judgement.IsUnfinished();
    if (!about_kernel) continue;
    ASSERT_EQ(judgement.verdict, Verdict::kPass)
        << "seed " << seed << ": " << JudgementText(judgement) << "\n"
        << PrintScenario(scenario) << PrintHistory(*history);
    ++judged;
  }
  EXPECT_GT(judged, 200);
}

}  // namespace
}  // namespace ipcrig
