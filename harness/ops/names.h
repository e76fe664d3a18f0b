// SPDX-License-Identifier: Apache-2.0
//
// Names: what a scenario calls its processes and its results.
//
//   A  q = msgget(IPC_PRIVATE, 0600)     process 0 is "A", variable 0 is "q", a queue
//
// Operations hold small indexes instead of names, so that they stay trivially copyable and can be
// handed to a worker through shared memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ipcrig {

inline constexpr int kMaxProcesses = 16;
inline constexpr int kMaxVariables = 64;
inline constexpr int kMaxNameLength = 32;

// What a variable holds. The first letters of the names that generators give to new ones.
enum class Kind : uint8_t { kKey, kSegment, kQueue, kSet, kAddress, kPipe };

// "a key", "a queue", ...: for messages.
std::string_view KindName(Kind kind);

// Why a word cannot become the name of `what` ("a process", "a variable"); empty where it can.
std::string NameProblem(std::string_view word, std::string_view what);

struct Names {
  struct Variable {
    std::string name;
    Kind kind;
    bool operator==(const Variable&) const = default;
  };

  std::vector<std::string> processes;
  std::vector<Variable> variables;

  bool operator==(const Names&) const = default;

  // The index of a name, or -1.
  int FindProcess(std::string_view name) const;
  // A name that no process has: A, B, C...
  std::string NewProcessName() const;
  int FindVariable(std::string_view name) const;
};

}  // namespace ipcrig
