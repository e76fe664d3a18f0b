// SPDX-License-Identifier: Apache-2.0
//
// SavedRun: a scenario and the history of one run of it, as one file, from which the run can be
// judged again on any machine, at any time:
//
//   A  q = msgget(IPC_PRIVATE, 0600)
//   A  msgsnd(q, 1, "hello", 0)
//   ---
//   ipcrig-history 1
//   facts uid=0 gid=0 ...
//   start -1 0 0 0 returned 4711 [] "" ""
//   ...
//
// `ipcrig replay FILE --history SAVED` writes one, `ipcrig check-history SAVED` judges it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ops/history.h"
#include "ops/scenario.h"

namespace ipcrig {

struct SavedRun {
  Scenario scenario;
  History history;
};

std::string PrintSavedRun(const SavedRun& saved);

// The inverse of PrintSavedRun. `path` is used in errors only, which name line and column.
Result<SavedRun> ParseSavedRun(std::string_view text, std::string_view path);

}  // namespace ipcrig
