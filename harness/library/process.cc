// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
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

bool Process::HasEnded() {
  while (!reaped_ && pid_ > 0) {
    const pid_t found = waitpid(pid_, &status_, WNOHANG);
    if (found == 0) return false;
    if (found < 0 && errno == EINTR) continue;
    reaped_ = true;
    if (found < 0) status_ = -1;
    RecordEnd(pid_);
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

// False: it slept for ever, was told and was killed.
bool Process::AwaitEnd(Where where) {
  constexpr int kLookAgain_ms = 5;
  const UniqueFd end(pid_ > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)) : -1);
  bool stuck = false;
  while (!HasEnded()) {
    pollfd ended = {end.get(), POLLIN, 0};
    const bool at_once = end.ok() ? poll(&ended, 1, kLookAgain_ms) != 0 : sched_yield() != 0;
    // The last to run may have been this one, which has ended.
    if (stuck || at_once || !rig_.state_->Stuck() || HasEnded()) continue;
    stuck = true;
    const ProcessLook look = LookAt(pid_);
    const Call call = look.calls.empty() ? Call::kNone : *look.calls.begin();
    Fail(where,
         fmt::format("{} sleeps in {}, and nobody is left to wake it", name_, CallText(call)));
    Kill();
  }
  return !stuck;
}

Ended Process::Wait(Where where) {
  waited_ = true;
  AwaitEnd(where);
  if (pid_ <= 0 || status_ == -1) return {};
  if (WIFEXITED(status_)) return {true, WEXITSTATUS(status_), 0};
  return {false, 0, WTERMSIG(status_)};
}

bool Process::IsBlocked(Call call) const {
  return pid_ > 0 && !reaped_ && LookAt(pid_).calls.count(call) > 0;
}

bool Process::AwaitBlocked(Call call, Where where) {
  while (!HasEnded()) {
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
  const std::string ended = HasEnded() && !rig_.expired() ? ", it " + Wait().Text() : "";
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
  if (pid_ <= 0 || HasEnded()) return;
  kill(pid_, SIGSTOP);
  siginfo_t info = {};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
}

void Process::Continue() {
  if (pid_ > 0 && !HasEnded()) kill(pid_, SIGCONT);
}

void Process::Kill(int signal) {
  if (pid_ <= 0 || HasEnded()) return;
  killed_ = true;
  kill(pid_, signal);
}

}  // namespace v0
}  // namespace ipcrig
