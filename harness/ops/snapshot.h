// SPDX-License-Identifier: Apache-2.0
//
// Snapshot: which System V IPC objects exist at one moment, as the kernel reports them in several
// ways, the views:
//
//   stat   the *_INFO and *_STAT_ANY commands of shmctl(2), msgctl(2), semctl(2)
//   proc   /proc/sysvipc/{shm,msg,sem}
//   ipcs   the program ipcs(1) of util-linux: ipcs, ipcs -c, ipcs -t, ipcs -p
//   lsipc  the program lsipc(1) of util-linux: lsipc -m, lsipc -q, lsipc -s
//
// A view fills the columns it has. Views are compared with each other and with the model, column
// by column (check/leaks.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipcrig {

enum class ObjectKind : uint8_t { kShm, kMsg, kSem };
inline constexpr int kObjectKinds = 3;

// "shm", "msg", "sem"
std::string_view ObjectKindName(ObjectKind kind);

// The fields of shmid_ds, msqid_ds and semid_ds. kSize is bytes of a segment and semaphores of a
// set; kStatus is SHM_DEST and SHM_LOCKED; kMode has the nine permission bits only.
enum class Column : uint8_t {
  kKey,
  kUid,
  kGid,
  kCuid,
  kCgid,
  kMode,
  kStatus,
  kSize,
  kNattch,
  kCpid,
  kLpid,
  kAtime,
  kDtime,
  kCtime,
  kCbytes,
  kQnum,
  kQbytes,
  kLspid,
  kLrpid,
  kStime,
  kRtime,
  kOtime,
};
inline constexpr int kColumns = 22;

std::string_view ColumnName(Column column);
bool IsTime(Column column);

struct ObjectRow {
  ObjectKind kind = ObjectKind::kShm;
  int id = 0;
  std::array<std::optional<int64_t>, kColumns> cells = {};

  std::optional<int64_t>& operator[](Column column) { return cells[static_cast<size_t>(column)]; }
  const std::optional<int64_t>& operator[](Column column) const {
    return cells[static_cast<size_t>(column)];
  }
  bool operator==(const ObjectRow&) const = default;
};

// Counts over all objects of a kind. Negative where the view does not tell.
struct Totals {
  int64_t objects = -1;  // shm used_ids, msg msgpool, sem semusz
  int64_t units = -1;    // shm shm_tot (pages), msg msgmap (messages), sem semaem (semaphores)
  int64_t bytes = -1;    // msg msgtql
  bool operator==(const Totals&) const = default;
};

struct View {
  std::string name;
  std::string unavailable = {};  // why this machine does not have it; empty where it does
  std::vector<ObjectRow> rows = {};
  std::array<Totals, kObjectKinds> totals = {};
  bool operator==(const View&) const = default;
};

using Snapshot = std::vector<View>;

}  // namespace ipcrig
