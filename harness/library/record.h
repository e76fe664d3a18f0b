// SPDX-License-Identifier: Apache-2.0
//
// What the processes of a Rig write down of their calls for a History (<ipcrig/observe.h>): one
// mapping, made by Rig::Observe() before there is any process, and found as the board is (board.h).
//
//   Recording recording(Call::kMsgsnd, caller, {id, size, flags});
//   recording.In(message, sizeof(long) + size);
//   return recording.End(Real().msgsnd(id, message, size, flags));
//
// A record is complete before its call is made, but for the result, and its times are read before
// and after everything: so a process may be killed at any point, and what it may have done is
// known. Without a History a Recording does nothing. Async-signal-safe; errno stays.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <ipcrig/ipcrig.h>

#include "library/board.h"

namespace ipcrig {
inline namespace v0 {

// What a record is of, where not of a Call.
constexpr int32_t kEndRecord = 0;     // the process `pid` had ended at `to`
constexpr int32_t kForkRecord = -1;   // `child` is the new process, once it has begun
constexpr int32_t kImageRecord = -2;  // the process had begun a program at `from`

struct CallRecord {
  enum State : uint32_t { kNone, kBegun, kReturned };
  std::atomic<uint32_t> state;
  int32_t call;  // Call, or one of those above
  int32_t slot;
  pid_t pid;
  pid_t tid;
  std::atomic<pid_t> child;  // of a fork
  uint32_t uid;
  uint32_t gid;
  int32_t error;  // errno, where the result is -1
  int64_t from;   // nanoseconds of CLOCK_MONOTONIC
  int64_t to;
  int64_t arguments[4];  // in the order of the manual; of semop the time limit, or INT64_MIN
  int64_t result;
  uint32_t module;   // index into modules; kNowhere: not known from where
  uint32_t in, out;  // in the arena; kNowhere: it could not be read
  uint32_t in_size, out_size;
  uint64_t address;  // of the call, as the module counts
};

constexpr uint32_t kRecordsMax = 1 << 17;
constexpr uint32_t kRecordArena = 1 << 26;
constexpr uint32_t kModulesMax = 64;
constexpr uint32_t kNowhere = UINT32_MAX;
constexpr size_t kMessageMax = 1 << 16;  // bytes of one that is recorded
constexpr size_t kSemOpsMax = 2000;      // of one semop

struct CallRecords {
  uint32_t magic;
  std::atomic<uint32_t> count;  // beyond kRecordsMax: some are missing
  std::atomic<uint64_t> used;   // of the arena; beyond kRecordArena: the same
  std::atomic<uint32_t> modules_count;
  std::atomic<uint32_t> nested;  // a Rig was made within the one that observes
  struct Module {
    std::atomic<uint32_t> complete;
    char name[212];
  } modules[kModulesMax];
  char names[kSlotsMax][32];  // of the Rig's processes, by slot
  CallRecord records[kRecordsMax];
  alignas(64) char arena[kRecordArena];
};

// Those of the innermost Rig, in this process; null where it observes nothing.
CallRecords* CurrentRecords();
// Forks are recorded from the first call on.
void SetCurrentRecords(CallRecords* records);

// A process of the Rig has been waited for.
void RecordEnd(pid_t pid);
// This process is a program that has just begun.
void RecordImage();

// Copies what the caller gave; false, and no harm, where it cannot be read.
bool CopyOwn(void* to, const void* from, size_t size);

class Recording {
 public:
  // `caller`: the address that the call returns to.
  Recording(Call call, const void* caller, std::initializer_list<int64_t> arguments);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  bool on() const { return record_ != nullptr; }
  // What the call is given, copied without harm where the address is wrong.
  void In(const void* from, size_t size);
  // The last thing before the call.
  void Begin();
  // Right after the call; `out`: what it has written, where it has succeeded.
  template <typename T>
  T End(T result, const void* out = nullptr, size_t size = 0) {
    if (record_ != nullptr) Finish(result != (T)-1 ? (int64_t)result : -1, out, size);  // NOLINT
    return result;
  }

 private:
  void Finish(int64_t result, const void* out, size_t size);
  CallRecord* record_ = nullptr;
};

// Where a call was made: the file, and the address as that file counts.
struct CallPlace {
  char module[212];
  uint64_t address;
};
CallPlace PlaceOf(const void* caller);

}  // namespace v0
}  // namespace ipcrig
