// SPDX-License-Identifier: Apache-2.0
//
#include <algorithm>

#include <nlohmann/json.hpp>

#include "report/diagram.h"
#include "report/page.h"

namespace ipcrig {
namespace {

using TraceEvent = nlohmann::ordered_json;

class TraceWriter {
 public:
  explicit TraceWriter(TraceEvent& events) : events_(events) {}

  void Add(const ScenarioResult& result) {
    const Diagram diagram = DiagramOf(result);
    diagram_ = &diagram;
    ++run_;
    Name("process_name", 0, result.path);
    for (size_t i = 0; i < diagram.lanes.size(); ++i) {
      Name("thread_name", static_cast<int>(i) + 1, diagram.lanes[i].name);
    }
    for (const Diagram::Call& call : diagram.calls) AddCall(call);
    for (const Diagram::Arrow& arrow : diagram.arrows) AddFlow(arrow);
    for (const Diagram::Object& object : diagram.objects) AddObject(object);
    for (const Diagram::Lane& lane : diagram.lanes) {
      if (!lane.end.empty()) AddInstant(lane.end, LaneOf(lane), lane.to, "t");
    }
    for (size_t i = 0; i < diagram.places.size(); ++i) {
      const Finding& finding = result.judgement.findings[i];
      const Diagram::Place& place = diagram.places[i];
      const int lane = place.call < 0 ? 0 : diagram.calls[static_cast<size_t>(place.call)].lane;
      AddInstant(finding.check + ": " + finding.title, lane, place.at, "p");
    }
  }

 private:
  double Us(double time) const { return DiagramMicroseconds(*diagram_, time); }

  int LaneOf(const Diagram::Lane& lane) const {
    return static_cast<int>(&lane - diagram_->lanes.data());
  }

  TraceEvent& Put(const char* phase, const std::string& name, int thread, double us) {
    events_.push_back({{"ph", phase}, {"name", name}, {"pid", run_}, {"tid", thread}, {"ts", us}});
    return events_.back();
  }

  void Name(const char* what, int thread, const std::string& name) {
    Put("M", what, thread, 0)["args"] = {{"name", name}};
  }

  void Slice(const std::string& name, int lane, double from, double to, TraceEvent arguments) {
    TraceEvent& event = Put("X", name, lane + 1, Us(from));
    event["dur"] = Us(to) - Us(from);
    event["cat"] = "call";
    event["args"] = std::move(arguments);
  }

  double EndOf(const Diagram::Call& call) const {
    return call.to >= 0 ? call.to : diagram_->lanes[static_cast<size_t>(call.lane)].to;
  }

  void AddCall(const Diagram::Call& call) {
    TraceEvent arguments{{"line", call.line}, {"outcome", call.outcome}};
    if (call.outcome.empty()) arguments["outcome"] = "did not return";
    for (const auto& [name, value] : call.arguments) arguments[name] = value;
    Slice(call.text, call.lane, call.from, EndOf(call), std::move(arguments));
    if (call.asleep_from < 0) return;
    const double awake = call.asleep_to >= 0 ? call.asleep_to : EndOf(call);
    Slice("asleep", call.lane, call.asleep_from, awake, TraceEvent::object());
  }

  // Both ends have to lie within a slice.
  void AddFlow(const Diagram::Arrow& arrow) {
    static constexpr const char* kNames[] = {"message", "wake-up", "kill", "fork"};
    if (arrow.from_call < 0 || arrow.to_call < 0) return;
    const std::string name = kNames[static_cast<size_t>(arrow.kind)];
    const Diagram::Call& from = diagram_->calls[static_cast<size_t>(arrow.from_call)];
    const Diagram::Call& to = diagram_->calls[static_cast<size_t>(arrow.to_call)];
    const double left = std::clamp(arrow.from, from.from, EndOf(from));
    const double right = std::clamp(arrow.to, to.from, EndOf(to));
    for (const bool start : {true, false}) {
      TraceEvent& event = Put(start ? "s" : "f", name, (start ? from : to).lane + 1,
                              Us(start ? left : std::max(left, right)));
      event["cat"] = "flow";
      event["id"] = flow_;
      if (!start) event["bp"] = "e";
    }
    ++flow_;
  }

  void AddObject(const Diagram::Object& object) {
    const std::string id = std::to_string(run_) + "." + object.kind + "." +
                           std::to_string(&object - diagram_->objects.data());
    for (const bool start : {true, false}) {
      const double at = start ? object.from : object.to >= 0 ? object.to : diagram_->end;
      TraceEvent& event = Put(start ? "b" : "e", object.kind + " " + object.name, 0, Us(at));
      event["cat"] = "object";
      event["id"] = id;
    }
  }

  void AddInstant(const std::string& name, int lane, double at, const char* scope) {
    Put("i", name, lane + 1, Us(at))["s"] = scope;
  }

  TraceEvent& events_;
  const Diagram* diagram_ = nullptr;
  int run_ = 0;
  int flow_ = 1;
};

}  // namespace

std::string TraceJson(const std::vector<ScenarioResult>& results) {
  TraceEvent trace{{"displayTimeUnit", "ns"}, {"traceEvents", TraceEvent::array()}};
  TraceWriter writer(trace["traceEvents"]);
  for (const ScenarioResult& result : results) writer.Add(result);
  return trace.dump(-1, ' ', false, TraceEvent::error_handler_t::replace) + "\n";
}

}  // namespace ipcrig
