// SPDX-License-Identifier: Apache-2.0
//
// Attachment: the few microseconds for which a thread is traced, so that the result of one call can
// be read and the stack unwound.
//
// A thread waits in the kernel while its call is judged by the supervisor (trace/filter.h). It is
// seized and told to stop; then its call is let go. A call that does not sleep is complete when the
// thread stops on its way back to the program: one stop, with the result in its register. A call
// that may sleep is answered with ERESTARTNOINTR, so that it begins again under observation: a stop
// before, one at its entry, and one at its exit.
//
//   Attach(thread)                       PTRACE_SEIZE, PTRACE_INTERRUPT
//   StopOf(status)                       what a wait(2) status means
//   ReturnValue(thread)                  of the stopped call
//   Detach(thread, signal)               it goes on, with a signal where there was one
//
// Nothing is attached for longer than that, so debuggers and LeakSanitizer work as ever.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace ipcrig {

// Kernel-internal answers of a system call, which programs do not see.
inline constexpr int kRestartNoInterrupt = 513;  // ERESTARTNOINTR: call again, whatever happens
inline constexpr int kRestartNoHandler = 514;    // ERESTARTNOHAND: again, unless a handler runs
inline constexpr int kRestartSystem = 512;       // ERESTARTSYS
inline constexpr int kRestartBlock = 516;        // ERESTART_RESTARTBLOCK

enum class Stop {
  kGone,     // it ended
  kTrap,     // asked for by Attach, or a group-stop
  kSyscall,  // entry or exit, after ContinueToSyscall
  kSignal,   // about to be delivered
};
Stop StopOf(int wait_status);

// errno, or 0.
int Attach(pid_t thread);
void ContinueToSyscall(pid_t thread, int signal);
void Detach(pid_t thread, int signal);

std::optional<int64_t> ReturnValue(pid_t thread, bool compat);
bool SetReturnValue(pid_t thread, int64_t value);

}  // namespace ipcrig
