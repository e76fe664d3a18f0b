// SPDX-License-Identifier: Apache-2.0
#include "simulated_race.h"

#include <algorithm>
#include <utility>

#include "planted_bugs.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;
using What = Known::What;

const Queue* QueueOf(const State& state, int id) {
  const auto& queues = state.space(0).queues;
  const auto found = queues.find(id);
  return found == queues.end() ? nullptr : &found->second;
}

}  // namespace

SimulatedRace::SimulatedRace(const Scenario& scenario, int step, State state, int64_t second,
                             const std::vector<int>& lines, const SimulatedRaceOptions& options)
    : scenario_(scenario),
      step_(step),
      options_(options),
      draw_(options.seed * 0x9e37 + static_cast<uint64_t>(step)),
      now_{std::move(state), std::vector<Racer>(scenario.names.processes.size())},
      first_(now_.state),
      second_(Range::Exactly(second)),
      known_(now_.racers.size()),
      points_(
          known_,
          [this](int count) { return static_cast<int>(draw_.Below(static_cast<uint64_t>(count))); },
          second_),
      lanes_(now_.racers.size()),
      last_(lines) {
  if (Is(RaceBug::kWakeupLost)) points_.LoseWakeups();
  for (size_t i = static_cast<size_t>(step) + 1; i < scenario.EndOfRace(static_cast<size_t>(step));
       ++i) {
    LaneOf(scenario.steps[i].process).steps.push_back(static_cast<int>(i));
  }
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const ProcessState& process = now_.state.processes[i];
    now_.racers[i].ended = process.life != Life::kAlive;
    if (!process.pending) continue;
    lanes_[i].begun = lanes_[i].attempted = true;
    lanes_[i].step = lines[i];
  }
}

Op SimulatedRace::OpOf(const Lane& lane) const {
  return lane.rest ? *lane.rest : scenario_.steps[static_cast<size_t>(lane.step)].op;
}

std::vector<SimulatedRace::Action> SimulatedRace::Actions() {
  std::vector<Action> actions;
  for (int i = 0; i < std::ssize(lanes_); ++i) {
    const Lane& lane = lanes_[static_cast<size_t>(i)];
    const Racer& racer = now_.racers[static_cast<size_t>(i)];
    const ProcessState& self = now_.state.process(i);
    if (racer.ended) continue;
    const auto add = [&](Action::Kind kind, Point::Kind point = Point::Kind::kAttempt) {
      actions.push_back({kind, {point, i}});
    };
    const bool idle = lane.step < 0 && !lane.begun;
    if (self.fate) add(Action::Kind::kPoint, Point::Kind::kEnd);
    if (racer.leaving || racer.exiting) continue;
    if (idle && !lane.steps.empty()) add(Action::Kind::kBegin);
    if (lane.outcome) add(Action::Kind::kReturn);
    if (lane.step >= 0 && !lane.attempted) add(Action::Kind::kPoint);
    if (!self.pending) continue;
    for (const auto kind : {Point::Kind::kLook, Point::Kind::kInterrupt, Point::Kind::kTimeOut}) {
      add(Action::Kind::kPoint, kind);
    }
  }
  if (!delayed_.empty()) actions.push_back({Action::Kind::kDeliver, {}});
  return actions;
}

State SimulatedRace::Run(std::vector<Event>& events) {
  events.push_back({.kind = Event::Kind::kRace, .step = step_, .from = second_.from});
  bool moved = true;
  while (moved) {
    moved = false;
    std::vector<Action> actions = Actions();
    while (!actions.empty() && !moved) {
      const auto at = static_cast<ptrdiff_t>(draw_.Below(actions.size()));
      const Interleaving before = now_;
      moved = Take(actions[static_cast<size_t>(at)], events);
      if (!moved) now_ = before;
      actions.erase(actions.begin() + at);
    }
    ++clock_;
  }
  Finish(events);
  return std::move(now_.state);
}

