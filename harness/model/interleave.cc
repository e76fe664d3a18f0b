// SPDX-License-Identifier: Apache-2.0
#include "model/interleave.h"

#include <algorithm>
#include <utility>

#include "model/accept.h"
#include "model/mappings.h"
#include "model/progress.h"
#include "model/semaphores.h"
#include "model/signals.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;
using What = Known::What;

constexpr int64_t kLongTime = 3600;  // seconds: a time limit that does not end by itself

Racer& RacerOf(Interleaving& at, int process) { return at.racers[static_cast<size_t>(process)]; }

// The totals of *_INFO, which are read one after the other.
bool CountsObjects(const Op& op) {
  return IsOneOf<ShmctlIpcInfo, ShmctlShmInfo, MsgctlIpcInfo, MsgctlMsgInfo, SemctlIpcInfo,
                 SemctlSemInfo>(op);
}

// shmat(2) counts its attach before it maps the segment, and notes time and process after that.
bool FitsDuringAttaches(const Expected& expected, const Outcome& seen, const Op& op, int attaches) {
  if (seen.numbers.size() != expected.numbers.size() || seen.value != expected.value) return false;
  const auto names = OpReplyNames(op);
  for (size_t i = 0; i < seen.numbers.size(); ++i) {
    Range range = expected.numbers[i];
    const std::string_view name = i < names.size() ? names[i] : "";
    if (name == "atime" || name == "lpid") continue;
    if (name == "nattch") range.to += attaches;
    if (!range.Contains(seen.numbers[i])) return false;
  }
  return true;
}

bool Fits(const Expected& expected, const Known& known, const Op& op) {
  if (known.what != What::kReturned) return known.what == What::kAnything;
  const Outcome& seen = *known.outcome;
  if (expected.Matches(seen)) return true;
  if (expected.kind != seen.kind) return false;
  if (seen.kind == Outcome::Kind::kFailed) {
    return known.removal && seen.value == EIDRM && expected.value == EINVAL;
  }
  if (!known.atomic && CountsObjects(op)) return true;
  return known.attaches > 0 && IsOneOf<ShmctlStat, ShmctlIndex>(op) &&
         FitsDuringAttaches(expected, seen, op, known.attaches);
}

// A semtimedop whose time will be up, with its limit out of the way; of other calls nothing.
std::optional<Op> WithoutLimit(const Op& op) {
  const auto* timed = std::get_if<Semtimedop>(&op);
  if (timed == nullptr || !timed->timeout.Short()) return std::nullopt;
  const Timeout& timeout = timed->timeout;
  if (timeout.seconds < 0 || timeout.nanoseconds < 0 || timeout.nanoseconds > 999'999'999) {
    return std::nullopt;
  }
  Semtimedop patient = *timed;
  patient.timeout.seconds = kLongTime;
  return patient;
}

// What IPC_SET and kill(2) leave different in a race from when all is quiet.
class Aftermath {
 public:
  Aftermath(const Interleaving& at, const Op& op) {
    kill_ = std::get_if<Kill>(&op);
    set_ = std::holds_alternative<MsgctlSet>(op);
    if (kill_ == nullptr && !set_) return;
    for (const ProcessState& process : at.state.processes) {
      since_.push_back(process.since);
      fates_.push_back(process.fate);
      asleep_.push_back(process.pending.has_value());
    }
  }

  void Apply(Interleaving& at, const Outcome& outcome) const {
    if (outcome.kind != Outcome::Kind::kReturned) return;
    if (set_) Loosen(at);
    if (kill_ != nullptr) Signal(at, *kill_);
  }

 private:
  // Receivers that IPC_SET has woken keep their place until they run.
  void Loosen(Interleaving& at) const {
    for (size_t i = 0; i < since_.size(); ++i) {
      ProcessState& process = at.state.processes[i];
      if (!std::exchange(process.roused, false)) continue;
      process.since = since_[i];
      at.racers[i].loose = true;
    }
  }

  void Signal(Interleaving& at, const Kill& kill) const {
    State& state = at.state;
    // The first end that a process is sent to is the one that it comes to.
    for (size_t i = 0; i < fates_.size(); ++i) {
      if (fates_[i] && state.processes[i].fate) {
        state.processes[i].fate = fates_[i];
        state.LeaderOf(static_cast<int>(i)).end = *fates_[i];
      }
    }
    const auto victim = static_cast<size_t>(kill.target.index);
    const auto& signals = state.LeaderOf(kill.target.index).signals;
    const auto handling = signals.find(kill.signal.number);
    const bool handled = handling != signals.end() && !handling->second.ignored;
    if (handled && !asleep_[victim] && state.processes[victim].life == Life::kAlive) {
      at.racers[victim].signalled = kill.signal.number;
    }
  }

