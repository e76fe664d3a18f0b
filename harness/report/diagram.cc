// SPDX-License-Identifier: Apache-2.0
#include "report/diagram.h"

#include <algorithm>

#include "report/diagram_builder.h"

namespace ipcrig {
namespace {

// Within a step, which takes one unit.
constexpr double kFallsAsleep = 0.25;
constexpr double kWakes = 0.6;
constexpr double kIsAwake = 0.66;
constexpr double kCallEnds = 0.8;
constexpr double kHalfStep = 0.5;

Diagram::Look LookOf(const Op& op) {
  using Look = Diagram::Look;
  if (IsOneOf<Shmget, Msgget, Semget, Pipe, Pipe2, Fork, Clone, Thread, Shmat>(op)) {
    return Look::kMakes;
  }
  if (IsOneOf<ShmctlRmid, MsgctlRmid, SemctlRmid, Shmdt, Close>(op)) return Look::kRemoves;
  if (IsOneOf<Msgsnd, Write, Store, Fill>(op)) return Look::kGives;
  if (IsOneOf<Msgrcv, Read, Load, Semop, Semtimedop, Wait>(op)) return Look::kTakes;
  if (IsOneOf<Exit, Kill, ThreadExit, ExecSelf, ExecProgram>(op)) return Look::kEnds;
  return Look::kOther;
}

std::vector<std::pair<std::string, std::string>> ArgumentsOf(const Names& names, const Op& op) {
  std::vector<std::pair<std::string, std::string>> arguments;
  const auto add = [&](const auto& field, const auto& argument) {
    Writer text{names, ""};
    argument.Print(text);
    if (!text.out.empty()) arguments.emplace_back(field.name, text.out);
  };
  std::visit(
      [&](const auto& call) {
        std::apply([&](const auto&... fields) { (add(fields, call.*fields.member), ...); },
                   call.kFields);
      },
      op);
  return arguments;
}

}  // namespace

Diagram DiagramOf(const ScenarioResult& result) { return DiagramBuilder(result).Run(); }

double DiagramMicroseconds(const Diagram& diagram, double time) {
  constexpr double kUnit = 1000;
  constexpr double kStep = 0.5;  // between two moments of a race
  double us = 0;
  double at = 0;
  for (const Diagram::Race& race : diagram.races) {
    if (race.moments.empty() || time <= race.first) break;
    us += (race.first - at) * kUnit;
    const double last = race.first + kStep * static_cast<double>(race.moments.size() - 1);
    const double within = (std::min(time, last) - race.first) / kStep;
    const size_t index = std::min(static_cast<size_t>(within), race.moments.size() - 1);
    const size_t next = std::min(index + 1, race.moments.size() - 1);
    const auto from = static_cast<double>(race.moments[index] - race.moments.front());
    const auto to = static_cast<double>(race.moments[next] - race.moments.front());
    us += (from + (to - from) * (within - static_cast<double>(index))) / 1000;
    at = std::min(time, last);
  }
  return us + (time - at) * kUnit;
}

DiagramBuilder::DiagramBuilder(const ScenarioResult& result)
    : result_(result),
      states_({InitialState(result.history.facts, result.scenario.names.processes.size(),
                            result.rules)}),
      lines_(result.scenario.names.processes.size(), -1),
      open_(result.scenario.names.processes.size(), -1) {
  for (const std::string& name : result.scenario.names.processes) {
    out_.lanes.push_back({.name = name});
  }
}

Diagram DiagramBuilder::Run() {
  for (const ObservedStep& step : GatherSteps(result_.history)) Add(step);
  out_.end = now_ + kHalfStep;
  for (Diagram::Lane& lane : out_.lanes) {
    if (lane.from >= 0 && lane.to < 0) lane.to = out_.end;
  }
  Place();
  return std::move(out_);
}

void DiagramBuilder::Add(const ObservedStep& step) {
  const Event& event = *step.event;
  switch (event.kind) {
    case Event::Kind::kStart:
      LaneAt(event.process).from = 0;
      LaneAt(event.process).pid = event.outcome.value;
      for (State& state : states_) {
        StartProcess(state, event.process, static_cast<int>(event.outcome.value));
      }
      return;
    case Event::Kind::kCall:
      return AddStep(step);
    case Event::Kind::kRace:
      return AddRace(step);
    case Event::Kind::kClose:
      return AddClose(step);
    case Event::Kind::kSnapshot:
      if (event.step >= 0) AddMark("ipcs");
      return;
    case Event::Kind::kNotRun:
      return AddMark(LaneAt(event.process).name + ": " + event.text);
    default:
      return;
  }
}

void DiagramBuilder::AddMark(std::string text) {
  out_.marks.push_back({now_ + kHalfStep / 2, std::move(text)});
  now_ += kHalfStep;
}

void DiagramBuilder::AddStep(const ObservedStep& step) {
  const Event& event = *step.event;
  const double at = now_;
  now_ += 1;
  const int call = NewCall(event.step, event.process, at);
  const int before = NowIndex();
  const Op& op = OpOf(call);
  lines_[static_cast<size_t>(event.process)] = event.step;
  if (!states_.empty()) {
    states_ = Accept(std::move(states_), {event.process, op, step.seen, step.now}).states;
  }
  const auto own = std::find_if(step.seen.begin(), step.seen.end(),
                                [&](const Seen& seen) { return seen.process == event.process; });
  if (own == step.seen.end()) {
    CallAt(call).asleep_from = at + kFallsAsleep;
  } else {
    Return(event.process, own->outcome, at + kCallEnds);
  }
  for (const Seen& seen : step.seen) {
    if (seen.process == event.process) continue;
    AddWake(call, seen.process, seen.outcome, at + kWakes, at + kIsAwake);
    Return(seen.process, seen.outcome, at + kCallEnds);
  }
  for (const Event* busy : step.busy) {
    if (const int running = OpenOf(busy->process); running >= 0) {
      CallAt(running).outcome = "busy until the time was up";
      CallAt(running).asleep_from = Diagram::kNever;
    }
  }
  out_.moments.push_back({at + kWakes, call, event.process,
                          own == step.seen.end() ? "falls asleep" : "", before, NowIndex()});
  if (!states_.empty()) NoteObjects(states_.front(), at + kWakes);
}

// The engine ends a process. That is drawn where somebody else is set free by it.
void DiagramBuilder::AddClose(const ObservedStep& step) {
  if (!states_.empty()) {
    const int process = step.event->process;
    states_ = Accept(std::move(states_), {process, std::nullopt, step.seen, step.now}).states;
  }
  const bool frees = std::any_of(step.seen.begin(), step.seen.end(),
                                 [](const Seen& seen) { return !seen.outcome.Ended(); });
  if (!frees) return;
  AddMark("ipcrig ends " + LaneAt(step.event->process).name);
  for (const Seen& seen : step.seen) {
    if (!seen.outcome.Ended()) Return(seen.process, seen.outcome, now_);
  }
}

int DiagramBuilder::NewCall(int step, int process, double at) {
  const auto index = static_cast<size_t>(step);
  Writer text{result_.scenario.names, ""};
  const Op& op = result_.scenario.steps[index].op;
  PrintOp(text, op);
  if (LaneAt(process).from < 0) LaneAt(process).from = 0;  // a history that tells of calls only
  Diagram::Call call{
      .step = step, .line = result_.scenario.LineOf(index), .lane = process, .text = text.out};
  call.arguments = ArgumentsOf(result_.scenario.names, op);
  call.look = LookOf(op);
  call.from = at;
  out_.calls.push_back(std::move(call));
  OpenOf(process) = static_cast<int>(out_.calls.size()) - 1;
  return OpenOf(process);
}

void DiagramBuilder::Return(int process, const Outcome& outcome, double at) {
  const int index = OpenOf(process);
  if (index >= 0) {
    const Op& op = OpOf(index);
    Diagram::Call& call = CallAt(index);
    call.to = at;
    call.outcome = outcome.Ended() ? EndText(outcome) : OutcomeText(op, outcome);
    call.failed = outcome.kind == Outcome::Kind::kFailed;
    if (call.asleep_from >= 0 && call.asleep_to < 0) call.asleep_to = at - (kCallEnds - kIsAwake);
    OpenOf(process) = -1;
    if (outcome.kind == Outcome::Kind::kReturned) {
      if (const int slot = OpAssigns(op); slot >= 0) values_[slot] = outcome.value;
      if (const int child = ChildOf(op); child >= 0) {
        LaneAt(child).from = at;
        LaneAt(child).pid = outcome.value;
        out_.arrows.push_back({Diagram::Arrow::Kind::kFork, index, -1, child, at, at});
      }
      NoteSend(index, outcome);
      NoteReceive(index, outcome);
    }
  }
  if (outcome.Ended()) EndLane(process, outcome, at);
}

void DiagramBuilder::EndLane(int process, const Outcome& outcome, double at) {
  Diagram::Lane& lane = LaneAt(process);
  lane.to = at;
  lane.end = EndText(outcome);
  lane.killed = outcome.kind == Outcome::Kind::kKilled;
}

int DiagramBuilder::CallOfStep(int step) const {
  for (auto i = static_cast<int>(out_.calls.size()) - 1; i >= 0; --i) {
    if (out_.calls[static_cast<size_t>(i)].step == step) return i;
  }
  return -1;
}

// Of a line `X returns` it is the call before it; of the end of a process its last one.
int DiagramBuilder::CallOfFinding(const Finding& finding) const {
  if (const int call = CallOfStep(finding.step); call >= 0) return call;
  int lane = finding.process;
  int before = static_cast<int>(result_.scenario.steps.size());
  if (finding.step >= 0) {
    const Step& line = result_.scenario.steps[static_cast<size_t>(finding.step)];
    if (line.kind != Step::Kind::kRace) before = finding.step;
    if (line.IsLineOfProcess()) lane = line.process;
  }
  for (auto i = static_cast<int>(out_.calls.size()) - 1; i >= 0 && lane >= 0; --i) {
    const Diagram::Call& call = out_.calls[static_cast<size_t>(i)];
    if (call.lane == lane && call.step < before) return i;
  }
  return -1;
}

void DiagramBuilder::Place() {
  for (const Finding& finding : result_.judgement.findings) {
    Diagram::Place place{.call = CallOfFinding(finding), .at = out_.end};
    if (place.call >= 0) place.at = CallAt(place.call).from;
    for (const Finding::Before& one : finding.cycle) {
      if (const int call = CallOfStep(one.step); call >= 0) place.cycle.push_back(call);
    }
    out_.places.push_back(std::move(place));
  }
}

}  // namespace ipcrig
