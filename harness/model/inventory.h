// SPDX-License-Identifier: Apache-2.0
//
// Inventory(): what exists according to a state, as the rows that a view of the kernel would have
// (ops/snapshot.h), with ranges for times.
//
//   for (const InventoryRow& row : Inventory(state)) Compare(row, view);
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "model/state.h"

namespace ipcrig {

struct InventoryRow {
  ObjectKind kind = ObjectKind::kShm;
  int id = 0;
  std::array<std::optional<Range>, kColumns> cells = {};
};

// Rows by kind, then by id.
std::vector<InventoryRow> Inventory(const State& state);

// The totals of *_INFO: objects, units and bytes of each kind.
std::array<Totals, kObjectKinds> InventoryTotals(const State& state);

}  // namespace ipcrig
