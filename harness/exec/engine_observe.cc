// SPDX-License-Identifier: Apache-2.0
//
// The part of the engine that observes: who has answered, who sleeps, who is stopped, who is gone.
#include <poll.h>

#include <ctime>

#include "base/clock.h"
#include "exec/cleanup.h"
#include "exec/engine.h"
#include "exec/requirements.h"

namespace ipcrig {
namespace {

constexpr int64_t kLookAtClockUs = 20000;  // between two looks while a process waits for a second

bool IsGone(const ProcLook& look) {
  return look.state == '?' || look.state == 'Z' || look.state == 'X';
}

// The kernel takes its seconds from a clock that is up to a tick behind.
constexpr int64_t kClockLagNs = 100'000'000;

}  // namespace

int64_t EarliestSecond() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_nsec < kClockLagNs ? now.tv_sec - 1 : now.tv_sec;
}

int64_t LatestSecond() { return time(nullptr); }

bool MaySleep(const Op& op) {
  if (std::holds_alternative<Exit>(op)) return false;
  const auto* timed = std::get_if<Semtimedop>(&op);
  return timed == nullptr || !timed->timeout.Short();
}

// What is known of a call before it is made.
void Engine::BeforeCall(int process, const Op& op) {
  runner(process).must_end = std::holds_alternative<ThreadExit>(op);
  if (std::holds_alternative<Exit>(op)) {
    ForProcess(process, [](Runner& thread) { thread.must_end = true; });
  }
  if (Executes(op) && lane(process).leader == process) {
    ForProcess(process, [](Runner& thread) { thread.replaced = true; });
    runner(process).replaced = false;
  }
}

// Whether it cannot do anything while the engine looks: it is not there, waits for a command, or
// sleeps and would run now, before the engine, if it had been woken.
bool Engine::IsAtRest(const Runner& self) const {
  if (self.life == Life::kUnborn || self.life == Life::kGone) return true;
  if (self.must_end || self.replaced || self.stopped) return false;
  const bool asleep = self.life == Life::kCalling && self.seen_asleep && !self.seen_stopped;
  return self.life == Life::kIdle || (asleep && board_->realtime != 0);
}

// Waits until nobody runs: a whole round in which nothing new was seen, or after which nobody has
// anything left to do. Who was idle and is gone is noticed later where processes are kept: Close().
void Engine::Settle(int64_t from) {
  for (int round = 0;; ++round) {
    const uint32_t answers = board_->answers.load(std::memory_order_acquire);
    bool changed = false;
    bool quiet = true;
    if (round > 0 || ending_ == Ending::kAll) LookWhoIsGone();
    for (size_t i = 0; i < runners_.size(); ++i) {
      const auto process = static_cast<int>(i);
      const Life life = runner(process).life;
      const bool stopped = runner(process).stopped;
      runner(process).quiet = Observe(process, from);
      quiet = quiet && runner(process).quiet;
      changed = changed || runner(process).life != life || runner(process).stopped != stopped;
    }
    const auto at_rest = [&](const Runner& self) { return IsAtRest(self); };
    if (quiet && (!changed || std::all_of(runners_.begin(), runners_.end(), at_rest))) return;
    if (changed) continue;
    if (round >= kLeastRounds && TimeIsUp()) return ReportBusy();
    WaitAWhile(answers);
  }
}

// The engine and its workers share what time a processor has for them: as long as the engine is
// kept from running they are, too, and time does not pass for them.
void Engine::WaitAWhile(uint32_t answers) {
  constexpr int64_t kLateUs = 20000;
  const int64_t wait_us = AwaitsTheClock() ? kLookAtClockUs : kLookAgainUs;
  const int64_t before = MonotonicUs();
  WaitForAnswer(*board_, answers, wait_us);
  const int64_t late = MonotonicUs() - before - wait_us;
  if (late > kLateUs) deadline_us_ += late;
}

// Whether somebody waits for the next second, which ends with an answer.
bool Engine::AwaitsTheClock() {
  for (size_t i = 0; i < runners_.size(); ++i) {
    if (IsInCall<NextSecond>(static_cast<int>(i))) return true;
  }
  return false;
}