bool SimulatedRace::Take(const Action& action, std::vector<Event>& events) {
  const int process = action.point.process;
  Lane& lane = LaneOf(process);
  switch (action.kind) {
    case Action::Kind::kBegin:
      lane.step = lane.steps.front();
      lane.steps.erase(lane.steps.begin());
      last_[static_cast<size_t>(process)] = lane.step;
      lane.attempted = false;
      lane.from = clock_;
      return true;
    case Action::Kind::kReturn:
      events.push_back({.kind = Event::Kind::kRaced,
                        .step = lane.step,
                        .process = process,
                        .from = lane.from,
                        .to = clock_,
                        .outcome = *lane.outcome});
      lane.step = -1;
      lane.begun = false;
      lane.outcome.reset();
      return true;
    case Action::Kind::kDeliver: {
      auto& queues = now_.state.space(0).queues;
      if (const auto found = queues.find(delayed_.front().first); found != queues.end()) {
        found->second.messages.push_back(delayed_.front().second);
      }
      delayed_.erase(delayed_.begin());
      return true;
    }
    case Action::Kind::kPoint:
      return MakePoint(action.point, events);
  }
  return false;
}

// What the bug makes of the call, or does in its place: then false.
bool SimulatedRace::Prepare(Point point, Lane& lane, Op& op) {
  if (point.kind == Point::Kind::kEnd) {
    const int list = now_.state.process(point.process).undo;
    const auto undo = now_.state.undo_lists.find(list);
    if (undo == now_.state.undo_lists.end()) return true;
    if (Is(RaceBug::kUndoLate)) late_.emplace_back(point.process, undo->second);
    if (Is(RaceBug::kUndoLate) || Is(RaceBug::kUndoMissing)) undo->second.semadj.clear();
  }
  if (point.kind != Point::Kind::kAttempt) return true;
  const auto* send = std::get_if<Msgsnd>(&op);
  if (send != nullptr && Is(RaceBug::kSendDelayed)) {
    delayed_.emplace_back(IdIn(now_.state, send->queue),
                          Message{send->type.value, send->text.Bytes()});
    lane.outcome = Outcome::Returned(0);
    return false;
  }
  auto* array = std::get_if<Semop>(&op);
  if (array != nullptr && array->ops.count > 1 && Is(RaceBug::kTornSemop)) {
    Semop rest = *array;
    std::copy(array->ops.ops.begin() + 1, array->ops.ops.end(), rest.ops.ops.begin());
    rest.ops.count = static_cast<uint8_t>(array->ops.count - 1);
    array->ops.count = 1;
    lane.rest = rest;
  } else {
    lane.rest.reset();
  }
  return true;
}

bool SimulatedRace::MakePoint(Point point, std::vector<Event>& events) {
  Lane& lane = LaneOf(point.process);
  const bool attempt = point.kind == Point::Kind::kAttempt;
  Op op = attempt ? OpOf(lane) : Op(Exit{});
  const State before = now_.state;
  if (!attempt && before.process(point.process).pending)
    op = *before.process(point.process).pending;
  if (attempt) lane.attempted = true;
  if (point.kind == Point::Kind::kEnd && lane.leaves < 0) lane.leaves = clock_;
  if (!Prepare(point, lane, op)) return true;
  for (size_t i = 0; i < known_.size() && Is(RaceBug::kWakeupLost); ++i) {
    known_[i].what = before.processes[i].pending ? What::kAsleep : What::kAnything;
  }
  if (Is(RaceBug::kNewestFirst)) {
    for (ProcessState& process : now_.state.processes) process.since = -process.since;
  }
  const bool fits = points_.Apply(now_, point, &op);
  if (Is(RaceBug::kNewestFirst)) {
    for (size_t i = 0; i < known_.size(); ++i) {
      ProcessState& process = now_.state.processes[i];
      if (before.processes[i].pending) process.since = -process.since;
    }
  }
  if (!fits) return false;
  if (attempt && lane.rest && points_.answers().empty()) lane.rest.reset();
  for (const Points::Answer& answer : points_.answers()) {
    Lane& of = LaneOf(answer.process);
    if (answer.outcome->Ended()) {
      if (of.step >= 0 && !of.begun) {
        events.push_back({.kind = Event::Kind::kPending,
                          .step = of.step,
                          .process = answer.process,
                          .from = of.from});
      }
      events.push_back({.kind = Event::Kind::kGone,
                        .step = of.step,
                        .process = answer.process,
                        .from = of.leaves,
                        .to = ++clock_,
                        .outcome = *answer.outcome});
      of.step = -1;
      continue;
    }
    Outcome outcome = *answer.outcome;
    if (answer.process == point.process && of.rest && attempt) {
      if (outcome == Outcome::Returned(0)) {
        of.attempted = false;  // the rest is to come
        continue;
      }
      of.rest.reset();
    }
    const bool signalled = before.process(answer.process).interrupted != 0;
    if (Is(RaceBug::kGrantLost) && signalled) outcome = Outcome::Failed(EINTR);
    if (answer.process == point.process) Corrupt(point, op, before, outcome);
    of.outcome = std::move(outcome);
  }
  return true;
}

