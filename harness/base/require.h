// SPDX-License-Identifier: Apache-2.0
//
// IPC_REQUIRE(condition, "sentence"): an assertion that is always on.
//
// It is for mistakes in ipcrig itself, never for what a kernel or a user does: those are results.
// A violated requirement ends the process with exit status kBroken, so that whoever started it
// reports "broken" and not "fail".
//
// Async-signal-safe and usable between fork and exec: it writes to descriptor 2 and calls _exit(2).
//
//   IPC_REQUIRE(index < lanes.size(), "a process has no lane");
//   // stderr: ipcrig: broken: a process has no lane (exec/board.cc:41)
#pragma once

namespace ipcrig {

[[noreturn]] void RequireFailed(const char* sentence, const char* file, int line);

}  // namespace ipcrig

#define IPC_REQUIRE(condition, sentence)                       \
  do {                                                         \
    if (!(condition)) {                                        \
      ::ipcrig::RequireFailed((sentence), __FILE__, __LINE__); \
    }                                                          \
  } while (false)
