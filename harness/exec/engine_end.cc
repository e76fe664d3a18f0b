// SPDX-License-Identifier: Apache-2.0
//
// The part of the engine that ends scenarios: processes are kept, or killed and waited for.
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/clock.h"
#include "exec/engine.h"
#include "exec/requirements.h"
#include "exec/views.h"

namespace ipcrig {
namespace {

constexpr int64_t kDyingUs = 1000000;  // how long killed processes may take to be gone

}  // namespace

void Engine::EndProcess(int process) {
  const int pidfd = runner(lane(process).leader).pidfd.get();
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  ForProcess(process, [](Runner& thread) { thread.must_end = true; });
}

void Engine::Close() {
  if (ending_ == Ending::kKeep) {
    LookWhoIsGone();
    Settle(EarliestSecond());
  }
  if (!stopped_) EmitSnapshot(-1, "end", LookAtTheEnd());
  const bool keeps = ending_ == Ending::kKeep && MayKeep();
  if (keeps && EndSome(false) && !stopped_) EmitSnapshot(-1, "after exit");
  if (keeps && !stopped_) {
    Keep();
  } else {
    EndEverybody();
    FindSurvivors();
    if (!stopped_) EmitSnapshot(-1, "after exit");
    RemoveObjects();
    if (!stopped_) EmitSnapshot(-1, "after removal");
  }
  spoilt_ = !limits_.PutBack() || spoilt_;
}

void Engine::EndEverybody() {
  EndSome(true);
  Settle(EarliestSecond());
  DismissCrew();
}

// Processes die one after the other, so that what each leaves behind can be judged; in a hurry all
// at once. Answers whether there were any.
bool Engine::EndSome(bool all) {
  deadline_us_ = std::max(deadline_us_, MonotonicUs() + kDyingUs);
  bool some = false;
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto process = static_cast<int>(i);
    const Runner& self = runner(process);
    if (self.life == Life::kUnborn || self.life == Life::kGone) continue;
    if (!all && CanKeep(self)) continue;
    const int64_t from = EarliestSecond();
    Emit({.kind = Event::Kind::kClose, .process = process, .from = from});
    EndProcess(process);
    if (!stopped_) Settle(from);
    some = true;
  }
  return some;
}

// Whether those that are as they were can go on: where a call has begun a process, there may be
// others that nobody knows of.
bool Engine::MayKeep() const {
  const std::vector<bool> made = MadeByLines(scenario());
  return !stopped_ && isolation_ != Isolation::kShared &&
         std::find(made.begin(), made.end(), true) == made.end();
}

// What a call may leave in the process that makes it.
void Engine::NoteMarks(Runner& self, const Op& op) {
  self.marked = self.marked || LeavesAMark(op) || (self.has_pipe && MakesAPipe(op));
  self.has_pipe = self.has_pipe || MakesAPipe(op);
  self.has_settings = self.has_settings || LeavesSettings(op);
}

bool Engine::CanKeep(const Runner& self) {
  return self.life == Life::kIdle && !self.marked && !self.stopped && !self.must_end;
}

// The worker gives back what it holds. One that cannot is ended.
void Engine::TidyUp(int process) {
  Runner& self = runner(process);
  Lane& mine = lane(process);
  if (mine.range_count == 0 && !self.has_pipe && !self.has_settings) return;
  mine.task = self.has_settings ? Task::kReset : Task::kTidy;
  mine.command.fetch_add(1, std::memory_order_release);
  FutexWake(mine.command);
  while (!HasAnswered(mine) && !TimeIsUp()) {
    WaitForAnswer(*board_, board_->answers.load(), kLookAgainUs);
  }
  self.has_pipe = self.has_settings = false;
  self.marked = mine.kind != Outcome::Kind::kReturned;
}

// Workers give back what they hold, objects are removed, and the namespace has to be empty then.
void Engine::Keep() {
  if (crew_.size() < runners_.size()) crew_.resize(runners_.size());
  for (size_t i = 0; i < runners_.size(); ++i) {
    const auto process = static_cast<int>(i);
    if (runner(process).life == Life::kIdle) TidyUp(process);
    crew_[i] = std::move(runners_[i]);
    if (!CanKeep(crew_[i])) Dismiss(process);
  }
  if (!IsNamespaceEmpty()) RemoveObjects();
  if (!IsNamespaceEmpty()) {
    EmitSnapshot(-1, "after removal");
    spoilt_ = true;
  }
}

// Ends a worker that was kept.
void Engine::Dismiss(int process) {
  kill(board_->pids[process], SIGKILL);
  waitpid(board_->pids[process], nullptr, 0);
  crew_[static_cast<size_t>(process)] = Runner{};
}

void Engine::DismissCrew() {
  for (size_t i = 0; i < crew_.size(); ++i) {
    if (crew_[i].life == Life::kIdle) Dismiss(static_cast<int>(i));
  }
  crew_.clear();
}

void Engine::Renew() {
  DismissCrew();
  spoilt_ = isolation_ == Isolation::kShared || unshare(CLONE_NEWIPC) != 0;
  runs_here_ = 0;
}

}  // namespace ipcrig
