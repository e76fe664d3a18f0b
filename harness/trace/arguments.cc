// SPDX-License-Identifier: Apache-2.0
#include "trace/arguments.h"

#include <sys/sem.h>

#include <algorithm>

#include "trace/inspect.h"

namespace ipcrig {

void ReadIndirect(pid_t thread, IpcCall& call) {
  int32_t buffer_and_type[2] = {};
  if (!call.indirect) return;
  if (!ReadMemory(thread, call.args[1], buffer_and_type, sizeof(buffer_and_type))) return;
  call.args[1] = static_cast<uint32_t>(buffer_and_type[0]);
  call.args[3] = static_cast<uint64_t>(int64_t{buffer_and_type[1]});
}

std::vector<SemOperation> ReadOperations(pid_t thread, const IpcCall& call) {
  constexpr uint64_t kMostOperations = 64;  // that are written down
  if (call.name != CallName::kSemop && call.name != CallName::kSemtimedop) return {};
  std::vector<sembuf> raw(std::min(call.args[2], kMostOperations));
  if (raw.empty() || !ReadMemory(thread, call.args[1], raw.data(), raw.size() * sizeof(sembuf))) {
    return {};
  }
  std::vector<SemOperation> operations;
  for (const sembuf& one : raw) operations.push_back({one.sem_num, one.sem_op, one.sem_flg});
  return operations;
}

}  // namespace ipcrig
