// SPDX-License-Identifier: Apache-2.0
//
// Suppressions: findings that are known and accepted. One a line; all of its terms have to fit, as
// patterns of fnmatch(3):
//
//   # gpsd shares these with ntpd, for ever
//   kind:leak object:shm key:0x4e5450*
//   kind:leak fun:Pool::* file:*/pool.cc
//   kind:survivor command:*memcached*
//   rule:fixed-key
//
//   kind     leak, in-use, survivor, posix, risk; shm, msg and sem say the object
//   object   shm, msg, sem
//   key      as the report prints it: 0x000004d2, IPC_PRIVATE
//   rule     the name of a risk
//   fun, file, module   of any frame of the stack; of a file the end of its path will do
//   command  of the process
//   path     of a POSIX name
//
//   auto suppressions = ParseSuppressions(text, "known.supp");   // an error: "known.supp:3: ..."
//   suppressions->Apply(record, findings);
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "trace/findings.h"

namespace ipcrig {

struct Suppression {
  int line = 0;
  std::vector<std::pair<std::string, std::string>> terms;
  int used = 0;  // findings that it fitted
};

struct Suppressions {
  std::string path;
  std::vector<Suppression> all;

  void Apply(const Record& record, std::vector<TraceFinding>& findings);
};

Result<Suppressions> ParseSuppressions(const std::string& text, const std::string& path);

// The line that suppresses the finding and what is like it.
std::string SuppressionFor(const Record& record, const TraceFinding& finding);

}  // namespace ipcrig
