// SPDX-License-Identifier: Apache-2.0
//
// Facts about the machine and the namespace in which a scenario runs (ops/history.h): limits,
// identity, capabilities, memory.
//
//   const Facts facts = CollectFacts(isolation);
//   if (facts.sysctl == 0) ...   // the limits cannot be written here
#pragma once

#include "exec/sandbox.h"
#include "ops/history.h"

namespace ipcrig {

// In the sandbox, before its first worker.
Facts CollectFacts(Isolation isolation);

}  // namespace ipcrig