  const Kill* kill_ = nullptr;
  bool set_ = false;
  std::vector<int64_t> since_;
  std::vector<std::optional<Outcome>> fates_;
  std::vector<bool> asleep_;
};

}  // namespace

bool IsGranted(const State& state, int process) {
  if (state.rules.profile == Profile::kPosix) return false;
  const auto& pending = state.process(process).pending;
  return pending && IsOneOf<Semop, Semtimedop, Msgrcv>(*pending);
}

bool Points::Apply(Interleaving& at, Point point, const Op* op) {
  answers_.clear();
  examples_.clear();
  untouched_ = false;
  switch (point.kind) {
    case Point::Kind::kAttempt:
      return Attempt(at, point.process, *op);
    case Point::Kind::kLook:
      return Look(at, point.process);
    case Point::Kind::kInterrupt:
      return Interrupt(at, point.process);
    case Point::Kind::kTimeOut:
      return TimeOut(at, point.process);
    case Point::Kind::kEnd:
      return End(at, point.process);
  }
  return false;
}

Turn::Keep Points::KeepOf(int process) const {
  const Known& known = KnownOf(process);
  const bool exactly = known.what == What::kReturned && known.atomic && known.attaches == 0;
  return exactly && !known.removal ? Turn::Keep::kAgreeing : Turn::Keep::kAll;
}

bool Points::Attempt(Interleaving& at, int process, const Op& op) {
  State& state = at.state;
  Racer& racer = RacerOf(at, process);
  if (const auto* exit = std::get_if<Exit>(&op)) {
    const Outcome end{Outcome::Kind::kExited, exit->status.value};
    if (!state.process(process).fate) Doom(state, process, end);
    racer.exiting = true;
    return true;
  }
  const std::optional<Op> patient = WithoutLimit(op);
  const Op& asked = patient ? *patient : op;
  racer.times_out = patient.has_value();
  const Aftermath aftermath(at, op);
  Turn turn(state, process, SeenOf(process), now_, false, KeepOf(process));
  std::visit([&](const auto& call) { call.Model(turn); }, asked);
  if (turn.branches().empty()) {
    Sleep(at, turn, process, asked);
    return true;
  }
  if (!Take(at, turn, process, op)) {
    untouched_ = turn.untouched();
    return false;
  }
  aftermath.Apply(at, *answers_.back().outcome);
  return Grant(at);
}

void Points::Sleep(Interleaving& at, Turn& turn, int process, const Op& op) {
  FallAsleep(at.state, process, Resolved(turn, op));
  Racer& racer = RacerOf(at, process);
  const int signal = std::exchange(racer.signalled, 0);
  if (signal == 0) return;
  // Whether the handler has run by now, nobody knows.
  const Known& known = KnownOf(process);
  const bool meets_it = known.what == What::kReturned
                            ? *known.outcome == Outcome::Failed(EINTR)
                            : known.what == What::kAnything && choose_(2) == 1;
  if (meets_it) at.state.process(process).interrupted = signal;
}

bool Points::Look(Interleaving& at, int process) {
  ProcessState& me = at.state.process(process);
  if (!me.pending || me.stopped) return false;
  const Op op = *me.pending;
  Turn turn(at.state, process, SeenOf(process), now_, true, KeepOf(process));
  std::visit([&](const auto& call) { call.Model(turn); }, op);
  if (!turn.branches().empty()) return Take(at, turn, process, op) && Grant(at);
  if (turn.progressed()) return true;
  if (!std::exchange(RacerOf(at, process).loose, false)) {
    untouched_ = true;
    return false;
  }
  me.since = at.state.clock++;
  return true;
}

bool Points::Interrupt(Interleaving& at, int process) {
  const ProcessState& me = at.state.process(process);
  if (!me.pending || me.interrupted == 0) return false;
  const Op op = *me.pending;
  Turn turn(at.state, process, SeenOf(process), now_, true, KeepOf(process));
  InterruptCall(turn, op);
  return turn.branches().empty() || Take(at, turn, process, op);
}

bool Points::TimeOut(Interleaving& at, int process) {
  const ProcessState& me = at.state.process(process);
  if (!me.pending || !RacerOf(at, process).times_out) return false;
  const Op op = *me.pending;
  Turn turn(at.state, process, SeenOf(process), now_, true, KeepOf(process));
  turn.Fails(EAGAIN, "semop(2): the time limit of semtimedop has expired");
  return Take(at, turn, process, op);
}

