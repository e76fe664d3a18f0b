// SPDX-License-Identifier: Apache-2.0
//
// Still: what is needed of a thread to unwind its stack when it has long gone on.
//
//   Still still = TakeStill(thread);  // in a ptrace-stop of the caller
//
// It costs a few system calls and as much memory as the thread has on its stack, at most 256 KiB.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ipcrig {

constexpr uint64_t kMostStack = 262144;

struct Still {
  std::string registers;  // as PTRACE_GETREGSET gives NT_PRSTATUS
  std::string maps;       // /proc/PID/maps
  uint64_t stack_at = 0;  // where `stack` begins: at the stack pointer
  std::string stack;
  uint64_t vdso_at = 0;  // vdso(7) of a 32-bit program, by which it makes its calls
  std::string vdso;

  bool IsNarrow() const;  // of a 32-bit program
};
Still TakeStill(pid_t thread);

// The files that are mapped as code, each once.
std::vector<std::string> CodeFiles(const std::string& maps);

// Of /proc/PID/maps what says which code is where: the lines of executable mappings.
std::string CodeLines(const std::string& maps);

}  // namespace ipcrig
