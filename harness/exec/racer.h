// SPDX-License-Identifier: Apache-2.0
//
// The worker's part of a race: it makes the calls of its list, one behind the other, and logs each
// (exec/race_log.h).
//
// All begin together where the schedule says so. Who waits for the others spins while it has a
// processor of its own, but not for long, and else sleeps in futex(2): a process that spins above
// the engine on the engine's processor would wait for somebody whom the engine could never send.
//
// Async-signal-safe, like all that a worker does.
#pragma once

#include "exec/worker.h"

namespace ipcrig {

// Returns after the last call; or after a call that was asleep when the race ended, whose reply is
// then in the lane as that of any call.
void RunRace(Worker& worker);

}  // namespace ipcrig
