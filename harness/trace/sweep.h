// SPDX-License-Identifier: Apache-2.0
//
// Sweep: what becomes of the others, and of the next start, when a program is killed at one of its
// IPC calls.
//
//   std::vector<SweepPoint> points = PointsOf(recording);      // two a call: before and after
//   points = Sample(points, 100);                              // evenly, when there are thousands
//   SweepResult result = JudgePoint(recording, point, record); // of the run that was killed there
//
// Verdicts, the worst first:
//
//   hangs peer           a process that survived sleeps in an IPC call until its time is up
//   blocks restart       the next start does not end, or not as the recording did
//   leak                 after the next start there are more objects than after the recording
//   recovered            what was left is gone, or in use again, after the next start
//   clean                nothing was left
//   not reached          the program did not come to this call
//
// Pure functions of records.
#pragma once

#include <string>
#include <vector>

#include "trace/options.h"
#include "trace/record.h"

namespace ipcrig {

enum class SweepVerdict {
  kHangsPeer,
  kBlocksRestart,
  kLeak,
  kRecovered,
  kClean,
  kNotReached,
};
std::string_view SweepVerdictName(SweepVerdict verdict);
bool IsBad(SweepVerdict verdict);

struct SweepPoint {
  int call = 0;  // index in the recording
  CrashPoint crash = {};
};

struct SweepResult {
  SweepPoint point = {};
  SweepVerdict verdict = SweepVerdict::kNotReached;
  std::string detail = {};  // "pid 7 (./peer) asleep in semop"
  int left = 0;             // objects, before the next start
  double seconds = 0;
  bool moved = false;  // it was another number of call, or process, than in the recording
  int tries = 0;       // runs that it took, or that did not come to the point
};

std::vector<SweepPoint> PointsOf(const Record& recording, int signal, bool tree);
// So many of them, of each kind of call and evenly over time, in the order of the program; 0: all.
std::vector<SweepPoint> Sample(const std::vector<SweepPoint>& points, size_t most);

// What a start that nobody disturbs leaves and how it ends. `expected_status` is that of the next
// start.
SweepResult JudgePoint(const Record& recording, const SweepPoint& point, const Record& record,
                       int expected_status);

// "faked-sysv/msgrcv:before", "server.2/semop.3:after": the third semop(2) of the second process
// that executes server. Unlike numbers it means the same in each run.
std::string StablePointText(const CrashPoint& point);

// "1.3:after", and back; false where it is no such thing.
std::string PointText(const CrashPoint& point);
bool ParsePoint(const std::string& text, CrashPoint& point);

}  // namespace ipcrig
