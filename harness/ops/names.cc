// SPDX-License-Identifier: Apache-2.0
#include "ops/names.h"

#include <algorithm>

namespace ipcrig {

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kKey:
      return "a key";
    case Kind::kSegment:
      return "a shared memory segment";
    case Kind::kQueue:
      return "a message queue";
    case Kind::kSet:
      return "a semaphore set";
    case Kind::kAddress:
      return "an attach address";
    case Kind::kPipe:
      return "a pipe";
  }
  return "nothing";
}

std::string NameProblem(std::string_view word, std::string_view what) {
  static constexpr std::string_view kReserved[] = {"returns",     "ipcs", "race", "NULL",
                                                   "IPC_PRIVATE", "self", "data"};
  if (std::find(std::begin(kReserved), std::end(kReserved), word) != std::end(kReserved)) {
    return std::string(word) + " cannot be the name of " + std::string(what);
  }
  return word.size() > kMaxNameLength ? "name longer than 32 bytes" : "";
}

int Names::FindProcess(std::string_view name) const {
  for (size_t i = 0; i < processes.size(); ++i) {
    if (processes[i] == name) return static_cast<int>(i);
  }
  return -1;
}

std::string Names::NewProcessName() const {
  static_assert(kMaxProcesses <= 'Z' - 'A');
  char letter = static_cast<char>('A' + processes.size());
  while (FindProcess({&letter, 1}) >= 0)
    letter = letter == 'Z' ? 'A' : static_cast<char>(letter + 1);
  return {letter};
}

int Names::FindVariable(std::string_view name) const {
  for (size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace ipcrig
