// SPDX-License-Identifier: Apache-2.0
//
// Risks: what a record shows that works today and goes wrong another day. Each has a name, which
// suppressions can use:
//
//   world-accessible  mode 0666 or the like: any user can write or remove what it protects
//   fixed-key         a key that stands in the program, used without IPC_EXCL: whoever else has
//                     that number gets the same object
//   ftok-collision    a key of ftok(3) that another file nearby has, too
//   removed-in-use    removed by another program while somebody was attached or had messages in it
//   no-sem-undo       a semaphore that is used as a lock without SEM_UNDO: it stays taken when its
//                     holder dies. Needs semop(2) to be recorded.
//   half-initialised  a set that a second process opened before anybody had initialised it
#pragma once

#include <vector>

#include "trace/findings.h"

namespace ipcrig {

void AddRisks(const Record& record, std::vector<TraceFinding>& findings);

}  // namespace ipcrig
