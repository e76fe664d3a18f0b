// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <fmt/format.h>

#include "report/sweep_report.h"
#include "report/xml.h"
#include "trace/findings.h"

namespace ipcrig {
namespace {

// A class of the style for each verdict, the worst first.
constexpr const char* kClasses[] = {"hangs", "blocks", "leak", "recovered", "clean", "missed"};

constexpr const char* kSweepStyle = R"(
:root { color-scheme: light dark; --line: #8884; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5em; }
h1 { font-size: 1.3em; }
table { border-collapse: collapse; margin-top: 1.5em; }
th, td { text-align: left; vertical-align: top; padding: .25em .8em; }
td { border-top: 1px solid var(--line); }
code, .place { font: 13px ui-monospace, monospace; }
code { white-space: pre-wrap; user-select: all; }
.strip { display: flex; flex-wrap: wrap; gap: 2px 5px; margin: .2em 0 1em; }
.call { display: flex; }
.cell { width: 10px; height: 18px; border: 1px solid var(--line); box-sizing: border-box; }
.key { display: inline-block; width: 10px; height: 10px; margin: 0 .3em 0 1em; }
.hangs { background: #a0f; } .blocks { background: #e22; } .leak { background: #f80; }
.recovered { background: #dc3; } .clean { background: #3a5; }
.missed { background: repeating-linear-gradient(45deg, #888, #888 2px, #0000 2px, #0000 4px); }
)";

const char* ClassOf(const SweepResult& result) {
  return kClasses[static_cast<size_t>(result.verdict)];
}

const TracedCall& CallOfPoint(const SweepReport& report, const SweepResult& result) {
  return report.recording.calls[static_cast<size_t>(result.point.call)];
}

std::string Legend() {
  std::string text = "<p>two cells a call, before and after it";
  for (size_t i = 0; i < std::size(kClasses); ++i) {
    text += fmt::format("<span class=\"key {}\"></span>{}", kClasses[i],
                        SweepVerdictName(static_cast<SweepVerdict>(i)));
  }
  return text + "</p>\n";
}

// For each process its calls in the order of time, and for each call the points that were tried.
std::string Strips(const SweepReport& report) {
  std::map<int, std::map<int, std::string>> processes;
  std::map<int, std::string> names;
  for (const SweepResult& result : report.results) {
    const TracedCall& call = CallOfPoint(report, result);
    const std::string point = PointText(result.point.crash);
    names.emplace(call.ordinal, ProcessText(report.recording, call.process));
    processes[call.ordinal][call.number] +=
        fmt::format("<i class=\"cell {}\" title=\"{}  {}&#10;{}  {}\"></i>", ClassOf(result), point,
                    XmlText(PrintCall(call.call, call.operations)),
                    SweepVerdictName(result.verdict), XmlText(result.detail));
  }
  std::string text;
  for (const auto& [ordinal, calls] : processes) {
    text += fmt::format("<div class=\"place\">{}  {}</div>\n<div class=\"strip\">\n", ordinal,
                        XmlText(names[ordinal]));
    for (const auto& [number, cells] : calls) {
      text += fmt::format("<span class=\"call\">{}</span>\n", cells);
    }
    text += "</div>\n";
  }
  return text;
}

std::string Rows(const SweepReport& report) {
  std::string text =
      "<table>\n<tr><th></th><th>verdict</th><th>point</th><th>call</th><th>place</th>"
      "<th>what</th><th>again</th></tr>\n";
  for (const auto& row : RowsOfSweep(report)) {
    const SweepResult& first = *row.front();
    const TracedCall& call = CallOfPoint(report, first);
    const std::string more = row.size() > 1 ? fmt::format(" and {} more", row.size() - 1) : "";
    text += fmt::format(
        "<tr><td><span class=\"key {}\"></span></td><td>{}</td><td>{}{}</td><td class=\"place\">{}"
        "</td><td class=\"place\">{}</td><td>{}</td><td><code>{}</code></td></tr>\n",
        ClassOf(first), SweepVerdictName(first.verdict), PointText(first.point.crash), more,
        XmlText(PrintCall(call.call, call.operations)), XmlText(SweepPlace(call)),
        XmlText(first.detail), XmlText(SweepAgain(report, first)));
  }
  return text + "</table>\n";
}

}  // namespace

std::string SweepHtml(const SweepReport& report) {
  const std::string title =
      XmlText(fmt::format("ipcrig sweep -- {}", fmt::join(report.command, " ")));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
      "<style>{1}</style></head>\n<body><h1>{0}</h1>\n<p>{2}</p>\n{3}{4}{5}</body></html>\n",
      title, kSweepStyle, XmlText(SweepSummary(report)), Legend(), Strips(report), Rows(report));
}

}  // namespace ipcrig
