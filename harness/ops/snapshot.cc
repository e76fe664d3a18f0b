// SPDX-License-Identifier: Apache-2.0
#include "ops/snapshot.h"

namespace ipcrig {

std::string_view ObjectKindName(ObjectKind kind) {
  static constexpr std::string_view kNames[] = {"shm", "msg", "sem"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view ColumnName(Column column) {
  static constexpr std::string_view kNames[] = {
      "key",    "uid",   "gid",   "cuid",  "cgid",  "mode",  "status", "size",
      "nattch", "cpid",  "lpid",  "atime", "dtime", "ctime", "cbytes", "qnum",
      "qbytes", "lspid", "lrpid", "stime", "rtime", "otime"};
  static_assert(std::size(kNames) == kColumns);
  return kNames[static_cast<size_t>(column)];
}

bool IsTime(Column column) {
  switch (column) {
    case Column::kAtime:
    case Column::kDtime:
    case Column::kCtime:
    case Column::kStime:
    case Column::kRtime:
    case Column::kOtime:
      return true;
    default:
      return false;
  }
}

}  // namespace ipcrig
