// SPDX-License-Identifier: Apache-2.0
#include "exec/pids.h"

namespace ipcrig {

pid_t PidOf(Worker& worker, int target) {
  Board& board = worker.board();
  const Lane& theirs = board.lanes[target];
  const Lane& process = board.lanes[theirs.leader];
  if (worker.home().nested != 0) {
    return &process == &worker.home() ? static_cast<pid_t>(theirs.tid.load()) : 0;
  }
  const bool gone = theirs.reaped.load() != 0 || process.reaped.load() != 0;
  return board.pids_are_reused != 0 && gone ? 0 : board.pids[target];
}

ThreadNumbers ThreadOf(Worker& worker, int target) {
  const Lane& theirs = worker.board().lanes[target];
  const bool inside = worker.home().nested != 0;
  const pid_t process = PidOf(worker, theirs.leader);
  if (process <= 0 || inside != (theirs.nested != 0)) return {0, 0};
  return {process, static_cast<pid_t>(theirs.tid.load())};
}

}  // namespace ipcrig
