// SPDX-License-Identifier: Apache-2.0
//
// Properties that hold for whatever is generated. RapidCheck draws the seed and the size; the
// scenario follows from them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "check/judge.h"
#include "exec/run.h"
#include "gen/draws.h"
#include "gen/generate.h"
#include "ops/scenario.h"

namespace ipcrig {
namespace {

Scenario DrawScenario() {
  SeededDraw draw(*rc::gen::arbitrary<uint64_t>());
  const auto steps = *rc::gen::inRange<size_t>(2, 40);
  const auto processes = *rc::gen::inRange(1, 4);
  return Generate(draw, {.steps = steps, .processes = processes});
}

Scenario ReadBack(const std::string& text) {
  auto parsed = ParseScenario(text, "generated.ipc");
  if (const auto* error = std::get_if<ParseError>(&parsed)) RC_FAIL(error->Text());
  return std::get<Scenario>(parsed);
}

std::string Titles(const Judgement& judgement) {
  std::string titles = judgement.reason;
  for (const Finding& finding : judgement.findings) {
    titles += "\n  " + finding.signature + ": " + finding.title;
  }
  return titles;
}

RC_GTEST_PROP(Properties, PrintedScenariosParseToThemselves, ()) {
  const Scenario scenario = DrawScenario();
  const std::string text = PrintScenario(scenario);
  const Scenario parsed = ReadBack(text);
  RC_ASSERT(PrintScenario(parsed) == text);
  RC_ASSERT(parsed.steps == scenario.steps);
}

RC_GTEST_PROP(Properties, SimplerOperationsPrintAndParse, ()) {
  Scenario scenario = DrawScenario();
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
  RC_ASSERT(ReadBack(PrintScenario(scenario)).steps == scenario.steps);
}

// The harness itself against the running kernel: what is generated is run and judged. A scenario
// whose process cannot make its call (it blocks, or is gone) says nothing about the kernel.
TEST(Properties, GeneratedScenariosConform) {
  RunOptions options;
  options.ipcs_program = false;
  int judged = 0;
  for (uint64_t seed = 1; seed <= 250; ++seed) {
    SeededDraw draw(seed);
    Scenario scenario = Generate(draw, {.steps = 2 + seed % 30, .processes = 2});
    std::erase_if(scenario.steps, [](const Step& step) {
      return std::holds_alternative<NextSecond>(step.op);  // which takes as long as it says
    });
    const auto history = RunScenario(scenario, options);
    if (!history.ok()) GTEST_SKIP() << history.error().Text();
    const Judgement judgement = Judge(scenario, *history);
    const bool about_kernel =
        judgement.verdict != Verdict::kBroken &&
        (judgement.findings.empty() || judgement.findings.front().check != "unfinished");
    if (!about_kernel) continue;
    ASSERT_EQ(judgement.verdict, Verdict::kPass)
        << "seed " << seed << ": " << Titles(judgement) << "\n"
        << PrintScenario(scenario) << PrintHistory(*history);
    ++judged;
  }
  EXPECT_GT(judged, 50);
}

}  // namespace
}  // namespace ipcrig
