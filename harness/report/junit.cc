// SPDX-License-Identifier: Apache-2.0
//
// JUnit XML. Written by hand: the format is five elements, and Debian has no library for it that is
// smaller than this.
#include <filesystem>

#include <fmt/format.h>

#include "report/report.h"
#include "report/xml.h"

namespace ipcrig {
namespace {

std::string CaseBody(const ScenarioResult& result) {
  const Judgement& judgement = result.judgement;
  const auto element = [](const char* name, const std::string& message, const std::string& body) {
    return fmt::format("    <{} message=\"{}\">{}</{}>\n", name, XmlText(message), XmlText(body),
                       name);
  };
  switch (judgement.verdict) {
    case Verdict::kPass:
      return "";
    case Verdict::kSkipped:
      return fmt::format("    <skipped message=\"{}\"/>\n", XmlText(judgement.reason));
    case Verdict::kFail:
      return element("failure", judgement.findings.front().signature, TextReport(result, {}));
    default:
      return element("error", std::string(VerdictName(judgement.verdict)), judgement.reason);
  }
}

int Count(const std::vector<ScenarioResult>& results, bool (*is)(Verdict)) {
  int count = 0;
  for (const ScenarioResult& result : results) count += is(result.judgement.verdict) ? 1 : 0;
  return count;
}

}  // namespace

std::string JUnitReport(const std::vector<ScenarioResult>& results, double seconds) {
  const int failures = Count(results, [](Verdict v) { return v == Verdict::kFail; });
  const int skipped = Count(results, [](Verdict v) { return v == Verdict::kSkipped; });
  const int errors =
      Count(results, [](Verdict v) { return v == Verdict::kBroken || v == Verdict::kUnknown; });
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"ipcrig\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n",
      results.size(), failures, errors, skipped, seconds);
  for (const ScenarioResult& result : results) {
    const std::filesystem::path path(result.path);
    text += fmt::format("   <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n",
                        XmlText(path.parent_path().string()), XmlText(path.stem().string()),
                        result.seconds);
    text += CaseBody(result) + "   </testcase>\n";
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace ipcrig
