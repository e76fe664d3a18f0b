// SPDX-License-Identifier: Apache-2.0
#include "check/verdict.h"

namespace ipcrig {

std::string_view VerdictName(Verdict verdict) {
  static constexpr std::string_view kNames[] = {"pass", "fail", "broken", "skipped", "unknown"};
  return kNames[static_cast<size_t>(verdict)];
}

}  // namespace ipcrig
