// SPDX-License-Identifier: Apache-2.0
#include "observe/judge_log.h"

#include <fmt/format.h>

#include "check/judge.h"
#include "ops/call_log.h"
#include "report/report.h"

namespace ipcrig {
namespace {

constexpr double kMost_s = 5;

// The line of the user's code: a call log has it behind the call.
std::string MadeAt(const ScenarioResult& result) {
  for (const Finding& finding : result.judgement.findings) {
    if (finding.step < 0) continue;
    const std::string& comment = result.scenario.steps[static_cast<size_t>(finding.step)].comment;
    if (comment.size() > 2) return comment.substr(2);
  }
  return "";
}

}  // namespace

LogVerdict JudgeCallLog(const std::string& text, const std::function<std::string()>& save) {
  const auto run = ReadCallLog(text, "");
  if (!run.ok()) return {false, "it cannot be judged: " + save() + run.error().Text() + "\n"};
  ScenarioResult result{"", run->scenario, run->history};
  const LinearizeOptions racing{.nodes = INT64_MAX, .seconds = kMost_s, .states = 1};
  result.judgement = Judge(result.scenario, result.history, {}, {}, racing);
  result.again = "check-history";
  if (result.judgement.verdict == Verdict::kPass) return {true, ""};
  result.path = save();
  std::string report = TextReport(result, {});
  if (result.judgement.verdict == Verdict::kUnknown) {
    report += fmt::format("  again     ipcrig check-history {} --time 600\n", result.path);
  }
  const std::string place = MadeAt(result);
  const size_t at = report.find("\n  expected");
  if (!place.empty() && at != std::string::npos) report.insert(at, "\n  made at   " + place);
  return {false, report};
}

}  // namespace ipcrig
