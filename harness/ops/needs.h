// SPDX-License-Identifier: Apache-2.0
//
// What a call needs that not every machine has: exec/requirements.h says why a scenario cannot run,
// and gen/sensible.h does not draw such calls.
//
//   if (UsesSysctl(op) && facts.sysctl == 0) ...
#pragma once

#include "ops/ops.h"

namespace ipcrig {

inline bool ChangesUser(const Op& op) { return IsOneOf<Setuid, Setgid, Setgroups>(op); }

inline bool UsesSysctl(const Op& op) { return IsOneOf<Sysctl, ReadSysctl>(op); }

// MSG_COPY and the *_next_id are parts of the kernel that are compiled in for CRIU.
bool UsesRestore(const Op& op);

}  // namespace ipcrig
