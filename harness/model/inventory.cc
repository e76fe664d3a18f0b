// SPDX-License-Identifier: Apache-2.0
#include "model/inventory.h"

#include "model/mappings.h"

namespace ipcrig {
namespace {

struct RowBuilder {
  InventoryRow row;

  RowBuilder(ObjectKind kind, int id, const Permissions& perm) {
    row.kind = kind;
    row.id = id;
    Put(Column::kKey, perm.key);
    Put(Column::kUid, perm.uid);
    Put(Column::kGid, perm.gid);
    Put(Column::kCuid, perm.cuid);
    Put(Column::kCgid, perm.cgid);
    Put(Column::kMode, perm.mode);
  }
  void Put(Column column, Range range) { row.cells[static_cast<size_t>(column)] = range; }
  void Put(Column column, int64_t value) { Put(column, Range::Exactly(value)); }
};

InventoryRow RowOf(const State& s, int id, const Segment& segment) {
  RowBuilder builder(ObjectKind::kShm, id, segment.perm);
  builder.Put(Column::kStatus,
              (segment.dest ? abi::kShmDest : 0) | (segment.locked ? abi::kShmLocked : 0));
  builder.Put(Column::kSize, segment.size);
  builder.Put(Column::kNattch, s.rules.strict ? AttachesOf(s, 0, id) : segment.nattch);
  builder.Put(Column::kCpid, s.PidIn(0, segment.cpid));
  builder.Put(Column::kLpid, s.PidIn(0, segment.lpid));
  builder.Put(Column::kAtime, segment.atime);
  builder.Put(Column::kDtime, segment.dtime);
  builder.Put(Column::kCtime, segment.ctime);
  return builder.row;
}

InventoryRow RowOf(const State& s, int id, const Queue& queue) {
  RowBuilder builder(ObjectKind::kMsg, id, queue.perm);
  builder.Put(Column::kCbytes, queue.Cbytes());
  builder.Put(Column::kQnum, static_cast<int64_t>(queue.messages.size()));
  builder.Put(Column::kQbytes, queue.qbytes);
  builder.Put(Column::kLspid, s.PidIn(0, queue.lspid));
  builder.Put(Column::kLrpid, s.PidIn(0, queue.lrpid));
  builder.Put(Column::kStime, queue.stime);
  builder.Put(Column::kRtime, queue.rtime);
  builder.Put(Column::kCtime, queue.ctime);
  return builder.row;
}

InventoryRow RowOf(int id, const SemaphoreSet& set) {
  RowBuilder builder(ObjectKind::kSem, id, set.perm);
  builder.Put(Column::kSize, static_cast<int64_t>(set.semaphores.size()));
  builder.Put(Column::kOtime, set.otime);
  builder.Put(Column::kCtime, set.ctime);
  return builder.row;
}

}  // namespace

std::vector<InventoryRow> Inventory(const State& state) {
  std::vector<InventoryRow> rows;
  for (const auto& [id, segment] : state.spaces[0].segments)
    rows.push_back(RowOf(state, id, segment));
  for (const auto& [id, queue] : state.spaces[0].queues) rows.push_back(RowOf(state, id, queue));
  for (const auto& [id, set] : state.spaces[0].sets) rows.push_back(RowOf(id, set));
  return rows;
}

std::array<Totals, kObjectKinds> InventoryTotals(const State& state) {
  Totals shm{static_cast<int64_t>(state.spaces[0].segments.size()), 0, -1};
  for (const auto& [id, segment] : state.spaces[0].segments)
    shm.units += state.PagesOf(segment.size);
  Totals msg{static_cast<int64_t>(state.spaces[0].queues.size()), 0, 0};
  for (const auto& [id, queue] : state.spaces[0].queues) {
    msg.units += static_cast<int64_t>(queue.messages.size());
    msg.bytes += queue.Cbytes();
  }
  Totals sem{static_cast<int64_t>(state.spaces[0].sets.size()), 0, -1};
  for (const auto& [id, set] : state.spaces[0].sets)
    sem.units += static_cast<int64_t>(set.semaphores.size());
  return {shm, msg, sem};
}

}  // namespace ipcrig
