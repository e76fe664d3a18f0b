// SPDX-License-Identifier: Apache-2.0
//
// Engine: who runs the rounds of a litmus test, inside the sandbox. It makes the memory and the IPC
// objects, forks the processes, and answers in lines of text:
//
//   state COUNT VALUE...      for each state that was seen
//   done ITERATIONS NANOSECONDS PROCESSORS IMPOSSIBLE
//   skipped | broken | stuck | died WHY        instead of done
//
//   Engine(test, plan, options, control).Run();
//
// To be used in a process that may do nothing else: it reaps all its children.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "litmus/body.h"
#include "litmus/control.h"
#include "litmus/run.h"

namespace ipcrig::litmus {

class Engine {
 public:
  Engine(const Test& test, const std::optional<Perpetual>& plan, const RunOptions& options,
         Control& control);

  // The answer.
  std::string Run();

 private:
  bool MakeObjects();
  bool StartProcesses();
  [[noreturn]] void RunProcess(size_t process);
  bool Round(uint32_t size);
  bool LooksEnded(double deadline);
  void ResetLocations(uint32_t size);
  void CountGated(uint32_t size);
  uint32_t NextSize(uint32_t size, double round_seconds) const;
  std::string Answer() const;
  bool Fail(const char* how, const std::string& why);

  const Test& test_;
  const std::optional<Perpetual>& plan_;
  const RunOptions& options_;
  Control& control_;
  uint32_t parties_;
  int processors_ = 0;
  std::vector<Segment> segments_;  // of the locations; and one for the futexes
  std::vector<IpcHandle> handles_;
  std::vector<pid_t> pids_;
  std::vector<std::pair<State, uint64_t>> states_;
  double seconds_ = 0;
  std::string failure_;
};

}  // namespace ipcrig::litmus