bool Points::Grant(Interleaving& at) {
  if (at.state.rules.profile == Profile::kPosix) return true;
  bool granted = true;
  while (granted) {
    granted = false;
    if (!GrantOne(at, granted)) return false;
  }
  return true;
}

// Those who only wait for zero, then by arrival; of equals any may be the first.
void Points::OrderSleepers(const Interleaving& at) {
  const State& state = at.state;
  const auto key = [&](int i) {
    const ProcessState& sleeper = state.process(i);
    const auto sleep = SemSleepOf(*sleeper.pending);
    return sleep && OnlyWaitsForZero(*sleep->ops) ? -1 : sleeper.since;
  };
  order_.clear();
  for (int i = 0; i < std::ssize(state.processes); ++i) {
    const ProcessState& sleeper = state.process(i);
    if (!sleeper.pending || sleeper.stopped || !IsGranted(state, i)) continue;
    if (deaf_ && KnownOf(i).what == What::kAsleep) continue;
    order_.push_back(i);
  }
  if (order_.size() < 2) return;
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) { return key(a) < key(b); });
  for (auto first = order_.begin(); first != order_.end();) {
    const auto end =
        std::find_if(first, order_.end(), [&](int i) { return key(i) != key(*first); });
    if (end - first > 1) {
      std::rotate(first, first + choose_(static_cast<int>(end - first)), end);
    }
    first = end;
  }
}

// The first sleeper that can go on.
bool Points::GrantOne(Interleaving& at, bool& granted) {
  State& state = at.state;
  OrderSleepers(at);
  for (const int process : order_) {
    const Op& pending = *state.process(process).pending;
    Turn turn(state, process, SeenOf(process), now_, true, KeepOf(process));
    turn.HandOver();
    std::visit([&](const auto& call) { call.Model(turn); }, pending);
    if (turn.branches().empty()) continue;
    granted = true;
    const Op op = pending;
    return Take(at, turn, process, op);
  }
  return true;
}

bool Points::Take(Interleaving& at, Turn& turn, int process, const Op& op) {
  const Known& known = KnownOf(process);
  Branches& branches = turn.branches();
  const auto fits = [&](const Branch& branch) { return Fits(branch.expected, known, op); };
  auto branch = std::find_if(branches.begin(), branches.end(), fits);
  if (branch == branches.end()) {
    Misses(process, op, turn);
    return false;
  }
  const auto others = static_cast<int>(std::count_if(branch + 1, branches.end(), fits));
  for (int skip = others > 0 ? choose_(others + 1) : 0; skip > 0; --skip) {
    branch = std::find_if(branch + 1, branches.end(), fits);
  }
  const Outcome* outcome = known.outcome;
  if (outcome == nullptr) outcome = &examples_.emplace_front(branch->expected.Example());
  if (branch->next != nullptr) at.state = std::move(*branch->next);
  Finish(at, process, op, *outcome);
  answers_.push_back({process, outcome});
  return true;
}

void Points::Finish(Interleaving& at, int process, const Op& op, const Outcome& outcome) {
  ProcessState& me = at.state.process(process);
  ClearPending(me);
  me.interrupted = 0;
  if (outcome.kind == Outcome::Kind::kFailed) ForgetResult(at.state, process, op);
  Racer& racer = RacerOf(at, process);
  racer.loose = false;
  racer.times_out = false;
  racer.signalled = 0;
  if (outcome.Ended()) racer.leaving = racer.ended = true;
}

void Points::Misses(int process, const Op& op, const Turn& turn) {
  if (!explain_) return;
  misfit_ = {process, {}};
  for (const Branch& branch : turn.branches()) {
    misfit_.allowed.emplace_back(ExpectedText(op, branch.expected), branch.rule);
  }
}

int Points::CanGoOn(Interleaving& at, const std::function<bool(int process)>& skip) {
  State& state = at.state;
  for (int i = 0; i < std::ssize(state.processes); ++i) {
    ProcessState& sleeper = state.process(i);
    if (!sleeper.pending || sleeper.stopped || skip(i)) continue;
    const Op op = *sleeper.pending;
    Turn turn(state, i, nullptr, now_, true);
    if (sleeper.interrupted != 0) {
      InterruptCall(turn, op);
    } else if (RacerOf(at, i).times_out) {
      turn.Fails(EAGAIN, "semop(2): the time limit of semtimedop has expired");
    } else {
      std::visit([&](const auto& call) { call.Model(turn); }, op);
    }
    if (turn.branches().empty() && !turn.progressed()) continue;
    Misses(i, op, turn);
    return i;
  }
  return -1;
}

}  // namespace ipcrig
