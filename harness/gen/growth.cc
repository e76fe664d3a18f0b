// SPDX-License-Identifier: Apache-2.0
#include "gen/growth.h"

#include <algorithm>
#include <utility>

#include "gen/sensible.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

constexpr int64_t kSecondsPerStep = 10;
constexpr int kFirstPid = 100;

// The id of the object that a sleeper waits at.
template <Kind kKind>
std::optional<int> ObjectOf(const Op& pending) {
  return std::visit(
      []<typename T>(const T& call) -> std::optional<int> {
        if constexpr (kKind == Kind::kQueue && requires { call.queue.number; }) {
          return call.queue.number;
        } else if constexpr (kKind == Kind::kSet && requires { call.set.number; }) {
          return call.set.number;
        } else {
          return std::nullopt;
        }
      },
      pending);
}

// The first page, where bad pointers point, is to stay free: root may attach there.
bool MapsFirstPage(const Op& op) {
  constexpr int kPage = 4096;
  const auto* shmat = std::get_if<Shmat>(&op);
  return shmat != nullptr && shmat->address.slot < 0 && shmat->address.offset > 0 &&
         shmat->address.offset < kPage && shmat->flags.Has(abi::kShmRnd) &&
         !shmat->flags.Has(abi::kShmRemap);
}

}  // namespace

Growth::Growth(Draw& draw, const GenerateOptions& options, const Focus& focus)
    : draw_(draw),
      options_(options),
      focus_(focus),
      from_{draw, scenario_.names},
      state_(InitialState(options.facts, 0, options.rules)) {}

std::vector<int> Growth::AbleIn(const State& state) const {
  std::vector<int> able;
  able.reserve(state.processes.size() + 1);
  for (size_t i = 0; i < state.processes.size(); ++i) {
    if (state.processes[i].CanAct()) able.push_back(static_cast<int>(i));
  }
  if (started_ < focus_.processes) able.push_back(static_cast<int>(state.processes.size()));
  return able;
}

std::vector<int> Growth::Stuck() const {
  std::vector<int> stuck;
  for (size_t i = 0; i < state_.processes.size(); ++i) {
    const ProcessState& process = state_.processes[i];
    const bool waits = process.pending || process.stopped;
    if (process.life == Life::kAlive && waits) stuck.push_back(static_cast<int>(i));
  }
  return stuck;
}

bool Growth::MayFork() const {
  const auto to_come = static_cast<size_t>(std::max(focus_.processes - started_, 0));
  return state_.processes.size() + to_come < static_cast<size_t>(options_.most);
}

// Whether somebody can make the next call who could also kill everybody who sleeps.
bool Growth::CanGoOn(const State& state) const {
  const auto sleeps = [](const ProcessState& process) {
    return process.life == Life::kAlive && process.pending && !process.fate;
  };
  const auto can_kill = [&](int killer, const ProcessState& victim) {
    if (static_cast<size_t>(killer) >= state.processes.size()) return state.facts.uid == 0;
    const ProcessState& self = state.process(killer);
    const bool may = (self.who.capabilities & abi::kCapKill) != 0 || self.who.uid == victim.who.uid;
    return may && self.pid_space == 0 && self.leader != victim.leader;
  };
  const std::vector<int> able = AbleIn(state);
  return std::any_of(able.begin(), able.end(), [&](int i) {
    return std::all_of(
        state.processes.begin(), state.processes.end(),
        [&](const ProcessState& process) { return !sleeps(process) || can_kill(i, process); });
  });
}

// A process is known to the text from its first line on.
void Growth::Begin(int process, const std::string& name) {
  variables_ = scenario_.names.variables.size();
  processes_ = state_.processes.size();
  started_before_ = started_;
  if (static_cast<size_t>(process) < processes_) return;
  scenario_.names.processes.push_back(name);
  state_.processes.emplace_back();
  StartProcess(state_, process, kFirstPid + process);
  ++started_;
}

void Growth::Drop() {
  auto& names = scenario_.names;
  names.variables.erase(names.variables.begin() + static_cast<ptrdiff_t>(variables_),
                        names.variables.end());
  names.processes.resize(processes_);
  state_.processes.resize(processes_);
  started_ = started_before_;
}

// Mostly variables that hold something, and of a victim's kind of object the one that it waits at.
void Growth::OfferVariables(const Wish& wish) {
  const auto& variables = scenario_.names.variables;
  if (!wish.sensible || draw_.Below(focus_.stale) == focus_.stale - 1) {
    from_.assigned.assign(variables.size(), true);
    return;
  }
  from_.assigned = LiveVariables(scenario_.names, state_, wish.process);
  if (wish.victim < 0 || !state_.process(wish.victim).pending) return;
  const Op& pending = *state_.process(wish.victim).pending;
  const auto queue = ObjectOf<Kind::kQueue>(pending);
  const auto set = ObjectOf<Kind::kSet>(pending);
  for (size_t i = 0; i < variables.size(); ++i) {
    if (!from_.assigned[i]) continue;
    const int64_t value = variables[i].kind == Kind::kQueue || variables[i].kind == Kind::kSet
                              ? state_.values.at(static_cast<int>(i))
                              : -1;
    if (queue && variables[i].kind == Kind::kQueue) from_.assigned[i] = value == *queue;
    if (set && variables[i].kind == Kind::kSet) from_.assigned[i] = value == *set;
  }
}