// Notes what became of a process; false while it may still be running.
bool Engine::Observe(int process, int64_t from) {
  Runner& self = runner(process);
  if (self.life == Life::kUnborn || self.life == Life::kGone) return true;
  if (CollectEnd(process, from)) return true;
  Lane& mine = lane(process);
  switch (self.life) {
    case Life::kStarting:
      if (mine.ready.load(std::memory_order_acquire) == 0) return false;
      self.watch = ProcWatch(mine.proc_pid);
      self.life = Life::kIdle;
      return true;
    case Life::kIdle:
      if (self.must_end || self.replaced) return false;
      return !self.stopped || self.watch.Look().state == 'T';
    case Life::kCalling:
      return ObserveCall(process, from);
    default:
      return true;
  }
}

bool Engine::ObserveCall(int process, int64_t from) {
  Runner& self = runner(process);
  Lane& mine = lane(process);
  if (HasAnswered(mine)) {
    if (ChangesItsUser(mine.leader)) return false;
    CollectReply(process, from);
    return !self.must_end;
  }
  if (self.must_end || self.replaced) return false;
  // Somebody may have woken it who did not see it run: it waits for a lock or a page, or it is kept
  // from running. Or it has just answered, and sleeps until its next call.
  if (self.seen_asleep && IsAtRest(self)) return self.watch.IsAsleep() && !HasAnswered(mine);
  const ProcLook look = self.watch.Look();
  if (look.state == 'T') {
    // One that stops itself is seen here before its call has answered.
    ForProcess(process, [](Runner& thread) { thread.stopped = true; });
    self.seen_stopped = true;
    return true;
  }
  const int call = mine.syscall.load(std::memory_order_acquire);
  const bool in_call = look.syscall == call || !self.watch.SeesSyscalls();
  if (self.stopped || look.state != 'S' || call < 0 || !in_call || !MaySleep(mine.op)) return false;
  if (!self.seen_asleep) {
    self.seen_asleep = true;
    Emit({.kind = Event::Kind::kAsleep,
          .step = self.step,
          .process = process,
          .outcome = Outcome::Returned(call)});
  }
  return true;
}

// nptl(7): setuid(2) of one thread interrupts the others, and where one of them may not follow it
// ends the process. What they have answered meanwhile counts when that is decided.
bool Engine::ChangesItsUser(int leader) {
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto process = static_cast<int>(i);
    const Lane& mine = lane(process);
    if (mine.leader != leader || runner(process).life != Life::kCalling) continue;
    if (!HasAnswered(mine) && IsOneOf<Setuid, Setgid, Setgroups>(mine.op)) return true;
  }
  return false;
}

// Which processes have ended since.
void Engine::LookWhoIsGone() {
  pollfd watched[kMaxProcesses];
  Runner* leaders[kMaxProcesses];
  nfds_t count = 0;
  for (Runner& self : runners_) {
    if (!self.pidfd.ok() || self.gone) continue;
    watched[count] = {self.pidfd.get(), POLLIN, 0};
    leaders[count++] = &self;
  }
  if (poll(watched, count, 0) <= 0) return;
  for (nfds_t i = 0; i < count; ++i) leaders[i]->gone = watched[i].revents != 0;
}

bool Engine::IsLastThread(int process) {
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto other = static_cast<int>(i);
    const Life life = runner(other).life;
    const bool lives = life != Life::kGone && life != Life::kUnborn;
    if (other != process && lives && lane(other).leader == lane(process).leader) return false;
  }
  return true;
}

// How a process that is gone has ended; nothing for the moment until whoever waited for it says so.
std::optional<Outcome> Engine::EndOfProcess(int leader) {
  const Lane& mine = lane(leader);
  std::optional<int> status = runner(leader).watch.Look().exit_status;
  if (mine.reaped.load(std::memory_order_acquire) != 0) status = mine.end_status;
  if (!status && !TimeIsUp()) return std::nullopt;
  return EndFromStatus(status.value_or(0));
}

