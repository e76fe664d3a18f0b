// SPDX-License-Identifier: Apache-2.0
//
// What an engine does after a run so that nothing is left: it removes what the scenario created and
// ends whoever outlived it.
//
// To be called in the engine's process only: EndOtherChildren() reaps and kills.
#pragma once

#include <string>
#include <vector>

#include "ops/outcome.h"
#include "ops/snapshot.h"

namespace ipcrig {

// IPC_RMID
Outcome RemoveObject(ObjectKind kind, int id);

// Reaps what has ended, and kills and reaps all children that are left, and theirs. Answers who
// they were: "pid 12 (name)". `everybody`: the caller is the init of a PID namespace.
std::vector<std::string> EndOtherChildren(bool everybody);

// What a program wrote into its output; at most kMaxTextLength bytes of it.
std::string ReadOutput(int fd);

}  // namespace ipcrig
