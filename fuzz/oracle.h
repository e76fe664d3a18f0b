// SPDX-License-Identifier: Apache-2.0
//
// Oracle: how a fuzz target says that something is wrong, and how it says what it has seen.
//
//   if (const auto wrong = FindingOf(judgement)) FailWith(*wrong, TextReport(result, {}));
//
// A failure is a report on standard error that ends with one stable line,
//
//   SUMMARY: ipcrig: conformance: msgrcv: EIDRM
//
// and then abort(3), called by a function that is named after the check (OracleConformance), so
// that engines which tell crashes apart by their stacks tell these apart, too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "check/verdict.h"

namespace ipcrig {

// The signature of the first finding; none of a scenario that passes, was skipped, or cannot be
// judged, nor where all that is wrong is a call that sleeps at the end.
std::optional<std::string> FindingOf(const Judgement& judgement);

// `signature` begins with the name of a check, or of a promise that a target looks at.
[[noreturn]] void FailWith(std::string_view signature, std::string_view report);

// The run has shown this (check/features.h): feedback for engines that read the section
// __libfuzzer_extra_counters, besides code coverage. IPCRIG_FEATURES=0 in the environment turns it
// off, for comparison.
void CountFeature(uint32_t feature);

}  // namespace ipcrig
