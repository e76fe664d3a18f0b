// SPDX-License-Identifier: Apache-2.0
//
// Outcome: how one call of one process ended, as it was observed.
//
//   msgrcv(q, 100, 0, 0)   returned 3, numbers {1}, bytes "one"     printed  {1, "one"}
//   msgrcv(q, 100, 0, 0)   failed with EIDRM                        printed  EIDRM
//   exit(3)                the process ended with status 3          printed  exit 3
//
// A call that has not returned has no outcome. The shape of `numbers` and `bytes` is the
// operation's Reply.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/ops.h"

namespace ipcrig {

struct Outcome {
  enum class Kind : uint8_t {
    kReturned,  // value: what it returned
    kFailed,    // value: errno
    kFaulted,   // value: the signal of a memory access (SIGSEGV, SIGBUS); the process lives on
    kExited,    // value: the exit status; the process is gone
    kKilled,    // value: the signal; the process is gone
  };

  Kind kind = Kind::kReturned;
  int64_t value = 0;
  std::vector<int64_t> numbers = {};
  std::string bytes = {};

  bool operator==(const Outcome&) const = default;
  bool Ended() const { return kind == Kind::kExited || kind == Kind::kKilled; }

  static Outcome Returned(int64_t value) { return {Kind::kReturned, value}; }
  static Outcome Failed(int error) { return {Kind::kFailed, error}; }
};

// The status word of waitpid(2) as an outcome: kExited or kKilled.
Outcome EndFromStatus(int status);
// "exit 3" or "SIGKILL"
std::string EndText(const Outcome& end);

// The outcome of `op` as scenario text; bytes beyond 60 are abbreviated.
std::string OutcomeText(const Op& op, const Outcome& outcome);

}  // namespace ipcrig
