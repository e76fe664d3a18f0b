// SPDX-License-Identifier: Apache-2.0
//
// Limits of System V IPC, which each IPC namespace has its own of: proc(5), /proc/sys/kernel.
//
//   std::vector<std::string> notes = SetLimits({{"shmmni", 4}, {"semmsl", 10}});
//   notes;   // "limit shmmni not set: Permission denied"
//
// Only root of the user namespace that owns the IPC namespace may.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ipcrig {

std::vector<std::string> SetLimits(const std::vector<std::pair<std::string, int64_t>>& limits);

}  // namespace ipcrig