// How the thread has ended, if it has. A process is gone with its last thread; a leader that ends
// before the others stays as a zombie.
std::optional<Outcome> Engine::FindEnd(int process) {
  const Outcome left{Outcome::Kind::kExited, 0};
  const Runner& self = runner(process);
  const int leader = lane(process).leader;
  if (process == leader) {
    if (runner(leader).gone) return EndOfProcess(leader);
    const bool leaves = IsInCall<ThreadExit>(process) && self.watch.Look().state == 'Z';
    return leaves ? std::optional(left) : std::nullopt;
  }
  const bool leaves = IsInCall<ThreadExit>(process) || self.replaced;
  // The process may be gone a moment later, if it has threads that no scenario knows: an
  // emulator's.
  const bool waits = IsLastThread(process) && !runner(leader).gone;
  if (leaves && !waits && IsGone(self.watch.Look())) return left;
  // The leader's end is told first.
  const bool ended = runner(leader).life == Life::kGone && runner(leader).gone;
  return ended ? EndOfProcess(leader) : std::nullopt;
}

bool Engine::CollectEnd(int process, int64_t from) {
  Runner& self = runner(process);
  std::optional<Outcome> end = FindEnd(process);
  if (!end) return false;
  if (IsInCall<ExecProgram>(process)) end->bytes = ReadOutput(lane(process).output);
  self.life = Life::kGone;
  Emit({.kind = Event::Kind::kEnded,
        .step = self.step,
        .process = process,
        .from = from,
        .to = LatestSecond(),
        .outcome = *end});
  return true;
}

Outcome Engine::ReplyOf(int process) const {
  const Lane& mine = board_->lanes[process];
  return {mine.kind,
          mine.value,
          {mine.numbers, mine.numbers + mine.number_count},
          std::string(mine.bytes, mine.byte_count)};
}

void Engine::CollectReply(int process, int64_t from) {
  Runner& self = runner(process);
  Event event{.kind = Event::Kind::kReturn,
              .step = self.step,
              .process = process,
              .from = from,
              .to = LatestSecond()};
  event.outcome = ReplyOf(process);
  self.life = Life::kIdle;
  AfterReply(process, event.outcome);
  Emit(event);
}

// What the engine itself has to know of a call that returned.
void Engine::AfterReply(int process, const Outcome& outcome) {
  const Op& op = lane(process).op;
  if (outcome.kind != Outcome::Kind::kReturned) {
    if (Executes(op)) ForProcess(process, [](Runner& thread) { thread.replaced = false; });
    return;
  }
  if (const int child = ChildOf(op); child >= 0) Adopt(child);
  if (const auto kind = CreatesWhat(op)) created_.emplace_back(*kind, outcome.value);
  if (const auto* kill = std::get_if<Kill>(&op)) AfterKill(process, *kill);
}

// What a signal that was sent will do. The first process of a nested PID namespace gets only what
// it handles, and SIGKILL and SIGSTOP from outside: pid_namespaces(7).
void Engine::AfterKill(int sender, const Kill& kill) {
  const int target = lane(kill.target.index).leader;
  const int number = kill.signal.number;
  const Lane& process = lane(target);
  const bool forced = number == abi::kSigkill || number == abi::kSigstop;
  const bool inside = lane(sender).leader == target;
  const bool spared = process.init != 0 && (inside || !forced);
  if (number == abi::kSigcont) {
    ForProcess(target, [](Runner& thread) {
      thread.stopped = false;
      thread.must_end = thread.must_end || thread.ends_later;
    });
    return;
  }
  // Whoever stopped itself says so when it goes on.
  if (number == abi::kSigstop && inside && runner(sender).seen_stopped) return;
  const bool replaced = ((process.handled | process.ignored) & SignalBit(number)) != 0;
  if (spared || (replaced && !forced)) return;
  ForProcess(target, [&](Runner& thread) {
    if (number == abi::kSigstop) {
      thread.stopped = true;
    } else if (thread.stopped && !forced) {
      thread.ends_later = true;
    } else {
      thread.must_end = true;
    }
  });
}

}  // namespace ipcrig
