// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "report/report.h"

namespace ipcrig {
namespace {

using Json = nlohmann::ordered_json;

Json FindingJson(const ScenarioResult& result, const Finding& finding) {
  Json json{{"check", finding.check}, {"signature", finding.signature}, {"title", finding.title}};
  if (finding.step >= 0) {
    json["line"] = result.scenario.LineOf(static_cast<size_t>(finding.step));
    json["text"] = StepText(result.scenario, static_cast<size_t>(finding.step));
  }
  if (finding.process >= 0) {
    json["process"] = result.scenario.names.processes[static_cast<size_t>(finding.process)];
  }
  json["expected"] = Json::array();
  for (const Finding::Expected& expected : finding.expected) {
    json["expected"].push_back({{"outcome", expected.outcome}, {"rule", expected.rule}});
  }
  json["observed"] = finding.seen;
  const auto line = [&](int step) { return result.scenario.LineOf(static_cast<size_t>(step)); };
  for (const int step : finding.order) json["explained"].push_back(line(step));
  for (const Finding::Before& one : finding.cycle) {
    json["cycle"].push_back({{"line", line(one.step)}, {"why", one.why}});
  }
  return json;
}

Json ResultJson(const ScenarioResult& result) {
  const Judgement& judgement = result.judgement;
  Json json{{"path", result.path},
            {"verdict", std::string(VerdictName(judgement.verdict))},
            {"timed_out", judgement.timed_out},
            {"seconds", result.seconds},
            {"reason", judgement.reason},
            {"findings", Json::array()},
            {"notes", judgement.notes},
            {"deviations", judgement.deviations},
            {"scenario", PrintScenario(result.scenario)},
            {"history", PrintHistory(result.history)}};
  for (const Finding& finding : judgement.findings) {
    json["findings"].push_back(FindingJson(result, finding));
  }
  return json;
}

}  // namespace

std::string JsonReport(const std::vector<ScenarioResult>& results, double seconds) {
  Json json{{"schema", 1}, {"seconds", seconds}, {"scenarios", Json::array()}};
  for (const ScenarioResult& result : results) json["scenarios"].push_back(ResultJson(result));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ipcrig
