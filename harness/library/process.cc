// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "library/rig_state.h"

namespace ipcrig {
inline namespace v0 {
namespace {

std::string SignalText(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

}  // namespace

std::string Ended::Text() const {
  if (exited) return fmt::format("exited with {}", code);
  return signal == 0 ? "reaped by somebody else" : "killed by " + SignalText(signal);
}

Process::Process(Rig& rig, std::string name, int slot, Where where)
    : rig_(rig), name_(std::move(name)), slot_(slot), where_(where) {}

// Whether it has ended.
bool Process::Poll(bool block) {
  while (!reaped_) {
    const pid_t found = waitpid(pid_, &status_, block ? 0 : WNOHANG);
    if (found == 0) return false;
    if (found < 0 && errno == EINTR) continue;
    reaped_ = true;
    if (found < 0) status_ = -1;
    ProcessSlot& slot = rig_.state_->board->slots[slot_];
    slot.pid = 0;
    if (slot.exec_errno != 0) {
      Fail(where_, fmt::format("{} cannot be executed: {}", name_, strerror(slot.exec_errno)));
      waited_ = true;
    }
    rig_.PassOnFailures();
  }
  return true;
}

Ended Process::Wait() {
  waited_ = true;
  if (pid_ > 0) Poll(true);
  if (pid_ <= 0 || status_ == -1) return {};
  if (WIFEXITED(status_)) return {true, WEXITSTATUS(status_), 0};
  return {false, 0, WTERMSIG(status_)};
}

bool Process::AwaitBlocked(Call call, Where where) {
  while (pid_ > 0 && !Poll(false)) {
    const ProcessLook look = LookAt(pid_);
    if (look.calls.count(call) > 0) return true;
    if (!look.unreadable.empty()) {
      Fail(where, fmt::format("whether {} sleeps cannot be seen: {}", name_, look.unreadable));
      return false;
    }
    if (rig_.expired()) break;
    sched_yield();
  }
  rig_.PassOnFailures();
  const bool waited = waited_;
  const std::string ended =
      pid_ > 0 && Poll(false) && !rig_.expired() ? ", it " + Wait().Text() : "";
  waited_ = waited;
  Fail(where, fmt::format("{} was not seen asleep in {}{}", name_, CallText(call), ended));
  return false;
}

void Process::Arm(KillAt point) {
  ProcessSlot& slot = rig_.state_->board->slots[slot_];
  slot.kill_call = static_cast<int32_t>(Call::kNone);
  slot.calls = 0;
  slot.kill_n = point.n;
  slot.kill_when = static_cast<int32_t>(point.when);
  slot.kill_call = static_cast<int32_t>(point.call);
}

bool Process::ReachedKillPoint() const { return rig_.state_->board->slots[slot_].reached != 0; }

void Process::Stop() {
  if (pid_ <= 0 || Poll(false)) return;
  kill(pid_, SIGSTOP);
  siginfo_t info = {};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
}

void Process::Continue() {
  if (pid_ > 0 && !Poll(false)) kill(pid_, SIGCONT);
}

void Process::Kill(int signal) {
  if (pid_ <= 0 || Poll(false)) return;
  killed_ = true;
  kill(pid_, signal);
}

}  // namespace v0
}  // namespace ipcrig
