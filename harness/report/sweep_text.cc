// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/sweep_report.h"
#include "report/xml.h"
#include "trace/findings.h"

namespace ipcrig {
namespace {

using SweepRows = std::vector<std::vector<const SweepResult*>>;

const TracedCall& CallOfResult(const SweepReport& report, const SweepResult& result) {
  return report.recording.calls[static_cast<size_t>(result.point.call)];
}

// Where the program made the call: its innermost frame that has a source file, or a name.
std::string PlaceOfCall(const TracedCall& call) {
  for (const Frame& frame : call.stack.frames) {
    if (!HasSource(frame)) continue;
    const std::string file = frame.file.substr(frame.file.rfind('/') + 1);
    return fmt::format("{}:{}  {}", file, frame.line, frame.function);
  }
  return call.stack.frames.size() > 1 ? call.stack.frames[1].function : "";
}

// Results of one place, side and verdict; the worst first, then in the order of the program.
SweepRows RowsOf(const SweepReport& report) {
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

std::string Again(const SweepReport& report, const SweepResult& result) {
  return fmt::format("ipcrig sweep {}--at {} -- {}", report.options, PointText(result.point.crash),
                     fmt::join(report.command, " "));
}

std::string_view ColorOfVerdict(SweepVerdict verdict) {
  if (IsBad(verdict)) return "31;1";
  if (verdict == SweepVerdict::kNotReached) return "35";
  return verdict == SweepVerdict::kRecovered ? "33" : "32";
}

}  // namespace

std::string SweepText(const SweepReport& report, const TextStyle& style) {
  std::string text;
  for (const auto& row : RowsOf(report)) {
    const SweepResult& first = *row.front();
    const TracedCall& call = CallOfResult(report, first);
    std::string verdict = fmt::format("{:<14}", SweepVerdictName(first.verdict));
    if (style.color) {
      verdict = fmt::format("\x1b[{}m{}\x1b[0m", ColorOfVerdict(first.verdict), verdict);
    }
    text += fmt::format(
        "{}  {:<6} {:<7}  {}  {}{}\n", verdict, first.point.crash.after ? "after" : "before",
        fmt::format("{}.{}", call.ordinal, call.number), PrintCall(call.call, call.operations),
        PlaceOfCall(call), row.size() > 1 ? fmt::format("  and {} more", row.size() - 1) : "");
    if (!first.detail.empty()) text += fmt::format("    {}\n", first.detail);
    if (IsBad(first.verdict)) text += fmt::format("    again  {}\n", Again(report, first));
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
  return text + fmt::format(" in {:.1f} s\n", report.seconds);
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
                               {"again", Again(report, result)},
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
                          XmlText(Again(report, result)));
    } else if (result.verdict == SweepVerdict::kNotReached) {
      text += fmt::format("<skipped message=\"{}\"/>", XmlText(result.detail));
    }
    text += "</testcase>\n";
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

std::string SweepHtml(const SweepReport& report) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>ipcrig "
      "sweep</title>\n"
      "<style>:root {{ color-scheme: light dark; }} body {{ font: 14px sans-serif; margin: 1.5em; "
      "}}"
      " td {{ padding: .2em .8em; font-family: monospace; }} .bad {{ color: #d33; }}\n"
      "</style></head><body><h1>ipcrig sweep -- {}</h1><p>{}</p>\n<table>\n",
      XmlText(fmt::format("{}", fmt::join(report.command, " "))), XmlText(SweepSummary(report)));
  for (const auto& row : RowsOf(report)) {
    const SweepResult& first = *row.front();
    const TracedCall& call = CallOfResult(report, first);
    text += fmt::format(
        "<tr><td "
        "class=\"{}\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        IsBad(first.verdict) ? "bad" : "good", SweepVerdictName(first.verdict),
        PointText(first.point.crash), XmlText(PrintCall(call.call, call.operations)),
        XmlText(PlaceOfCall(call)), XmlText(first.detail), row.size());
  }
  return text + "</table></body></html>\n";
}

}  // namespace ipcrig