void SimulatedRace::Corrupt(Point, const Op& op, const State& before, Outcome& outcome) {
  auto& queues = now_.state.space(0).queues;
  if (outcome.kind != Outcome::Kind::kReturned) return;
  if (const auto* send = std::get_if<Msgsnd>(&op)) {
    const auto found = queues.find(IdIn(now_.state, send->queue));
    const Queue* old = QueueOf(before, IdIn(before, send->queue));
    if (found == queues.end() || old == nullptr) return;
    auto& messages = found->second.messages;
    if (messages.size() <= old->messages.size()) return;  // it was handed over
    if (Is(RaceBug::kMessageLost) && draw_.Below(2) == 0) messages.pop_back();
    const size_t count = messages.size();
    if (Is(RaceBug::kTypeNotFifo) && count > 1 &&
        messages[count - 1].type == messages[count - 2].type) {
      std::swap(messages[count - 1], messages[count - 2]);
    }
  }
  if (const auto* receive = std::get_if<Msgrcv>(&op); receive && Is(RaceBug::kMessageDoubled)) {
    const auto found = queues.find(IdIn(now_.state, receive->queue));
    if (found != queues.end()) {
      found->second.messages.insert(found->second.messages.begin(),
                                    {outcome.numbers.at(0), outcome.bytes});
    }
  }
  if (Is(RaceBug::kGetvalBetween) && std::holds_alternative<SemctlGetval>(op)) ++outcome.value;
  if (Is(RaceBug::kStale) && IsOneOf<SemctlGetval, MsgctlStat>(op)) {
    State old = first_;
    Turn turn(old, 0, nullptr, second_, false);
    std::visit([&](const auto& call) { call.Model(turn); }, op);
    if (!turn.branches().empty()) outcome = turn.branches().back().expected.Example();
  }
}

void SimulatedRace::Finish(std::vector<Event>& events) {
  for (const auto& [process, undo] : late_) {
    for (const auto& [id, adjustments] : undo.semadj) {
      auto& sets = now_.state.space(0).sets;
      const auto set = sets.find(id);
      for (size_t i = 0; set != sets.end() && i < adjustments.size(); ++i) {
        int& value = set->second.semaphores[i].value;
        value = std::clamp(value + adjustments[i], 0, kSemvmx);
      }
    }
  }
  for (int i = 0; i < std::ssize(lanes_); ++i) {
    const Lane& lane = lanes_[static_cast<size_t>(i)];
    if (lane.step < 0 || lane.begun || now_.racers[static_cast<size_t>(i)].ended) continue;
    events.push_back(
        {.kind = Event::Kind::kPending, .step = lane.step, .process = i, .from = lane.from});
  }
  for (ProcessState& process : now_.state.processes) {
    if (!process.pending) process.interrupted = 0;
  }
  events.push_back({.kind = Event::Kind::kRaceEnd,
                    .step = static_cast<int>(scenario_.EndOfRace(static_cast<size_t>(step_))),
                    .from = second_.from,
                    .to = second_.to});
}

}  // namespace ipcrig
