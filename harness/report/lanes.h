// SPDX-License-Identifier: Apache-2.0
//
// Lanes: a history as a picture for a terminal. One column per process, time runs down.
//
//   line  A                                   B
//      2  q = msgget(IPC_PRIVATE, 0600)  = 0  |
//   >  3  |                                   msgrcv(q, 100, 0, 0)
//      4  msgsnd(q, 1, "hello", 0)            :
//         = 0                                 = {1, "hello"}
//
// A bar is a process that waits for its next line, a colon one that sleeps in its call. The lines
// of findings have a mark. Of a race, a call has a row where it begins and one where it returns, in
// the order of time; a colon is then a process that is in a call:
//
//         race {                              |
//      5  msgsnd(q, 1, "hello", 0)            |
//      6  :                                   msgrcv(q, 100, 0, 0)
//         = 0                                 :
//         |                                   = {1, "hello"}
//         }                                   |
#pragma once

#include <string>
#include <vector>

#include "check/verdict.h"

namespace ipcrig {

// At most `width` columns of text; without newlines. With more processes than fit, one column for
// all. `most_rows`: rows before the last ones are left out.
std::vector<std::string> DrawLanes(const Scenario& scenario, const History& history,
                                   const std::vector<Finding>& findings, size_t width,
                                   size_t most_rows);

}  // namespace ipcrig
