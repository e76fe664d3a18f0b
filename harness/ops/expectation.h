// SPDX-License-Identifier: Apache-2.0
//
// Expectation: what a line of a scenario says that its call answers; what follows the arrow.
//
//   -> blocks                     the call does not return in this step
//   -> ok                         success, whatever it answers
//   -> EIDRM                      fails with this errno
//   -> 5                          returns this number
//   -> "text"                     these bytes (load, read)
//   -> {2, "two"}                 a message of type 2 (msgrcv)
//   -> [1, 0]                     these values (GETALL)
//   -> {nattch=1, lpid=B}         some fields of IPC_STAT; a process name stands for its pid
//   -> exit 3, -> SIGKILL         how a process ended (wait, exec); SIGSEGV also of an access
//   -> exit 0 "output\n"          how a program ended and what it printed (exec)
//
// Where there is none, the model alone decides. An expectation binds both the model and the kernel.
#pragma once

#include <span>
#include <vector>

#include "ops/outcome.h"

namespace ipcrig {

struct Expectation {
  enum class Kind : uint8_t {
    kNone,
    kBlocks,
    kOk,
    kError,
    kSignal,
    kExit,
    kNumber,
    kText,
    kMessage,
    kList,
    kFields,
  };
  struct FieldValue {
    uint8_t index = 0;    // into OpReplyNames
    int8_t process = -1;  // where not -1: the pid of this process
    int64_t value = 0;
    bool operator==(const FieldValue&) const = default;
  };

  Kind kind = Kind::kNone;
  int64_t number = 0;     // errno, signal, exit status, return value, message type
  bool has_text = false;  // also after an exit status
  Text text = {};
  std::vector<int64_t> list = {};
  std::vector<FieldValue> fields = {};

  bool operator==(const Expectation&) const = default;
};

// Reads what follows the arrow of a call of `op`.
Expectation ReadExpectation(Reader& in, const Op& op);
void PrintExpectation(Writer& out, const Op& op, const Expectation& expectation);

// Whether an observed outcome of `op` is what was expected. pids[i] is the process id of process i.
// kNone agrees with everything, kBlocks with nothing (a call that blocks has no outcome).
bool Agrees(const Expectation& expectation, const Op& op, const Outcome& outcome,
            std::span<const int> pids);

}  // namespace ipcrig
