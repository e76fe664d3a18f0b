// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a record: objects that were left, processes that outlived the program, and
// habits that are risky.
//
//   leak      an object that nobody can be using any more still exists
//   in use    an object still exists, and so does a process that may be using it
//   survivor  a process that outlived the program and the settle time
//   posix     a new name in /dev/shm or a POSIX message queue: a hint, since it may be somebody's
//   risk      something that works today: world-accessible objects, fixed keys, locks without
//             SEM_UNDO, sets that are used before they are initialised, objects that are removed
//             while others use them
//
// Leaks and survivors make a program unclean; the others are only said. What came from one place
// in one way is one finding with a count. Pure functions of the record.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "trace/record.h"

namespace ipcrig {

enum class FindingKind { kLeak, kInUse, kSurvivor, kPosix, kRisk };
std::string_view FindingKindName(FindingKind kind);

struct TraceFinding {
  FindingKind kind = FindingKind::kLeak;
  std::string rule = {};  // of a risk: "fixed-key"; of others the name of the kind of object
  std::string title = {};
  std::vector<std::pair<std::string, std::string>> lines = {};  // label, text
  std::string help = {};
  Stack stack = {};  // of the call that the finding is about
  bool has_stack = false;
  bool guessed = false;           // who created it: the call's result was not seen
  std::vector<int> objects = {};  // indices; all from the same place
  int process = -1;               // index
  int64_t bytes = 0;              // of segments and messages, of all objects together
  std::string path = {};          // of a POSIX name
  bool suppressed = false;
};

// Whether it makes the program unclean.
bool IsUnclean(const TraceFinding& finding);

std::vector<TraceFinding> JudgeRecord(const Record& record);

// Whether the frame has a source file that is likely to be there. Those of the system's libraries
// are named relative to where they were built.
bool HasSource(const Frame& frame);

// "pid 12 (./producer --fast)"
std::string ProcessText(const Record& record, int process);

}  // namespace ipcrig
