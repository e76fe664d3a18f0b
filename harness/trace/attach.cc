// SPDX-License-Identifier: Apache-2.0
#include "trace/attach.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace ipcrig {
namespace {

// The general registers of a thread; those of a 32-bit program fill only a part.
struct Registers {
  union {
    user_regs_struct native;
    uint32_t narrow[17];  // of i386
  };
  size_t size = sizeof(native);

  bool Get(pid_t thread) {
    iovec place = {&native, sizeof(native)};
    if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &place) != 0) return false;
    size = place.iov_len;
    return true;
  }
  bool Set(pid_t thread) {
    iovec place = {&native, size};
    return ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &place) == 0;
  }
  bool IsNarrow() const { return size < sizeof(native); }
};

#if defined(__x86_64__)
constexpr int kNarrowEax = 6;
uint32_t* NarrowAnswer(Registers& registers) { return &registers.narrow[kNarrowEax]; }
unsigned long long* Answer(Registers& registers) {
  return reinterpret_cast<unsigned long long*>(&registers.native.rax);
}
#else
uint32_t* NarrowAnswer(Registers& registers) { return &registers.narrow[0]; }
unsigned long long* Answer(Registers& registers) { return &registers.native.regs[0]; }
#endif

}  // namespace

Stop StopOf(int wait_status) {
  constexpr int kSyscallTrap = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD
  if (!WIFSTOPPED(wait_status)) return Stop::kGone;
  if (wait_status >> 16 == PTRACE_EVENT_STOP) return Stop::kTrap;
  return WSTOPSIG(wait_status) == kSyscallTrap ? Stop::kSyscall : Stop::kSignal;
}

int Attach(pid_t thread) {
  if (ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD) != 0) return errno;
  if (ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) return errno;
  return 0;
}

void ContinueToSyscall(pid_t thread, int signal) {
  (void)ptrace(PTRACE_SYSCALL, thread, nullptr, static_cast<long>(signal));
}

void Detach(pid_t thread, int signal) {
  (void)ptrace(PTRACE_DETACH, thread, nullptr, static_cast<long>(signal));
}

std::optional<int64_t> ReturnValue(pid_t thread, bool compat) {
  Registers registers;
  if (!registers.Get(thread)) return std::nullopt;
  if (registers.IsNarrow()) return static_cast<int32_t>(*NarrowAnswer(registers));
  const auto value = static_cast<int64_t>(*Answer(registers));
  return compat ? static_cast<int32_t>(value) : value;
}

bool SetReturnValue(pid_t thread, int64_t value) {
  Registers registers;
  if (!registers.Get(thread)) return false;
  if (registers.IsNarrow()) {
    *NarrowAnswer(registers) = static_cast<uint32_t>(value);
  } else {
    *Answer(registers) = static_cast<unsigned long long>(value);
  }
  return registers.Set(thread);
}

}  // namespace ipcrig
