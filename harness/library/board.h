// SPDX-License-Identifier: Apache-2.0
//
// What the processes of a Rig share: one mapping, made by the test before it forks and found by
// exec'd programs through the environment.
//
//   SharedBoard* board = CurrentBoard();     // null where there is no Rig
//   if (board != nullptr) board->...;
//
// All of it starts as zeroes and is changed with atomic operations only, so that a process which is
// killed at any point leaves it usable. Everything declared here is async-signal-safe.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <ipcrig/ipcrig.h>

namespace ipcrig {
inline namespace v0 {

// Who created an object, from where. `state` is set last.
struct CreationEntry {
  std::atomic<uint32_t> state;  // 0 empty, 1 complete
  int32_t kind;                 // IpcObject::Kind
  int32_t id;
  int32_t slot;
  pid_t pid;
  uint64_t address;  // of the call, as the file `module` counts; 0: not known
  char module[212];
};

struct FailureEntry {
  std::atomic<uint32_t> state;
  int32_t line;
  int32_t slot;
  pid_t pid;
  char file[240];
  char text[1000];
};

// A process. Slot 0 is the test's own.
struct ProcessSlot {
  std::atomic<int32_t> kill_call;  // Call; kNone: no point
  std::atomic<int32_t> kill_n;
  std::atomic<int32_t> kill_when;
  std::atomic<int32_t> calls;  // of that name, so far
  std::atomic<int32_t> reached;
  std::atomic<int32_t> pid;
  std::atomic<int32_t> exec_errno;
  std::atomic<int32_t> failures;  // that it forwarded
  char name[32];
};

constexpr uint32_t kCreationsMax = 4096;
constexpr uint32_t kFailuresMax = 64;
constexpr int kSlotsMax = 256;
constexpr size_t kArenaSize = 1 << 20;
constexpr uint32_t kBoardMagic = 0x69706331;

struct SharedBoard {
  uint32_t magic;
  std::atomic<uint32_t> steps;  // that have returned; a futex
  std::atomic<uint32_t> expired;
  std::atomic<uint32_t> creations_count;
  std::atomic<uint32_t> failures_count;
  ProcessSlot slots[kSlotsMax];
  CreationEntry creations[kCreationsMax];
  FailureEntry failures[kFailuresMax];
  alignas(64) char arena[kArenaSize];
};

// The innermost Rig's, in this process.
SharedBoard* CurrentBoard();
void SetCurrentBoard(SharedBoard* board);
// Which process of it this is.
int CurrentSlot();
void SetCurrentSlot(int slot);

// "/proc/self/fd/3 2 /proc/self/fd/4": where an exec'd program finds the board, its slot, and the
// records of calls (record.h), if there are any.
constexpr const char* kBoardVariable = "IPCRIG_BOARD";
// Maps the board that the environment names, if it does. Not async-signal-safe.
void AttachBoard();

// Sleeps until *word is not `value` any more, or a signal came.
void AwaitChange(std::atomic<uint32_t>& word, uint32_t value);
void WakeAll(std::atomic<uint32_t>& word);

// Makes the linker take the calls that are interposed (interpose.cc).
void InterposeCalls();

}  // namespace v0
}  // namespace ipcrig
