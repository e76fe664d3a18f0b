// SPDX-License-Identifier: Apache-2.0
#include "report/ktap.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "report/check_report.h"
#include "report/report.h"
#include "report/sweep_report.h"

namespace ipcrig {
namespace {

// A line can be broken by nothing, and '#' ends the name.
std::string OneLine(std::string text, bool is_name) {
  std::replace_if(
      text.begin(), text.end(),
      [is_name](unsigned char c) { return c < ' ' || c == 0x7f || (is_name && c == '#'); }, '?');
  return text;
}

KtapCase CaseOf(const ScenarioResult& result) {
  const Judgement& judgement = result.judgement;
  switch (judgement.verdict) {
    case Verdict::kPass:
      return {result.path};
    case Verdict::kSkipped:
      return {result.path, true, "SKIP " + judgement.reason};
    case Verdict::kFail:
      return {result.path, false, "", TextReport(result, {})};
    default:
      break;
  }
  const std::string reason = judgement.reason.empty() ? "" : ": " + judgement.reason;
  return {result.path, false,
          fmt::format("{} {}{}", judgement.timed_out ? "TIMEOUT" : "ERROR",
                      VerdictName(judgement.verdict), reason)};
}

KtapCase CaseOf(const SweepReport& report, const SweepResult& result) {
  const TracedCall& call = report.recording.calls[static_cast<size_t>(result.point.call)];
  KtapCase one{PointText(result.point.crash) + " " + PrintCall(call.call, call.operations)};
  if (result.verdict == SweepVerdict::kNotReached) one.directive = "SKIP " + result.detail;
  if (!IsBad(result.verdict)) return one;
  one.ok = false;
  one.detail = fmt::format("{}: {}\nagain: {}\n", SweepVerdictName(result.verdict), result.detail,
                           SweepAgain(report, result));
  return one;
}

}  // namespace

std::string KtapText(const std::vector<KtapCase>& cases) {
  std::string text = fmt::format("KTAP version 1\n1..{}\n", cases.size());
  size_t number = 0;
  for (const KtapCase& one : cases) {
    std::istringstream lines(one.detail);
    for (std::string line; std::getline(lines, line);) {
      text += fmt::format("#{}{}\n", line.empty() ? "" : " ", OneLine(line, false));
    }
    text += fmt::format("{} {} {}", one.ok ? "ok" : "not ok", ++number, OneLine(one.name, true));
    if (!one.directive.empty()) text += " # " + OneLine(one.directive, false);
    text += "\n";
  }
  return text;
}

std::string KtapReport(const std::vector<ScenarioResult>& results) {
  std::vector<KtapCase> cases;
  cases.reserve(results.size());
  for (const ScenarioResult& result : results) cases.push_back(CaseOf(result));
  return KtapText(cases);
}

std::string CheckKtap(const CheckResult& result) {
  std::string name;
  for (const std::string& word : result.command) name += (name.empty() ? "" : " ") + word;
  const bool timed_out = result.record.timed_out;
  std::vector<KtapCase> cases = {{name, !timed_out, timed_out ? "TIMEOUT" : ""}};
  for (const TraceFinding& finding : result.findings) {
    cases.push_back({fmt::format("{}: {}", FindingKindName(finding.kind), finding.title),
                     !IsUnclean(finding), finding.suppressed ? "SKIP suppressed" : "",
                     CheckText({result.command, result.record, {finding}, 0}, {})});
  }
  return KtapText(cases);
}

std::string SweepKtap(const SweepReport& report) {
  std::vector<KtapCase> cases;
  cases.reserve(report.results.size());
  for (const SweepResult& result : report.results) cases.push_back(CaseOf(report, result));
  return KtapText(cases);
}

}  // namespace ipcrig
