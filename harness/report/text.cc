// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include "model/rules.h"
#include "report/lanes.h"
#include "report/report.h"

namespace ipcrig {
namespace {

constexpr std::string_view kReset = "\x1b[0m";

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::string Paint(std::string_view text, std::string_view code, const TextStyle& style) {
  if (!style.color) return std::string(text);
  return fmt::format("\x1b[{}m{}{}", code, text, kReset);
}

std::string_view ColorOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "32";
    case Verdict::kFail:
      return "31;1";
    case Verdict::kSkipped:
      return "36";
    default:
      return "35;1";
  }
}

// "lowest.ipc:5", or the file alone for what is about the run as a whole.
std::string PlaceOf(const ScenarioResult& result, const Finding& finding) {
  if (finding.step < 0) return result.path;
  return fmt::format("{}:{}", result.path,
                     result.scenario.LineOf(static_cast<size_t>(finding.step)));
}

// By step, what a call of a race returned.
std::map<int, Outcome> RacedOutcomes(const History& history) {
  std::map<int, Outcome> outcomes;
  for (const Event& event : history.events) {
    if (event.kind == Event::Kind::kRaced) outcomes[event.step] = event.outcome;
  }
  return outcomes;
}

// Of a race: which order explains how much, and what contradicts itself.
std::string OrderText(const ScenarioResult& result, const Finding& finding, size_t most_rows) {
  if (finding.order.empty() && finding.cycle.empty()) return "";
  const std::map<int, Outcome> outcomes = RacedOutcomes(result.history);
  const auto call = [&](int step) {
    const auto index = static_cast<size_t>(step);
    const Step& line = result.scenario.steps[index];
    Writer text{result.scenario.names, ""};
    PrintOp(text, line.op);
    const auto found = outcomes.find(step);
    return fmt::format(
        "  {:>6}  {}  {}  {}\n", result.scenario.LineOf(index),
        result.scenario.names.processes[static_cast<size_t>(line.process)], text.out,
        found == outcomes.end() ? "does not return" : "= " + OutcomeText(line.op, found->second));
  };
  std::string text;
  if (!finding.order.empty()) {
    const size_t count = finding.order.size();
    const size_t left_out = count - std::min(count, most_rows);
    text += fmt::format("\n  explained {} call{}, in this order, and no more:\n", count,
                        count == 1 ? "" : "s");
    if (left_out > 0) text += fmt::format("     ...  {} before\n", left_out);
    for (size_t i = left_out; i < count; ++i) text += call(finding.order[i]);
  }
  if (!finding.cycle.empty()) {
    text +=
        "\n  because   each of these has to be before the next, and the last before the first:\n";
    for (const Finding::Before& one : finding.cycle) {
      text += call(one.step) + fmt::format("            {}\n", one.why);
    }
  }
  return text;
}

std::string FindingText(const ScenarioResult& result, const Finding& finding,
                        const TextStyle& style) {
  std::string text = fmt::format("{} {}: {}: {}\n", Paint("==ipcrig==", "1", style),
                                 VerdictWord(Verdict::kFail, style), finding.check, finding.title);
  const std::string line =
      finding.step < 0 ? "  after the last line"
                       : "  " + StepText(result.scenario, static_cast<size_t>(finding.step));
  text += fmt::format("  at        {}{}\n", PlaceOf(result, finding), line);
  const char* label = "expected";
  for (const Finding::Expected& expected : finding.expected) {
    text += fmt::format("  {:<8}  {}\n", label, expected.outcome);
    if (!expected.rule.empty()) text += fmt::format("              {}\n", expected.rule);
    label = "or";
  }
  text += fmt::format("  observed  {}\n", finding.seen);
  if (!finding.differs.empty()) text += fmt::format("  differs   {}\n", finding.differs);
  return text + OrderText(result, finding, style.most_rows / 4);
}

}  // namespace

std::string VerdictWord(Verdict verdict, const TextStyle& style) {
  return Paint(Upper(VerdictName(verdict)), ColorOf(verdict), style);
}

std::string TextPicture(const ScenarioResult& result, const TextStyle& style) {
  std::string text;
  for (const auto& line : DrawLanes(result.scenario, result.history, result.judgement.findings,
                                    style.width - 2, style.most_rows)) {
    text += "  " + line + "\n";
  }
  return text;
}

std::string TextReport(const ScenarioResult& result, const TextStyle& style) {
  const Judgement& judgement = result.judgement;
  if (judgement.findings.empty()) {
    return fmt::format("{}  {}{}{}\n", VerdictWord(judgement.verdict, style), result.path,
                       judgement.reason.empty() ? "" : ": ", judgement.reason);
  }
  std::string text;
  for (const Finding& finding : judgement.findings) text += FindingText(result, finding, style);
  text += "\n" + TextPicture(result, style) + "\n";
  for (const std::string& note : judgement.notes) text += fmt::format("  note      {}\n", note);
  text += fmt::format("  again     ipcrig {} {}\n", result.again, result.path);
  for (const Finding& finding : judgement.findings) {
    text += fmt::format("SUMMARY: ipcrig: {} at {}\n", finding.signature, PlaceOf(result, finding));
  }
  return text;
}

std::string DeviationLines(const std::vector<ScenarioResult>& results) {
  std::string text;
  for (const DeviationText& one : Deviations()) {
    const auto count = std::count_if(results.begin(), results.end(), [&](const auto& result) {
      const auto& names = result.judgement.deviations;
      return std::find(names.begin(), names.end(), one.name) != names.end();
    });
    if (count == 0) continue;
    text += fmt::format("known deviation {} in {} scenario{}: {}\n", one.name, count,
                        count == 1 ? "" : "s", one.text);
  }
  return text;
}

std::string SummaryLine(const std::vector<ScenarioResult>& results, double seconds) {
  std::array<int, 5> counts = {};
  for (const ScenarioResult& result : results) {
    ++counts[static_cast<size_t>(result.judgement.verdict)];
  }
  std::string text = fmt::format("{} scenario{}", results.size(), results.size() == 1 ? "" : "s");
  const char* separator = ": ";
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text += fmt::format("{}{} {}", separator, counts[i], VerdictName(static_cast<Verdict>(i)));
    separator = ", ";
  }
  return text + fmt::format(" in {:.1f} s", seconds);
}

}  // namespace ipcrig
