// SPDX-License-Identifier: Apache-2.0
//
// Reports of `ipcrig sweep`: a matrix with a row for each call, the worst first, and for each row
// the command that makes it happen again.
//
//   LEAK            before  1.1   shmget(IPC_PRIVATE, 4096, 0600)  ring.c:12  make_ring
//     left 1 shm; 1 after the next start
//     again  ipcrig sweep --at 1.2:after -- ./server
//
// Rows that come from one place and end in one way are one row with a count. Pure.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"
#include "trace/sweep.h"

namespace ipcrig {

struct SweepReport {
  std::vector<std::string> command;
  std::string options;  // those that a command to repeat a point needs
  Record recording;
  std::vector<SweepResult> results;
  size_t points = 0;  // that there are; the results may be of some
  double seconds = 0;
};

// Results of one place, side and verdict; the worst first, then in the order of the program.
using SweepRows = std::vector<std::vector<const SweepResult*>>;
SweepRows RowsOfSweep(const SweepReport& report);
// Where the program made the call: its innermost frame that has a source file, or a name.
std::string SweepPlace(const TracedCall& call);
// The command that repeats a point.
std::string SweepAgain(const SweepReport& report, const SweepResult& result);

std::string SweepText(const SweepReport& report, const TextStyle& style);
std::string SweepSummary(const SweepReport& report);
std::string SweepJson(const SweepReport& report);
std::string SweepJUnit(const SweepReport& report);
std::string SweepKtap(const SweepReport& report);
// One self-contained page: a strip for each process with two cells a call, and the rows.
std::string SweepHtml(const SweepReport& report);

}  // namespace ipcrig
