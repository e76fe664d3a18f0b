// SPDX-License-Identifier: Apache-2.0
//
// The start of a program below the supervisor: its descriptors, signals and filter.
//
//   StartedProgram started = StartProgram(options, {"/bin/sh", "-c", "ipcs"}, true);
//   started.exec_error;      // errno of execvp(3); 0: it was executed
//   started.listener.ok();   // its calls can be traced
//
// It returns when the program has been executed, or could not be. The program dies with its parent.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "trace/options.h"

namespace ipcrig {

struct StartedProgram {
  pid_t pid = -1;
  UniqueFd listener;     // of the filter, where `traced` was asked for
  int filter_error = 0;  // why there is none
  int exec_error = 0;
};

StartedProgram StartProgram(const TraceOptions& options, const std::vector<std::string>& command,
                            bool traced);

}  // namespace ipcrig
