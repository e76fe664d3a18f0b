// SPDX-License-Identifier: Apache-2.0
//
// Numbers by which one worker knows another: process ids and thread ids.
//
// A number means something in one PID namespace only. The engine's workers all see the numbers of
// its namespace, but for those in a namespace of their own: they know nobody but themselves.
#pragma once

#include <sys/types.h>

#include "exec/worker.h"

namespace ipcrig {

// The number of a process or thread, or 0 for one that was never made or that the caller cannot
// see. Outside a PID namespace also 0 for one that is gone: its number may be somebody else's by
// now.
pid_t PidOf(Worker& worker, int target);

// The number of a thread's process and of the thread itself, for tgkill(2); {0, 0} where the caller
// does not know them.
struct ThreadNumbers {
  pid_t process;
  pid_t thread;
};
ThreadNumbers ThreadOf(Worker& worker, int target);

}  // namespace ipcrig
