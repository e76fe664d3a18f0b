// SPDX-License-Identifier: Apache-2.0
//
// Judges what was seen of a litmus test.
//
//   fail       a state that the machine does not allow; a value that nobody stored; a condition
//              that does not hold: ~exists seen, or a state outside of forall; a process that a
//              signal ended
//   timed out  a process still waits in its call
//   unknown    the allowed states could not all be found, and nothing else is wrong
//
// `exists` that was not seen is no failure: a machine need not show all that it may. Such states
// are in `never_seen`. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "litmus/allowed.h"
#include "litmus/run.h"
#include "litmus/test.h"

namespace ipcrig::litmus {

struct Finding {
  std::string signature;  // "forbidden: 1:r0=1; 1:r1=0;", the same in each run
  std::string title;
  std::vector<State> states;  // those that show it
};

struct Judgement {
  ExitCode verdict = ExitCode::kPass;
  std::vector<Finding> findings;
  std::string reason;             // of what did not run to its end
  std::vector<State> never_seen;  // allowed ones
  std::vector<std::string> notes;
  uint64_t holds = 0;      // how many states the proposition holds in, counted as seen
  uint64_t holds_not = 0;  // and not
  bool condition_ok = true;
};

Judgement Judge(const Test& test, Machine machine, const Allowed& allowed,
                const Observed& observed);

// One test, with all that a report needs.
struct TestResult {
  std::string path;
  std::string again;  // the command that runs it again
  Test test;
  Machine machine = Machine::kSc;
  Allowed allowed;
  bool perpetual = false;
  std::string why_gated;
  RunOptions options;
  Observed observed;
  Judgement judgement;
};

}  // namespace ipcrig::litmus
