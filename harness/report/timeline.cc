// SPDX-License-Identifier: Apache-2.0
#include "report/timeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/xml.h"

namespace ipcrig {
namespace {

constexpr double kWidth = 1600;
constexpr double kLeft = 10;
constexpr int kLaneHeight = 44;
constexpr int kBarTop = 20;
constexpr int kBarHeight = 14;
constexpr double kLeastWidth = 2;
constexpr int kTicks = 8;

constexpr const char* kHead =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>{0}</title>\n"
    "<style>\n"
    ":root {{ color-scheme: light dark; --line: #8884; --text: #222; }}\n"
    "@media (prefers-color-scheme: dark) {{ :root {{ --text: #ddd; }} }}\n"
    "body {{ font: 14px sans-serif; margin: 1.5em; color: var(--text); }}\n"
    "svg {{ width: 100%; height: auto; }} svg text {{ font: 12px monospace; fill: var(--text); }}\n"
    "pre {{ white-space: pre-wrap; font: 13px monospace; }}\n"
    ".lane {{ stroke: var(--line); }} rect:hover {{ stroke: var(--text); }}\n"
    ".make {{ fill: #2a7de1; }} .remove {{ fill: #7a3fb5; }} .wait {{ fill: #d9a400; }}\n"
    ".fail {{ fill: #d33; }} .call {{ fill: #7a8a99; }}\n"
    "</style></head><body>\n<h1>{0}</h1>\n"
    "<p>Each lane is a process, time runs to the right, a bar is a call. "
    "<b style=\"color:#2a7de1\">creates</b>, <b style=\"color:#7a3fb5\">removes</b>, "
    "<b style=\"color:#d9a400\">may sleep</b>, <b style=\"color:#d33\">failed</b>, "
    "<b style=\"color:#7a8a99\">other</b>. Point at one to read it.</p>\n";

std::string Axis(int64_t end_us, size_t lanes) {
  std::string text;
  const double bottom = static_cast<double>(lanes) * kLaneHeight;
  for (int i = 0; i <= kTicks; ++i) {
    const double x = kLeft + (kWidth - 2 * kLeft) * i / kTicks;
    text += fmt::format("<line class=\"lane\" x1=\"{0:.1f}\" y1=\"0\" x2=\"{0:.1f}\" y2=\"{1}\"/>",
                        x, bottom);
    text += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{:.6g} s</text>\n", x,
                        bottom + 16,
                        i == 0        ? "start"
                        : i == kTicks ? "end"
                                      : "middle",
                        static_cast<double>(end_us) * 1e-6 * i / kTicks);
  }
  return text;
}

}  // namespace

std::string TimelineHtml(const Timeline& timeline) {
  int64_t end_us = 1;
  for (const TimelineBar& bar : timeline.bars) {
    end_us = std::max({end_us, bar.from_us, bar.to_us});
  }
  const double scale = (kWidth - 2 * kLeft) / static_cast<double>(end_us);
  std::string text = fmt::format(kHead, XmlText(timeline.title));
  text += fmt::format("<svg viewBox=\"0 0 {} {}\">\n", kWidth,
                      timeline.lanes.size() * kLaneHeight + 24);
  text += Axis(end_us, timeline.lanes.size());
  for (size_t i = 0; i < timeline.lanes.size(); ++i) {
    const auto y = static_cast<int>(i) * kLaneHeight;
    text += fmt::format(
        "<line class=\"lane\" x1=\"0\" y1=\"{0}\" x2=\"{1}\" y2=\"{0}\"/>"
        "<text x=\"{2}\" y=\"{3}\">{4}</text>\n",
        y, kWidth, kLeft, y + 14, XmlText(timeline.lanes[i]));
  }
  for (const TimelineBar& bar : timeline.bars) {
    const int64_t to_us = bar.to_us < 0 ? end_us : bar.to_us;
    const double x = kLeft + static_cast<double>(bar.from_us) * scale;
    const double width = std::max(static_cast<double>(to_us - bar.from_us) * scale, kLeastWidth);
    text += fmt::format(
        "<rect class=\"{}\" x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\">"
        "<title>{}</title></rect>\n",
        XmlText(bar.look), x, bar.lane * kLaneHeight + kBarTop, width, kBarHeight,
        XmlText(bar.text));
  }
  text += "</svg>\n";
  if (!timeline.report.empty()) text += fmt::format("<pre>{}</pre>\n", XmlText(timeline.report));
  return text + "</body></html>\n";
}

}  // namespace ipcrig