std::optional<Candidate> Growth::Try(const Wish& wish) {
  Begin(wish.process, scenario_.names.NewProcessName());
  from_.stuck = false;
  OfferVariables(wish);
  Op op = PickOp(from_, wish.index);
  if (from_.stuck) {
    Drop();
    return std::nullopt;
  }
  if (auto* kill = std::get_if<Kill>(&op); kill != nullptr && wish.victim >= 0) {
    kill->target.index = static_cast<int8_t>(wish.victim);
  }
  if (wish.sensible)
    MakeSensible({from_, state_, wish.process, wish.victim, focus_.users, focus_.edges,
                  focus_.LooksForFailures()},
                 op);
  return Consider(wish.process, op);
}

std::optional<Candidate> Growth::TryOp(int process, const Op& op) {
  Begin(process, scenario_.names.NewProcessName());
  return Consider(process, op);
}

std::optional<Candidate> Growth::TryStep(const Scenario& from, const Step& step, bool redraw) {
  const std::string& name = from.names.processes[static_cast<size_t>(step.process)];
  int process = scenario_.names.FindProcess(name);
  if (process < 0) {
    const bool made = MadeByLines(from)[static_cast<size_t>(step.process)];
    if (made || started_ >= options_.processes) return std::nullopt;
    process = static_cast<int>(state_.processes.size());
  } else if (!state_.process(process).CanAct()) {
    return std::nullopt;
  }
  Begin(process, name);
  Writer text{from.names, ""};
  PrintOp(text, step.op);
  Reader in(text.out, scenario_.names);
  Op op = ReadOp(in);
  const bool may_begin = ChildOf(op) < 0 || MayFork();
  if (!in.ok() || !may_begin) {
    Drop();
    return std::nullopt;
  }
  if (redraw) op = Redrawn(process, op);
  return Consider(process, op);
}

// The call with one argument of another, which is drawn.
Op Growth::Redrawn(int process, const Op& op) {
  if (ChildOf(op) >= 0) return op;
  from_.stuck = false;
  OfferVariables({.process = process, .sensible = draw_.Below(4) != 3});
  auto& variables = scenario_.names.variables;
  const size_t count = variables.size();
  Op other = PickOp(from_, op.index());
  variables.erase(variables.begin() + static_cast<ptrdiff_t>(count), variables.end());
  if (from_.stuck) return op;
  if (draw_.Below(2) == 0) MakeSensible({from_, state_, process, -1}, other);
  return WithFieldOf(op, other, draw_.Below(8));
}

// Calls on parts of huge pages have rules of their own, which the model does not know.
bool Growth::CutsHugePages(const Op& op, int process) const {
  if (!IsOneOf<Mprotect, Munmap, Mremap, Mlock, Munlock, Madvise>(op)) return false;
  const std::vector<Attach>& attaches = state_.LeaderOf(process).attaches;
  return std::any_of(attaches.begin(), attaches.end(), [&](const Attach& attach) {
    return state_.space(attach.space).segments.at(attach.segment).huge != 0;
  });
}

std::optional<Candidate> Growth::Consider(int process, const Op& op) {
  while (state_.processes.size() < scenario_.names.processes.size()) {
    state_.processes.emplace_back().leader = static_cast<int>(state_.processes.size()) - 1;
  }
  // Under RLIMIT_AS a process may have no room for a child or for the stack of a thread.
  const bool may_fail = ChildOf(op) >= 0 && state_.LeaderOf(process).memory_limited;
  if (may_fail || CannotRun(op, options_.facts) || CutsHugePages(op, process) ||
      MapsFirstPage(op)) {
    Drop();
    return std::nullopt;
  }
  const Range now = Range::Exactly(now_ + kSecondsPerStep);
  next_ = state_;
  Prediction prediction = TryCall(next_, process, op, now);
  if (!CanGoOn(next_)) {
    Drop();
    return std::nullopt;
  }
  return Candidate{.process = process, .op = op, .prediction = std::move(prediction), .over = {}};
}

void Growth::Settle(Candidate& candidate) {
  if (candidate.settled) return;
  candidate.over = LetAllGoOn(next_, Range::Exactly(now_ + kSecondsPerStep));
  candidate.settled = true;
}

void Growth::Take(Candidate candidate) {
  Settle(candidate);
  std::swap(state_, next_);
  now_ += kSecondsPerStep;
  Step step;
  step.process = static_cast<int8_t>(candidate.process);
  step.op = candidate.op;
  scenario_.steps.push_back(std::move(step));
}

void Growth::Mark(const Step& step) {
  Step mark;
  mark.kind = step.kind;
  mark.schedule = step.schedule;
  scenario_.steps.push_back(std::move(mark));
}

void Growth::EndSleepers() {
  for (const int victim : Stuck()) {
    const auto sleeps = [&] { return state_.process(victim).pending.has_value(); };
    const std::vector<int> able = Able();
    for (size_t i = 0; i < able.size() && sleeps(); ++i) {
      Kill kill;
      kill.target.index = static_cast<int8_t>(victim);
      auto candidate = TryOp(able[i], kill);
      if (!candidate) continue;
      Settle(*candidate);
      if (candidate->prediction.what == Predicted::kReturns) {
        Take(std::move(*candidate));
      } else {
        Drop();
      }
    }
  }
}

void Growth::Ipcs() {
  Step step;
  step.kind = Step::Kind::kIpcs;
  scenario_.steps.push_back(std::move(step));
}

}  // namespace ipcrig
