// SPDX-License-Identifier: Apache-2.0
//
// Reports of `ipcrig check`: what a program left and where it came from.
//
//   ==ipcrig== LEAK: shm 3, key IPC_PRIVATE, 4096 bytes, mode 0600, owner 1000
//     holds     attached 0
//     created   after 0.004 s by pid 71 (./producer --fast)
//     with      shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600)
//       #0 shmget  (libc.so.6)
//       #1 Ring::Ring(unsigned long)  ring.cc:41
//       #2 main  main.cc:12
//     help      call shmctl(id, IPC_RMID, NULL) right after shmat(2): ...
//   SUMMARY: ipcrig: 1 leak (1 shm, 4096 bytes)
//
// All functions are pure.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"
#include "trace/findings.h"
#include "trace/record.h"

namespace ipcrig {

struct CheckResult {
  std::vector<std::string> command;
  Record record;
  std::vector<TraceFinding> findings;
  int exit_status = 0;  // of ipcrig
};

// The blocks of all findings that are not suppressed, without the summary. Empty for a clean run.
std::string CheckText(const CheckResult& result, const TextStyle& style);
// "SUMMARY: ipcrig: 2 leaks (1 shm, 1 sem, 4096 bytes), 1 survivor, 3 suppressed"
std::string CheckSummary(const CheckResult& result);
// The frames of a stack, a line each.
std::string StackText(const Stack& stack, const std::string& indent);
// {"schema": 1, "command": [...], "findings": [...], ...}
std::string CheckJson(const CheckResult& result);
// A test case for the program, and one for each finding.
std::string CheckJUnit(const CheckResult& result);
// The same as KTAP (report/ktap.h).
std::string CheckKtap(const CheckResult& result);
// One self-contained page: processes as lanes, calls on a time line, findings beside it.
std::string CheckHtml(const CheckResult& result);
// One line a call, in the order of time.
std::string CheckTrace(const CheckResult& result);

}  // namespace ipcrig
