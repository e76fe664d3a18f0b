// SPDX-License-Identifier: Apache-2.0
//
// Supervisor: the process between the tool and the traced program. It lives in the program's new
// IPC namespace, in a session of its own, and is the reaper of all its descendants, so that it
// knows who outlives the program and sees what is left.
//
//   tool (launch.h) ── supervisor ── program ── ...
//
// It tells the tool, one line each:
//
//   pid N         the program has been started
//   stopped N     ... was stopped by this signal
//   continued     ... goes on
//   ended         ... has ended: its pid may be another's from now on
//   record JSON   what happened (trace/record.h); the last line
//
// When the tool ends, by whatever signal, the lifeline closes and the supervisor kills everything
// below it: the namespace goes with the last of them.
#pragma once

#include <string>
#include <vector>

#include "trace/options.h"

namespace ipcrig {

// What the child found where it was started.
struct Surroundings {
  bool user_namespace = false;
  std::vector<std::string> notes = {};  // what could not be done
};

// In the child that launch.cc forked into the namespaces. `report` and `lifeline` are pipes.
[[noreturn]] void Supervise(const TraceOptions& options, Surroundings around, int report,
                            int lifeline);

}  // namespace ipcrig
