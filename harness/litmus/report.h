// SPDX-License-Identifier: Apache-2.0
//
// Reports of litmus tests. The text is what litmus7 prints, so that the tools which read its logs
// read this one, with lines of ours after it:
//
//   Test SB Allowed
//   Histogram (4 states)
//   612   *>0:r0=0; 1:r0=0;
//   ...
//   Ok
//
//   Witnesses
//   Positive: 612, Negative: 999388
//   Condition exists (0:r0=0 /\ 1:r0=0) is validated
//   Observation SB Sometimes 612 999388
//   Time SB 0.12
//   Machine tso: 4 of 4 allowed states seen; perpetual, 1000000 iterations, 134.2 M/s
//
// Of a perpetual test the counts are of pairs of iterations (litmus/perpetual.h). Pure.
#pragma once

#include <string>
#include <vector>

#include "litmus/judge.h"

namespace ipcrig::litmus {

std::string TextOf(const TestResult& result);
// "12 tests: 11 pass, 1 fail in 1.2 s"
std::string SummaryOf(const std::vector<TestResult>& results, double seconds);
// {"schema": 1, "tests": [...]}
std::string JsonOf(const std::vector<TestResult>& results, double seconds);

// "pass", "fail", "timed out"...
std::string VerdictOf(ExitCode verdict);

}  // namespace ipcrig::litmus
