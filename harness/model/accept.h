// SPDX-License-Identifier: Apache-2.0
//
// Accept(): the model as a judge of one step.
//
// A step is one call (or the end of a process that the engine closes) and everything that was
// observed until the system was quiet again. The model accepts it if some order of the returns
// explains all of them, and if nothing that could go on is left sleeping:
//
//   - the caller returned what the model says, or blocks where the model says so;
//   - every process that was let go has returned, with the outcome the model says: otherwise a
//     wake-up was lost;
//   - nobody else returned.
//
// Waiters of one object go in the order of arrival, except where Linux gives no order: senders of a
// full queue, receivers after IPC_SET, pipes, waitpid, and the ends of killed processes. Who only
// waits for zero in semop comes before those who change a value. POSIX promises no order at all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/state.h"

namespace ipcrig {

// What was seen of one process in a step: its call's outcome, or its end.
struct Seen {
  int process = 0;
  Outcome outcome;
};

struct Observation {
  int process = -1;
  std::optional<Op> op;    // the call that the process was told to make; none: the engine kills it
  std::vector<Seen> seen;  // in any order
  Range now;               // when all this happened
};

// Why no order explains a step: one process, what was expected of it, and what it did.
struct Mismatch {
  enum class Kind {
    kWrongOutcome,   // it returned something else
    kLostWakeup,     // it still sleeps though its call can go on
    kNotBlocked,     // it returned though its call must sleep
    kBlocked,        // it sleeps though its call must return at once
    kUnexpectedEnd,  // it died
  };
  struct Expectation {
    std::string outcome;
    std::string rule;
  };

  Kind kind = Kind::kWrongOutcome;
  int process = 0;
  std::optional<Op> op;
  std::vector<Expectation> expected;
  std::string seen;
};

struct Acceptance {
  std::vector<State> states;  // all that may hold now; empty: the step is not accepted
  Mismatch mismatch;          // meaningful where `states` is empty
  bool exhausted = false;     // the orders were too many to try; neither of the above says anything
};

// How many partial orders of one step are tried before it is given up: enough for six processes
// that are free to go in any order.
inline constexpr int kMaxOrders = 4000;

// The states that may hold before the step are used up.
Acceptance Accept(std::vector<State> states, const Observation& observation);

// The text of a branch's answer: "{1, "one"}", "EIDRM", "a new id".
std::string ExpectedText(const Op& op, const struct Expected& expected);

}  // namespace ipcrig
