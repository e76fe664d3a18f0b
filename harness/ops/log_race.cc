// SPDX-License-Identifier: Apache-2.0
#include "ops/log_race.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "ops/log_fields.h"

namespace ipcrig {
namespace {

constexpr int64_t kNoPid = int64_t{1} << 29;     // the first number of those that have none
constexpr int64_t kThreadId = int64_t{1} << 30;  // the first of the threads that have none

bool Sleeps(const Op& op) { return IsOneOf<Msgsnd, Msgrcv, Semop, Semtimedop>(op); }

}  // namespace

int LogRace::Find(const std::string& name) {
  auto& processes = run.scenario.names.processes;
  const int known = run.scenario.names.FindProcess(name);
  if (known >= 0 || processes.size() == kMaxProcesses) return known;
  processes.push_back(name);
  callers_.push_back({.leader = static_cast<int>(callers_.size())});
  return static_cast<int>(processes.size()) - 1;
}

std::string LogRace::BeThreadOf(int process, int leader) {
  Caller& caller = CallerOf(process);
  const bool known = caller.first != INT64_MAX || caller.forked || caller.threads;
  if (known || leader == process) {
    return "a thread is one from its first call on";
  }
  caller.leader = CallerOf(leader).leader;
  LeaderOf(process).threads = true;
  return "";
}

void LogRace::Prepare(Step step, int64_t result) {
  const auto index = static_cast<int>(before_.size());
  const int process = step.process;
  before_.push_back(std::move(step));
  auto& events = run.history.events;
  events.push_back(
      {.kind = Event::Kind::kCall, .step = index, .process = process, .from = kLogSecond});
  events.push_back({.kind = Event::Kind::kReturn,
                    .process = process,
                    .from = kLogSecond,
                    .to = kLogSecond,
                    .outcome = Outcome::Returned(result)});
}

void LogRace::AddRacing(int process, Step step, Event event) {
  step.process = static_cast<int8_t>(process);
  steps_.push_back(std::move(step));
  event.step = LastStep();
  event.process = process;
  racing_.push_back(std::move(event));
}

void LogRace::Begin(int process, Step step, int64_t from) {
  const Op op = step.op;
  if (const int child = ChildOf(op); child >= 0) {
    callers_.push_back(
        {.leader = child, .forked = true, .since = from, .born = from, .holds = true});
  }
  Caller& caller = CallerOf(process);
  LeaderOf(process).holds |= Undoes(op) || std::holds_alternative<Shmat>(op);
  caller.in_call = true;
  caller.since = from;
  caller.first = std::min(caller.first, from);
  caller.call = racing_.size();
  AddRacing(process, std::move(step),
            {.kind = Event::Kind::kPending, .from = from, .to = INT64_MAX});
}

std::string LogRace::Return(int process, int64_t to, const Outcome& outcome) {
  Caller& caller = CallerOf(process);
  Event& event = racing_[caller.call];
  event.kind = Event::Kind::kRaced;
  event.to = to;
  event.outcome = outcome;
  caller.in_call = false;
  caller.since = to;
  const bool interrupted = outcome == Outcome::Failed(EINTR) && Sleeps(StepOf(event).op);
  return interrupted ? Signal(process, to) : "";
}

// Somebody has sent it a signal, while it slept.
std::string LogRace::Signal(int process, int64_t to) {
  const int64_t from = racing_[CallerOf(process).call].from;
  const int sender = Find(fmt::format("signals_{}", process));
  if (sender < 0)
    return fmt::format("more than {} processes, with who sends signals", kMaxProcesses);
  handled_ = true;
  const ipcrig::Kill kill{{static_cast<int8_t>(process)}, {abi::kSigusr1}};
  AddRacing(sender, {.op = kill}, {.kind = Event::Kind::kRaced, .from = from, .to = to});
  return "";
}

void LogRace::StayAsleep(int process) {
  Caller& caller = CallerOf(process);
  racing_[caller.call].to = 0;
  caller.in_call = false;
  caller.gone = true;
}

void LogRace::StayUntil(int process, int64_t to) {
  Caller& caller = CallerOf(process);
  Event& event = racing_[caller.call];
  event.to = to;
  caller.in_call = false;
  caller.gone = true;
  LeaderOf(process).killed = true;
  ends_.push_back({process, event.from, to, true});
}

void LogRace::End(int process, int64_t to) {
  Caller& caller = CallerOf(process);
  caller.gone = true;
  ends_.push_back({process, caller.since, to, false});
}

// Where nothing goes with a process, its end is of no interest.
std::string LogRace::AddEnds() {
  std::set<int> killed;
  for (const Ended& end : ends_) {
    const Caller& leader = LeaderOf(end.process);
    if (!leader.holds && !leader.threads) continue;
    Outcome outcome{Outcome::Kind::kExited};
    if (leader.killed) outcome = {Outcome::Kind::kKilled, abi::kSigkill};
    if (end.killed && killed.insert(CallerOf(end.process).leader).second) {
      const int killer = Find(fmt::format("SIGKILL_{}", killed.size()));
      if (killer < 0) return fmt::format("more than {} processes, with who kills", kMaxProcesses);
      const Kill kill{{static_cast<int8_t>(end.process)}, {abi::kSigkill}};
      AddRacing(killer, {.op = kill},
                {.kind = Event::Kind::kRaced, .from = end.from, .to = end.to});
    }
    AddRacing(end.process, {.op = Exit{}},
              {.kind = Event::Kind::kGone, .from = end.from, .to = end.to, .outcome = outcome});
  }
  return "";
}

// A thread begins before its first call: before the race, or right after its process was forked.
void LogRace::BeginThreads() {
  std::vector<Event> begun;
  for (int i = 0; i < std::ssize(callers_); ++i) {
    const Caller& caller = CallerOf(i);
    const Caller& leader = LeaderOf(i);
    if (caller.leader == i) continue;
    const int64_t id = caller.pid != 0 ? caller.pid : kThreadId + i;
    const Step step{.process = static_cast<int8_t>(caller.leader),
                    .op = Thread{{static_cast<int8_t>(i)}}};
    if (!leader.forked) {
      Prepare(step, id);
      continue;
    }
    steps_.push_back(step);
    begun.push_back({.kind = Event::Kind::kRaced,
                     .step = LastStep(),
                     .process = caller.leader,
                     .from = leader.born,
                     .to = std::min(caller.first, leader.first),
                     .outcome = Outcome::Returned(id)});
  }
  racing_.insert(racing_.begin(), begun.begin(), begun.end());
}

std::vector<Event> LogRace::Starts() const {
  std::vector<Event> starts;
  for (int i = 0; i < std::ssize(callers_); ++i) {
    const Caller& caller = callers_[static_cast<size_t>(i)];
    if (caller.leader != i || caller.forked) continue;
    starts.push_back({.kind = Event::Kind::kStart,
                      .process = i,
                      .outcome = Outcome::Returned(caller.pid != 0 ? caller.pid : kNoPid + i)});
  }
  return starts;
}

std::string LogRace::Finish(int line) {
  if (std::string problem = AddEnds(); !problem.empty()) return problem;
  BeginThreads();
  std::vector<Event>& events = run.history.events;
  const std::vector<Event> starts = Starts();
  for (const Event& start : starts) {
    const Sigaction handle{{abi::kSigusr1}, {}};
    if (handled_) Prepare({.process = static_cast<int8_t>(start.process), .op = handle}, 0);
  }
  events.insert(events.begin(), starts.begin(), starts.end());
  const auto first = static_cast<int>(before_.size());
  for (Event& event : racing_) {
    if (event.kind == Event::Kind::kPending) StepOf(event).expect.kind = Expectation::Kind::kBlocks;
    event.step += first + 1;
  }
  std::vector<Step>& steps = run.scenario.steps;
  steps = std::move(before_);
  steps.push_back({.kind = Step::Kind::kRace, .line = steps_.front().line});
  steps.insert(steps.end(), steps_.begin(), steps_.end());
  steps.push_back({.kind = Step::Kind::kEndRace, .line = line});
  events.push_back({.kind = Event::Kind::kRace, .step = first, .from = kLogSecond});
  events.insert(events.end(), racing_.begin(), racing_.end());
  events.push_back({.kind = Event::Kind::kRaceEnd,
                    .step = static_cast<int>(steps.size()) - 1,
                    .from = kLogSecond,
                    .to = kLogSecond});
  events.push_back({.kind = Event::Kind::kDone});
  return "";
}

}  // namespace ipcrig
