// SPDX-License-Identifier: Apache-2.0
#include "model/rules.h"

namespace ipcrig {

const std::vector<DeviationText>& Deviations() {
  static const std::vector<DeviationText> all{
      {Deviation::kL1, "L1",
       "semtimedop fails with EINTR without a signal when the set is removed"},
      {Deviation::kL2, "L2", "msg_lrpid is a thread id when the receiver was asleep"},
      {Deviation::kL3, "L3", "IPC_SET takes 32 bits of msg_qbytes and drops the rest"},
      {Deviation::kL4, "L4", "GETNCNT and GETZCNT count a sleeper where it stopped earlier"},
      {Deviation::kL5, "L5", "MSG_COPY with MSG_NOERROR fails with EINVAL instead of truncating"},
      {Deviation::kL6, "L6", "the *_STAT commands take an index beyond the table"},
      {Deviation::kL7, "L7", "shm_nattch counts mappings, not attaches"},
      {Deviation::kL8, "L8", "a segment marked for removal can be attached again by its id"},
      {Deviation::kL9, "L9", "IPC_SET lets blocked receivers queue again in any order"},
      {Deviation::kL10, "L10", "SHM_RND to page 0 replaces what is attached there"},
  };
  return all;
}

std::string_view NameOf(Deviation deviation) {
  for (const DeviationText& one : Deviations()) {
    if (one.deviation == deviation) return one.name;
  }
  return "none";
}

}  // namespace ipcrig
