// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "report/check_report.h"
#include "report/xml.h"

namespace ipcrig {

std::string CheckJUnit(const CheckResult& result) {
  const auto failures = std::count_if(result.findings.begin(), result.findings.end(), IsUnclean);
  const double seconds = static_cast<double>(result.record.ended_us) * 1e-6;
  std::string name;
  for (const std::string& word : result.command) name += (name.empty() ? "" : " ") + word;
  const bool timed_out = result.record.timed_out;
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"ipcrig check\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "skipped=\"0\" time=\"{:.3f}\">\n",
      result.findings.size() + 1, failures, timed_out ? 1 : 0, seconds);
  text += fmt::format("    <testcase classname=\"ipcrig.check\" name=\"{}\" time=\"{:.3f}\">{}",
                      XmlText(name), seconds,
                      timed_out ? "<error message=\"timed out\"/></testcase>\n" : "</testcase>\n");
  for (const TraceFinding& finding : result.findings) {
    const std::string title = fmt::format("{}: {}", FindingKindName(finding.kind), finding.title);
    CheckResult alone{result.command, result.record, {finding}, 0};
    text += fmt::format("    <testcase classname=\"ipcrig.check.{}\" name=\"{}\" time=\"0\">",
                        XmlText(finding.rule), XmlText(title));
    if (IsUnclean(finding)) {
      text += fmt::format("\n      <failure message=\"{}\">{}</failure>\n    ", XmlText(title),
                          XmlText(CheckText(alone, {})));
    } else {
      text +=
          fmt::format("\n      <system-out>{}</system-out>\n    ", XmlText(CheckText(alone, {})));
    }
    text += "</testcase>\n";
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace ipcrig
