// SPDX-License-Identifier: Apache-2.0
#include "check/race.h"

#include <algorithm>

#include <fmt/format.h>

namespace ipcrig {
namespace {

using EventKind = Event::Kind;

const Step& LineOf(const Scenario& scenario, int step) {
  return scenario.steps[static_cast<size_t>(step)];
}

RacingCall* LastOf(Race& race, int process) {
  const auto last = std::find_if(race.calls.rbegin(), race.calls.rend(),
                                 [&](const RacingCall& call) { return call.process == process; });
  return last == race.calls.rend() ? nullptr : &*last;
}

// A call that the race began with, or one of its own.
void AddCall(Race& race, const Scenario& scenario, const Event& event) {
  RacingCall* last = LastOf(race, event.process);
  const bool known = last != nullptr && last->begun && last->step == event.step;
  if (!known) {
    race.calls.push_back({.step = event.step,
                          .process = event.process,
                          .op = LineOf(scenario, event.step).op,
                          .from = event.from});
    last = &race.calls.back();
  }
  if (event.kind == EventKind::kPending && event.to != 0) {
    last->lost = true;
    last->to = event.to;
  }
  if (event.kind != EventKind::kRaced) return;
  last->to = event.to;
  last->outcome = event.outcome;
}

void AddEnd(Race& race, const Scenario& scenario, const Event& event) {
  const RacingCall* last = LastOf(race, event.process);
  const bool exited = event.outcome.kind == Outcome::Kind::kExited;
  const bool by_itself = last != nullptr && std::holds_alternative<Exit>(last->op);
  if (exited && !by_itself && event.step >= 0 &&
      std::holds_alternative<Exit>(LineOf(scenario, event.step).op)) {
    race.calls.push_back({.step = event.step,
                          .process = event.process,
                          .op = LineOf(scenario, event.step).op,
                          .from = event.from});
  }
  race.ends.push_back({event.process, event.from, event.to, event.outcome});
}

// msgrcv: value, EIDRM, it sleeps: the same in other scenarios.
std::string ClassOf(const RacingCall& call) {
  if (!call.outcome) return "sleeps";
  if (call.outcome->kind != Outcome::Kind::kFailed) return "value";
  return ErrnoName(static_cast<int>(call.outcome->value));
}

void Describe(const Scenario& scenario, const Race& race, const Violation& violation,
              Finding& finding) {
  for (const Violation::Placed& placed : violation.prefix) {
    if (placed.call < 0 || placed.asleep) continue;
    finding.order.push_back(race.calls[static_cast<size_t>(placed.call)].step);
  }
  for (const auto& [call, why] : violation.cycle) {
    finding.cycle.push_back({race.calls[static_cast<size_t>(call)].step, std::string(why)});
  }
  for (const auto& [outcome, rule] : violation.expected) {
    finding.expected.push_back({outcome, rule});
  }
  finding.process = violation.process;
  if (violation.call < 0) {
    finding.title = "a process ended in a race, and no call of it explains that";
    finding.seen = "it ended";
    for (const RacingEnd& end : race.ends) {
      if (end.process == violation.process) finding.seen = EndText(end.outcome);
    }
    finding.expected = {{"it lives", ""}};
    finding.signature = "linearizability: the end of a process";
    return;
  }
  const RacingCall& call = race.calls[static_cast<size_t>(violation.call)];
  const std::string name(OpName(call.op));
  finding.step = call.step;
  finding.seen = call.outcome ? OutcomeText(call.op, *call.outcome) : "it sleeps";
  if (violation.lost_wakeup) {
    finding.check = "lost-wakeup";
    finding.title = "lost wake-up: " + name + " can go on and still sleeps";
    if (violation.waker >= 0) {
      const RacingCall& waker = race.calls[static_cast<size_t>(violation.waker)];
      finding.title += fmt::format(" after {}", OpName(waker.op));
      finding.seen +=
          fmt::format(", also after line {}: {}", scenario.LineOf(static_cast<size_t>(waker.step)),
                      StepText(scenario, static_cast<size_t>(waker.step)));
    }
    finding.signature = "lost-wakeup: " + name;
    return;
  }
  finding.title = "no order of the racing calls explains " + name;
  if (finding.expected.empty()) finding.expected.push_back({"it sleeps", ""});
  finding.signature = fmt::format("linearizability: {}: {}", name, ClassOf(call));
}

std::vector<RacedCall> CallsOf(const Race& race) {
  std::vector<RacedCall> calls;
  for (const RacingCall& call : race.calls) {
    calls.push_back({call.step, call.process, call.outcome});
  }
  for (const RacingEnd& end : race.ends) {
    const auto last = std::find_if(calls.rbegin(), calls.rend(), [&](const RacedCall& call) {
      return call.process == end.process;
    });
    if (last != calls.rend()) last->outcome = end.outcome;
  }
  return calls;
}

}  // namespace

Race RaceOf(const Scenario& scenario, const ObservedStep& step, const State& before,
            const std::vector<int>& lines) {
  Race race;
  race.now = step.now;
  for (int i = 0; i < std::ssize(before.processes); ++i) {
    const auto& pending = before.process(i).pending;
    if (!pending) continue;
    race.calls.push_back({.step = lines[static_cast<size_t>(i)],
                          .process = i,
                          .op = *pending,
                          .from = INT64_MIN,
                          .begun = true});
  }
  for (const Event* event : step.racing) {
    switch (event->kind) {
      case EventKind::kRaced:
      case EventKind::kPending:
        AddCall(race, scenario, *event);
        break;
      case EventKind::kReturn:  // of a call that the race began with, at some time within it
        if (RacingCall* last = LastOf(race, event->process); last != nullptr && last->begun) {
          last->outcome = event->outcome;
        }
        break;
      case EventKind::kGone:
        AddEnd(race, scenario, *event);
        break;
      case EventKind::kEnded:
        race.ends.push_back({event->process, INT64_MIN, INT64_MAX, event->outcome});
        break;
      default:
        break;
    }
  }
  return race;
}

RaceJudgement JudgeRace(const Scenario& scenario, const ObservedStep& step,
                        std::vector<State> states, const std::vector<int>& lines,
                        const LinearizeOptions& options) {
  RaceJudgement judged;
  if (states.empty()) return judged;
  const Race race = RaceOf(scenario, step, states.front(), lines);
  const int line = scenario.LineOf(static_cast<size_t>(step.event->step));
  judged.calls = CallsOf(race);
  Linearization result = Linearize(states, race, options);
  if (result.states.empty()) {
    if (result.exhausted) {
      judged.unknown =
          fmt::format("line {}: the calls of the race have too many orders to try: {} were", line,
                      result.nodes);
      return judged;
    }
    judged.finding = Finding{"linearizability", step.event->step};
    Describe(scenario, race, result.violation, *judged.finding);
    return judged;
  }
  judged.states = std::move(result.states);
  if (!result.complete) {
    judged.vague = fmt::format("line {}: the race can have ended in too many ways to follow", line);
  } else if (result.guessed) {
    judged.vague =
        fmt::format("line {}: a process ended in the race while it made an object", line);
  }
  return judged;
}

}  // namespace ipcrig
