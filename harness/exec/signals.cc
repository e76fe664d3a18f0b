// SPDX-License-Identifier: Apache-2.0
//
// Signals, and the clock that the kernel takes its seconds from.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "exec/pids.h"

namespace ipcrig {
namespace {

// Beyond the beginning of a second: the kernel's clock is up to a tick behind.
constexpr long kIntoSecondNs = 100'000'000;

void DoNothing(int) {}

// Whose default action the target has replaced with a function.
bool IsHandled(Worker& worker, const Kill& call) {
  const Lane& theirs = worker.board().lanes[call.target.index];
  const uint32_t handled = worker.board().lanes[theirs.leader].handled;
  return (handled & SignalBit(call.signal.number)) != 0;
}

bool HasCome(const timespec& when) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec > when.tv_sec || (now.tv_sec == when.tv_sec && now.tv_nsec >= when.tv_nsec);
}

}  // namespace

void Kill::Call(Worker& worker) const {
  const pid_t pid = PidOf(worker, target.index);
  if (pid <= 0) return worker.AnswerError(ESRCH);
  // A handler runs in one thread; which one is the kernel's choice unless it is told.
  const ThreadNumbers numbers = ThreadOf(worker, target.index);
  if (numbers.thread > 0 && IsHandled(worker, *this)) {
    return worker.Answer(syscall(SYS_tgkill, numbers.process, numbers.thread, signal.number));
  }
  worker.Answer(kill(pid, signal.number));
}

void Sigaction::Call(Worker& worker) const {
  struct sigaction action = {};
  action.sa_handler = DoNothing;
  action.sa_flags = static_cast<int>(flags.bits);
  const int64_t value = sigaction(signal.number, &action, nullptr);
  worker.Answer(value);
  if (value != 0) return;
  worker.home().handled |= SignalBit(signal.number);
  worker.home().ignored &= ~SignalBit(signal.number);
}

void SignalAction::Call(Worker& worker) const {
  const bool ignore = action.Is("SIG_IGN");
  const bool failed = ::signal(signal.number, ignore ? SIG_IGN : SIG_DFL) == SIG_ERR;
  worker.Answer(failed ? -1 : 0);
  if (failed) return;
  const uint32_t bit = SignalBit(signal.number);
  worker.home().handled &= ~bit;
  worker.home().ignored = ignore ? worker.home().ignored | bit : worker.home().ignored & ~bit;
}

void NextSecond::Call(Worker& worker) const {
  timespec then = {};
  clock_gettime(CLOCK_REALTIME, &then);
  then = {then.tv_sec + 1, kIntoSecondNs};
  const uint32_t nobody = 0;  // wakes this futex: it waits for the clock
  while (!HasCome(then)) {
    syscall(SYS_futex, &nobody, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &then, nullptr,
            FUTEX_BITSET_MATCH_ANY);
  }
  worker.Answer(0);
}

}  // namespace ipcrig
