// SPDX-License-Identifier: Apache-2.0
//
// JudgeCallLog(): what `ipcrig check-history` says of a call log, for the library's users.
//
//   LogVerdict verdict = JudgeCallLog(text, [&] { return Save(text); });
//   if (!verdict.conforms) Print(verdict.report);
//
// It is by itself since the library has its own Process, Call and Fork, which are not those of ops.
#pragma once

#include <functional>
#include <string>

namespace ipcrig {

struct LogVerdict {
  bool conforms = false;
  std::string report;  // where it does not
};

// `save`: called where it does not conform; answers the path that the report is to name.
LogVerdict JudgeCallLog(const std::string& text, const std::function<std::string()>& save);

}  // namespace ipcrig
