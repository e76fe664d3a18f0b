// SPDX-License-Identifier: Apache-2.0
//
// Still: what is needed of a thread to unwind its stack when it has long gone on.
//
//   Still still = TakeStill(process, thread);  // in a ptrace-stop of the caller
//
// It costs a few system calls and at most 64 KiB.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ipcrig {

struct Still {
  std::string registers;  // as PTRACE_GETREGSET gives NT_PRSTATUS
  std::string maps;       // /proc/PID/maps
  uint64_t stack_at = 0;  // where `stack` begins: at the stack pointer
  std::string stack;
};
Still TakeStill(pid_t process, pid_t thread);

// The files that are mapped as code, each once.
std::vector<std::string> CodeFiles(const std::string& maps);

// Of /proc/PID/maps what says which code is where: the lines of executable mappings.
std::string CodeLines(const std::string& maps);

}  // namespace ipcrig
