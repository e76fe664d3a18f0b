// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "report/diagram.h"
#include "report/page_files.h"

namespace ipcrig {
namespace {

using PageJson = nlohmann::ordered_json;

constexpr const char* kLooks[] = {"other", "makes", "removes", "gives", "takes", "ends"};
constexpr const char* kArrows[] = {"message", "wake", "kill", "fork"};

// `source`: the scenario as the page shows it, whose lines need not be those of the file.
PageJson CallJson(const Diagram::Call& call, const Scenario& source) {
  PageJson json{{"lane", call.lane},
                {"line", call.line},
                {"source", call.step < 0 ? 0 : source.LineOf(static_cast<size_t>(call.step))},
                {"text", call.text},
                {"outcome", call.outcome},
                {"look", kLooks[static_cast<size_t>(call.look)]},
                {"failed", call.failed},
                {"from", call.from},
                {"to", call.to},
                {"asleep", {call.asleep_from, call.asleep_to}},
                {"effect", call.effect},
                {"ns", {call.from_ns, call.to_ns}},
                {"arguments", PageJson::array()}};
  for (const auto& [name, value] : call.arguments) json["arguments"].push_back({name, value});
  return json;
}

PageJson PlacedFindingJson(const Finding& finding, const Diagram::Place& place) {
  PageJson json{{"check", finding.check},
                {"title", finding.title},
                {"seen", finding.seen},
                {"call", place.call},
                {"at", place.at},
                {"cycle", place.cycle},
                {"differs", finding.differs},
                {"expected", PageJson::array()}};
  for (const Finding::Expected& expected : finding.expected) {
    json["expected"].push_back({expected.outcome, expected.rule});
  }
  return json;
}

PageJson ObjectsJson(const Diagram& diagram) {
  PageJson objects = PageJson::array();
  for (const Diagram::Object& object : diagram.objects) {
    objects.push_back({{"kind", object.kind},
                       {"id", object.id},
                       {"name", object.name},
                       {"from", object.from},
                       {"marked", object.marked},
                       {"to", object.to},
                       {"notes", PageJson::array()}});
    for (const auto& [at, text] : object.notes) objects.back()["notes"].push_back({at, text});
  }
  return objects;
}

PageJson ArrowsJson(const Diagram& diagram) {
  PageJson arrows = PageJson::array();
  for (const Diagram::Arrow& arrow : diagram.arrows) {
    arrows.push_back({{"kind", kArrows[static_cast<size_t>(arrow.kind)]},
                      {"call", arrow.from_call},
                      {"to_call", arrow.to_call},
                      {"lane", arrow.to_lane},
                      {"from", arrow.from},
                      {"to", arrow.to},
                      {"wakes", arrow.wakes}});
  }
  return arrows;
}

PageJson RacesJson(const Diagram& diagram) {
  PageJson races = PageJson::array();
  for (const Diagram::Race& race : diagram.races) {
    races.push_back({{"from", race.from},
                     {"to", race.to},
                     {"first", race.first},
                     {"moments", PageJson::array()}});
    for (const int64_t ns : race.moments) {
      races.back()["moments"].push_back(ns - race.moments.front());
    }
  }
  return races;
}

PageJson DiagramJson(const Diagram& diagram, const Scenario& source) {
  PageJson json{{"end", diagram.end},
                {"lanes", PageJson::array()},
                {"calls", PageJson::array()},
                {"objects", ObjectsJson(diagram)},
                {"arrows", ArrowsJson(diagram)},
                {"races", RacesJson(diagram)},
                {"marks", PageJson::array()},
                {"moments", PageJson::array()},
                {"states", PageJson::array()}};
  for (const Diagram::Lane& lane : diagram.lanes) {
    json["lanes"].push_back({{"name", lane.name},
                             {"pid", lane.pid},
                             {"from", lane.from},
                             {"to", lane.to},
                             {"end", lane.end},
                             {"killed", lane.killed}});
  }
  for (const Diagram::Call& call : diagram.calls) json["calls"].push_back(CallJson(call, source));
  for (const Diagram::Mark& mark : diagram.marks) {
    json["marks"].push_back({{"at", mark.at}, {"text", mark.text}});
  }
  for (const Diagram::Moment& moment : diagram.moments) {
    json["moments"].push_back({{"at", moment.at},
                               {"call", moment.call},
                               {"lane", moment.lane},
                               {"text", moment.text},
                               {"before", moment.before},
                               {"after", moment.after}});
  }
  for (const Diagram::StateLines& state : diagram.states) {
    json["states"].push_back(PageJson::array());
    for (const auto& [name, text] : state) json["states"].back().push_back({name, text});
  }
  return json;
}

PageJson RunJson(const ScenarioResult& result) {
  const Diagram diagram = DiagramOf(result);
  Scenario source = result.scenario;
  for (Step& step : source.steps) step.line = 0;
  PageJson json{{"path", result.path},
                {"verdict", std::string(VerdictName(result.judgement.verdict))},
                {"reason", result.judgement.reason},
                {"notes", result.judgement.notes},
                {"deviations", result.judgement.deviations},
                {"source", PrintScenario(source)},
                {"findings", PageJson::array()},
                {"diagram", DiagramJson(diagram, source)}};
  for (size_t i = 0; i < diagram.places.size(); ++i) {
    json["findings"].push_back(PlacedFindingJson(result.judgement.findings[i], diagram.places[i]));
  }
  return json;
}

// JSON that may stand in a <script> element: no "</script>" and no "<!--" in it.
std::string Embedded(const PageJson& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, PageJson::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

// Of a verdict: its place in a list.
int Urgency(const ScenarioResult* result) {
  switch (result->judgement.verdict) {
    case Verdict::kFail:
      return 0;
    case Verdict::kBroken:
      return 1;
    case Verdict::kUnknown:
      return 2;
    case Verdict::kPass:
      return 3;
    case Verdict::kSkipped:
      return 4;
  }
  return 4;
}

}  // namespace

std::string PageHtml(const std::vector<ScenarioResult>& results) {
  std::vector<const ScenarioResult*> order;
  for (const ScenarioResult& result : results) order.push_back(&result);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return Urgency(a) < Urgency(b); });
  PageJson runs = PageJson::array();
  for (const ScenarioResult* result : order) runs.push_back(RunJson(*result));
  const PageFiles files = FilesOfPage();
  std::string page(files.html);
  const auto put = [&](std::string_view place, std::string_view text) {
    page.replace(page.find(place), place.size(), text);
  };
  put("/* style */", files.css);
  put("/* program */", files.js);
  put("/* runs */", Embedded(runs));
  return page;
}

}  // namespace ipcrig
