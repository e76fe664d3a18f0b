// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/shell_word.h"
#include "report/sweep_report.h"
#include "report/xml.h"
#include "trace/findings.h"

namespace ipcrig {
namespace {

const TracedCall& CallOfResult(const SweepReport& report, const SweepResult& result) {
  return report.recording.calls[static_cast<size_t>(result.point.call)];
}

std::string_view ColorOfVerdict(SweepVerdict verdict) {
  if (IsBad(verdict)) return "31;1";
  if (verdict == SweepVerdict::kNotReached) return "35";
  return verdict == SweepVerdict::kRecovered ? "33" : "32";
}

}  // namespace

std::string SweepPlace(const TracedCall& call) {
  for (const Frame& frame : call.stack.frames) {
    if (!HasSource(frame)) continue;
    const std::string file = frame.file.substr(frame.file.rfind('/') + 1);
    return fmt::format("{}:{}  {}", file, frame.line, frame.function);
  }
  // The second frame: the first is the library's.
  if (call.stack.frames.size() < 2) return "";
  const Frame& caller = call.stack.frames[1];
  const std::string module = caller.module.substr(caller.module.rfind('/') + 1);
  return caller.function.empty() ? fmt::format("{}+{:#x}", module, caller.address)
                                 : caller.function;
}

SweepRows RowsOfSweep(const SweepReport& report) {
  SweepRows rows;
  std::map<std::string, size_t> places;
  for (const SweepResult& result : report.results) {
    const TracedCall& call = CallOfResult(report, result);
    std::string place = fmt::format("{} {} {}", static_cast<int>(result.verdict),
                                    result.point.crash.after, CallText(call.call.name));
    for (const Frame& frame : call.stack.frames) {
      place += fmt::format(" {}+{}", frame.module, frame.address);
    }
    if (call.stack.frames.empty()) place += fmt::format(" {}", result.point.call);
    const auto [row, first] = places.emplace(place, rows.size());
    if (first) rows.emplace_back();
    rows[row->second].push_back(&result);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return a.front()->verdict < b.front()->verdict;
  });
  return rows;
}

std::string SweepAgain(const SweepReport& report, const SweepResult& result) {
  const auto& calls = report.recording.calls;
  const bool several =
      std::any_of(calls.begin(), calls.end(), [](const auto& call) { return call.ordinal > 1; });
  const CrashPoint& point = result.point.crash;
  return fmt::format("ipcrig sweep {}--at {} -- {}", report.options,
                     several ? StablePointText(point) : PointText(point),
                     ShellWords(report.command));
}

std::string SweepText(const SweepReport& report, const TextStyle& style) {
  std::string text;
  for (const auto& row : RowsOfSweep(report)) {
    const SweepResult& first = *row.front();
    const TracedCall& call = CallOfResult(report, first);
    constexpr size_t kBeforeCall = 32;
    const char* side = first.point.crash.after ? "after" : "before";
    const std::string number = fmt::format("{}.{}", call.ordinal, call.number);
    const std::string what =
        fmt::format("{}  {}{}", PrintCall(call.call, call.operations), SweepPlace(call),
                    row.size() > 1 ? fmt::format("  and {} more", row.size() - 1) : "");
    std::string verdict = fmt::format("{:<14}", SweepVerdictName(first.verdict));
    if (style.color) {
      verdict = fmt::format("\x1b[{}m{}\x1b[0m", ColorOfVerdict(first.verdict), verdict);
    }
    const bool fits = kBeforeCall + what.size() <= style.width;
    text += fits ? fmt::format("{}  {:<6} {:<7}  {}\n", verdict, side, number, what)
                 : fmt::format("{}  {:<6} {}\n    {}\n", verdict, side, number, what);
    if (!first.detail.empty()) text += fmt::format("    {}\n", first.detail);
    if (IsBad(first.verdict)) text += fmt::format("    again  {}\n", SweepAgain(report, first));
  }
  return text;
}

std::string SweepSummary(const SweepReport& report) {
  constexpr size_t kVerdicts = 6;
  size_t counts[kVerdicts] = {};
  for (const SweepResult& result : report.results) ++counts[static_cast<size_t>(result.verdict)];
  std::string text =
      fmt::format("SUMMARY: ipcrig: {} of {} points", report.results.size(), report.points);
  for (size_t i = 0; i < kVerdicts; ++i) {
    if (counts[i] == 0) continue;
    text += fmt::format(", {} {}", counts[i], SweepVerdictName(static_cast<SweepVerdict>(i)));
  }
  text += fmt::format(" in {:.1f} s\n", report.seconds);
  const auto moved = std::count_if(report.results.begin(), report.results.end(),
                                   [](const SweepResult& result) { return result.moved; });
  if (moved == 0) return text;
  return text + fmt::format(
                    "ipcrig: not deterministic: {} of these calls came in another order than "
                    "in the recording\n",
                    moved);
}

std::string SweepJson(const SweepReport& report) {
  nlohmann::ordered_json json{{"schema", 1},
                              {"command", report.command},
                              {"points", report.points},
                              {"seconds", report.seconds},
                              {"results", nlohmann::ordered_json::array()}};
  for (const SweepResult& result : report.results) {
    const TracedCall& call = CallOfResult(report, result);
    nlohmann::ordered_json frames = nlohmann::ordered_json::array();
    for (const Frame& frame : call.stack.frames) {
      frames.push_back({{"function", frame.function}, {"file", frame.file}, {"line", frame.line}});
    }
    json["results"].push_back({{"point", PointText(result.point.crash)},
                               {"call", PrintCall(call.call, call.operations)},
                               {"verdict", std::string(SweepVerdictName(result.verdict))},
                               {"detail", result.detail},
                               {"left", result.left},
                               {"moved", result.moved},
                               {"again", SweepAgain(report, result)},
                               {"stack", frames}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string SweepJUnit(const SweepReport& report) {
  const auto bad = std::count_if(report.results.begin(), report.results.end(),
                                 [](const auto& result) { return IsBad(result.verdict); });
  const auto skipped = std::count_if(report.results.begin(), report.results.end(), [](auto& one) {
    return one.verdict == SweepVerdict::kNotReached;
  });
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"ipcrig sweep\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "skipped=\"{}\" time=\"{:.3f}\">\n",
      report.results.size(), bad, skipped, report.seconds);
  for (const SweepResult& result : report.results) {
    const TracedCall& call = CallOfResult(report, result);
    text += fmt::format("    <testcase classname=\"ipcrig.sweep\" name=\"{} {}\" time=\"{:.3f}\">",
                        PointText(result.point.crash),
                        XmlText(PrintCall(call.call, call.operations)), result.seconds);
    if (IsBad(result.verdict)) {
      text += fmt::format("<failure message=\"{}\">{}\nagain: {}</failure>",
                          SweepVerdictName(result.verdict), XmlText(result.detail),
                          XmlText(SweepAgain(report, result)));
    } else if (result.verdict == SweepVerdict::kNotReached) {
      text += fmt::format("<skipped message=\"{}\"/>", XmlText(result.detail));
    }
    text += "</testcase>\n";
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace ipcrig
