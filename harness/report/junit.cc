// SPDX-License-Identifier: Apache-2.0
//
// JUnit XML. Written by hand: the format is five elements, and Debian has no library for it that is
// smaller than this.
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/report.h"

namespace ipcrig {
namespace {

// XML 1.0 cannot hold most control characters at all, not even escaped.
std::string Escape(std::string_view bytes) {
  // The library replaces what is no UTF-8, in the JSON that it prints.
  const auto json =
      nlohmann::json(bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string text = nlohmann::json::parse(json).get<std::string>();
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string CaseBody(const ScenarioResult& result) {
  const Judgement& judgement = result.judgement;
  const auto element = [](const char* name, const std::string& message, const std::string& body) {
    return fmt::format("    <{} message=\"{}\">{}</{}>\n", name, Escape(message), Escape(body),
                       name);
  };
  switch (judgement.verdict) {
    case Verdict::kPass:
      return "";
    case Verdict::kSkipped:
      return fmt::format("    <skipped message=\"{}\"/>\n", Escape(judgement.reason));
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
                        Escape(path.parent_path().string()), Escape(path.stem().string()),
                        result.seconds);
    text += CaseBody(result) + "   </testcase>\n";
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace ipcrig
