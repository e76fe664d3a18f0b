// SPDX-License-Identifier: Apache-2.0
//
// ProcWatch: is this process asleep, and in which system call?
//
// A call is never assumed to block because it takes long; it is observed. proc(5): the state of a
// sleeping process in /proc/PID/stat is S, and /proc/PID/syscall begins with the number of the call
// it sleeps in. Where the latter cannot be read (hidden, or a kernel without it), the state alone
// has to do; it is reliable because nothing else runs while the engine looks.
//
//   ProcWatch watch(proc_pid);
//   ProcLook look = watch.Look();
//   if (look.state == 'S' && look.syscall == SYS_msgrcv) ...   // blocked
#pragma once

#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace ipcrig {

struct ProcLook {
  char state = '?';                // R, S, D, T, Z, X of proc(5); '?' where the process is gone
  int syscall = -1;                // -1: none, running, or unreadable
  std::optional<int> exit_status;  // the wait status, of a zombie
};

// "asleep in msgrcv", "state R": for people.
std::string Describe(const ProcLook& look);

// Whether /proc/PID/syscall, where it can be read, has this program's numbers: not under an
// emulator.
bool SyscallNumbersAreOurs();

class ProcWatch {
 public:
  ProcWatch() = default;
  explicit ProcWatch(int proc_pid);

  ProcLook Look() const;
  // Whether its state is S: Look() at half the price.
  bool IsAsleep() const;
  // Whether /proc/PID/syscall can be read here, and its numbers are those of this program.
  bool SeesSyscalls() const { return syscall_.ok(); }

 private:
  UniqueFd stat_;
  UniqueFd syscall_;
};

}  // namespace ipcrig
