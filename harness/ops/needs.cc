// SPDX-License-Identifier: Apache-2.0
#include "ops/needs.h"

namespace ipcrig {

bool UsesRestore(const Op& op) {
  if (const auto* receive = std::get_if<Msgrcv>(&op)) return receive->flags.Has(abi::kMsgCopy);
  const auto* sysctl = std::get_if<Sysctl>(&op);
  const auto* read = std::get_if<ReadSysctl>(&op);
  const std::string_view name = sysctl != nullptr ? sysctl->name.word()
                                : read != nullptr ? read->name.word()
                                                  : "";
  return name.ends_with("_next_id");
}

}  // namespace ipcrig
