// SPDX-License-Identifier: Apache-2.0
//
// What is asked of a traced run: the program, what of it is watched, and where it is to be killed.
//
//   TraceOptions options;
//   options.command = {"fakeroot", "true"};
//   options.crash = CrashPoint{.after = true, .identity = IdentityOf(recording, call)};
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trace/calls.h"
#include "trace/filter.h"

namespace ipcrig {

// One call of a program, said so that it is found again in a run where processes take turns in
// another order: the nth msgctl(2) of the second process that executes this file.
struct CallIdentity {
  std::string executable = {};
  int rank = 1;
  CallName name = CallName::kShmget;
  int nth = 1;
  bool operator==(const CallIdentity&) const = default;
};

// One call of one process. Processes are numbered from 1 in the order of their first IPC call, and
// so are the calls of each. That is its name; what is looked for is `identity`.
struct CrashPoint {
  int process = 1;
  int number = 1;
  bool after = false;  // its effect is there, and the program has not seen it return
  int signal = SIGKILL;
  bool tree = false;  // all processes, and not only the one that makes the call
  CallIdentity identity = {};
  bool operator==(const CrashPoint&) const = default;
};

struct TraceOptions {
  std::vector<std::string> command;
  Watch watch = Watch::kCreations;
  std::vector<std::pair<std::string, int64_t>> limits;  // shmmni=4 and so on
  int64_t settle_ms = 1000;
  int64_t timeout_ms = 0;  // 0: none
  bool keep = false;       // the namespace stays until the lifeline is closed
  std::optional<CrashPoint> crash;
  std::string before;   // a command of sh(1) before the program; empty: none
  std::string recover;  // a command of sh(1) after the crash; empty: the program itself
  int64_t peer_timeout_ms = 1000;
  bool foreground = true;  // input, output and terminal are the caller's
  sigset_t mask = {};      // signals that the program begins with blocked
};

}  // namespace ipcrig
