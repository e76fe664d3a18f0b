// SPDX-License-Identifier: Apache-2.0
//
// Runs scenarios in real processes and collects their histories.
//
//   Result<History> history = RunScenario(scenario, options);
//
// or, several at a time, in one loop around poll(2):
//
//   auto run = Run::Start(scenario, options);
//   while (!run->Finished()) { poll on run->fd() for run->TimeLeftMs(); run->Advance(); }
//   History history = run->Take();
//
// A scenario with races is run as often as its schedules say (times=), each time with other seeds:
//
//   while (auto history = run->Next()) Judge(WithSeeds(scenario, run->number() - 1), **history);
//
// Not thread-safe: a process that runs scenarios has one thread, since it forks. A Run that is
// destroyed kills its sandbox.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/engine.h"
#include "ops/history.h"

namespace ipcrig {

class Run {
 public:
  static Result<Run> Start(const Scenario& scenario, const RunOptions& options);

  Run(Run&& other) noexcept;
  Run& operator=(Run&& other) noexcept;
  ~Run();

  int fd() const { return from_engine_.get(); }
  int64_t TimeLeftMs() const;
  // Reads what there is; kills the sandbox when its time is up and it has not ended by itself.
  void Advance();
  bool Finished() const { return finished_; }
  // Advances until it has finished.
  void Wait();
  // The history; of an engine that did not come to its end, as far as it got. Of several runs that
  // of the last.
  Result<History> Take();
  // The history of the next run that is over; nothing while there is none, and after the last. What
  // is left of an engine that did not come to its end is the last.
  std::optional<Result<History>> Next();
  // How many of them there were.
  uint32_t number() const { return number_; }

 private:
  Run() = default;
  void Kill();

  pid_t pid_ = -1;
  UniqueFd from_engine_;
  bool shared_ = false;
  int64_t allowed_ms_ = 0;
  int64_t deadline_ms_ = 0;
  std::string text_;   // what has been read and not been asked for
  size_t looked_ = 0;  // of it, in which no run ends
  uint32_t number_ = 0;
  bool finished_ = false;
};

Result<History> RunScenario(const Scenario& scenario, const RunOptions& options);

// The directory of programs that belongs to this executable: scenarios/programs beside it in a
// build tree, ../libexec/ipcrig/programs when installed.
std::string DefaultPrograms();

}  // namespace ipcrig
