// SPDX-License-Identifier: Apache-2.0
//
// The part of the engine that runs races.
#include <sched.h>

#include <algorithm>

#include "exec/engine.h"
#include "exec/requirements.h"

namespace ipcrig {
namespace {

constexpr int64_t kPatienceUs = 50;  // without an answer, before it is looked who sleeps

}  // namespace

// Answers the step at which the run goes on: the end of the race.
size_t Engine::RunRace(size_t race) {
  const size_t end = scenario().EndOfRace(race);
  race_kills_ = false;
  for (size_t step = race + 1; step < end; ++step) {
    if (!CanRun(static_cast<int>(step))) return end;
    const Op& op = scenario().steps[step].op;
    race_kills_ = race_kills_ || std::holds_alternative<Kill>(op);
  }
  const auto processors = static_cast<int>(processors_.size());
  const PlannedRace plan = PlanRace(scenario(), race, {processors, board_->realtime != 0});
  const int64_t from = EarliestSecond();
  Emit({.kind = Event::Kind::kRace,
        .step = static_cast<int>(race),
        .from = from,
        .text = plan.note});
  OpenRace(plan);
  const bool quiet = SettleRace(plan);
  board_->race.number.fetch_add(1);
  for (const PlannedRacer& racer : plan.racers) Unplace(racer);
  TellRace();
  if (!quiet) ReportBusy();
  Emit({.kind = Event::Kind::kRaceEnd,
        .step = static_cast<int>(end),
        .from = from,
        .to = LatestSecond()});
  return end;
}

// Workers that wait for a command are moved, and have their priority, from here. The engine knows
// them by their name in /proc: what fork(2) answered is of a PID namespace that may not be the
// engine's.
void Engine::Place(const PlannedRacer& racer) {
  const int pid = lane(racer.process).proc_pid;
  if (racer.processor != 0) PinTo(pid, processors_[static_cast<size_t>(racer.processor)]);
  if (board_->realtime != 0) SetPriority(pid, racer.priority);
}

void Engine::Unplace(const PlannedRacer& racer) {
  if (runner(racer.process).life == Life::kGone) return;
  const int pid = lane(racer.process).proc_pid;
  if (racer.processor != 0) PinTo(pid, processors_.front());
  if (board_->realtime != 0) SetPriority(pid, kWorkerPriority);
}

void Engine::OpenRace(const PlannedRace& plan) {
  RaceStart& start = board_->race;
  start.racers = static_cast<int32_t>(plan.racers.size());
  start.together = plan.together ? 1 : 0;
  start.gate = plan.gate ? 1 : 0;
  start.alone = plan.alone ? 1 : 0;
  start.arrived = start.asleep = start.open = 0;
  for (const PlannedRacer& racer : plan.racers) {
    Runner& self = runner(racer.process);
    RaceLog& log = board_->logs[racer.process];
    log.count = 0;
    log.begun = log.done = log.used = 0;
    for (const PlannedCall& planned : racer.calls) {
      RaceCall& call = log.calls[log.count++];
      call.op = scenario().steps[planned.step].op;
      call.step = static_cast<int32_t>(planned.step);
      call.priority = planned.priority;
      call.pause = planned.pause;
      NoteMarks(self, call.op);
    }
    lane(racer.process).op = log.calls[0].op;
    self.life = Life::kCalling;
    self.racing = true;
    self.step = log.calls[0].step;
    self.seen_asleep = self.seen_stopped = false;
    Place(racer);
  }
  race_ends_.clear();
  race_began_ = FencedNs();
  start.number.fetch_add(1);
  for (const PlannedRacer& racer : plan.racers) {
    Lane& mine = lane(racer.process);
    mine.task = Task::kRace;
    mine.command.fetch_add(1, std::memory_order_release);
    FutexWake(mine.command);
  }
}

// Waits until everybody is at rest; false where the time was up before.
bool Engine::SettleRace(const PlannedRace& plan) {
  const auto elsewhere = [](const PlannedRacer& racer) { return racer.processor != 0; };
  const bool spread = std::any_of(plan.racers.begin(), plan.racers.end(), elsewhere);
  std::vector<RaceLook> before;
  for (int round = 0;; ++round) {
    const uint32_t answers = spread ? AwaitAnswers() : board_->answers.load();
    LookWhoIsGone();
    std::vector<RaceLook> looks;
    for (size_t i = 0; i < runners_.size(); ++i) {
      looks.push_back(LookAt(static_cast<int>(i)));
      runners_[i].quiet = looks.back().state != RaceLook::State::kRuns;
    }
    const auto any = [&](RaceLook::State state) {
      return std::any_of(looks.begin(), looks.end(),
                         [&](const RaceLook& look) { return look.state == state; });
    };
    const bool quiet = !any(RaceLook::State::kRuns);
    // Who has answered cannot be woken any more.
    const bool once_is_enough = !race_kills_ && !any(RaceLook::State::kAsleep);
    if (quiet && (once_is_enough || looks == before)) return true;
    if (!quiet && round >= kLeastRounds && TimeIsUp()) return false;
    before = std::move(looks);
    if (!quiet) WaitForAnswer(*board_, answers, kLookAgainUs);
  }
}

// Leaves the racers alone while they answer, and for a short time behind that. Answers how many
// answers there were.
uint32_t Engine::AwaitAnswers() {
  const auto runs = [&](size_t i) {
    const Lane& mine = board_->lanes[i];
    return runners_[i].racing && runners_[i].life == Life::kCalling && !HasAnswered(mine);
  };
  for (;;) {
    const uint32_t answers = board_->answers.load(std::memory_order_acquire);
    bool all = true;
    for (size_t i = 0; i < runners_.size(); ++i) all = all && !runs(i);
    if (all) return answers;
    WaitForAnswer(*board_, answers, kPatienceUs);
    if (board_->answers.load() == answers) return answers;
  }
}

Engine::RaceLook Engine::LookAt(int process) {
  using State = RaceLook::State;
  Runner& self = runner(process);
  if (self.life == Life::kUnborn || self.life == Life::kGone) return {State::kGone};
  if (const auto end = FindEnd(process)) {
    self.life = Life::kGone;
    race_ends_[process] = {*end, FencedNs()};
    return {State::kGone};
  }
  const Lane& mine = lane(process);
  const RaceLog& log = board_->logs[process];
  const bool answered = HasAnswered(mine);
  if (answered && !race_kills_) return {State::kAnswered};
  const uint32_t begun = self.racing ? log.begun.load(std::memory_order_acquire) : 1;
  const ProcLook look = self.watch.Look();
  if (look.state == 'T') return {State::kStopped};
  if (answered) return {look.state == 'S' ? State::kAnswered : State::kRuns};
  const int call = mine.syscall.load(std::memory_order_acquire);
  const bool in_call = look.syscall == call || !self.watch.SeesSyscalls();
  if (look.state != 'S' || call < 0 || !in_call || begun == 0) return {};
  if (!MaySleep(self.racing ? log.calls[begun - 1].op : mine.op)) return {};
  if (self.racing && log.begun.load(std::memory_order_acquire) != begun) return {};
  return {State::kAsleep, begun, call};
}

// What happened, in the order of its beginnings; then who has not returned, and who is gone.
void Engine::TellRace() {
  std::vector<Event> raced;
  for (size_t i = 0; i < runners_.size(); ++i) TellCalls(static_cast<int>(i), raced);
  std::stable_sort(raced.begin(), raced.end(),
                   [](const Event& a, const Event& b) { return a.from < b.from; });
  for (const Event& event : raced) Emit(event);
  for (size_t i = 0; i < runners_.size(); ++i) TellRest(static_cast<int>(i));
}

// Calls that returned: those of the list, and one that was asleep when the race began.
void Engine::TellCalls(int process, std::vector<Event>& raced) {
  Runner& self = runner(process);
  Lane& mine = lane(process);
  const bool answered = self.life == Life::kCalling && HasAnswered(mine);
  if (!self.racing) {
    if (!answered) return;
    raced.push_back({.kind = Event::Kind::kRaced,
                     .step = self.step,
                     .process = process,
                     .from = race_began_,
                     .to = mine.returned,
                     .outcome = ReplyOf(process)});
    self.life = Life::kIdle;
    return AfterReply(process, raced.back().outcome);
  }
  const RaceLog& log = board_->logs[process];
  for (uint32_t i = 0; i < log.done.load(); ++i) {
    const RaceCall& call = log.calls[i];
    raced.push_back({.kind = Event::Kind::kRaced,
                     .step = call.step,
                     .process = process,
                     .from = call.from,
                     .to = call.to,
                     .outcome = OutcomeOf(log, i)});
    self.step = call.step;
    mine.op = call.op;
    AfterReply(process, raced.back().outcome);
  }
  if (!answered) return;
  self.life = Life::kIdle;
  self.racing = false;
}

void Engine::TellRest(int process) {
  Runner& self = runner(process);
  const RaceLog& log = board_->logs[process];
  const uint32_t done = log.done.load();
  const bool pending = self.racing && log.begun.load() > done;
  int64_t alive = race_began_;
  if (self.racing && done > 0) alive = log.calls[done - 1].to;
  if (pending) {
    const RaceCall& call = log.calls[done];
    alive = call.from;
    self.step = call.step;
    lane(process).op = call.op;
    Emit({.kind = Event::Kind::kPending, .step = self.step, .process = process, .from = alive});
  }
  if (pending && self.life == Life::kCalling && self.quiet) {
    self.seen_asleep = true;
    Emit({.kind = Event::Kind::kAsleep,
          .step = self.step,
          .process = process,
          .outcome = Outcome::Returned(lane(process).syscall.load())});
  }
  self.racing = false;
  const auto end = race_ends_.find(process);
  if (end == race_ends_.end()) return;
  Emit({.kind = Event::Kind::kGone,
        .step = self.step,
        .process = process,
        .from = alive,
        .to = end->second.seen,
        .outcome = end->second.outcome});
}

}  // namespace ipcrig
