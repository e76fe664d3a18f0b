// SPDX-License-Identifier: Apache-2.0
//
// Engine: executes a scenario step by step, in the sandbox, and writes its history.
//
// engine.cc gives commands and ends the run; engine_observe.cc looks what became of them.
//
// One process acts at a time. After each call the engine waits until the system is quiet: every
// process has answered, is gone, or is seen asleep in its call (exec/proc.h). What happened until
// then belongs to that call's step. Nothing is assumed to block because it takes long; a process
// that is neither done nor asleep when the time is up is reported as busy.
//
// The engine and its workers share one processor. Where SCHED_FIFO is permitted the workers run
// above the engine, so that control comes back exactly when all of them have finished or sleep.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/board.h"
#include "exec/facts.h"
#include "exec/proc.h"
#include "ops/scenario.h"

namespace ipcrig {

struct RunOptions {
  int64_t timeout_ms = 10000;     // for the whole scenario
  bool shared_namespace = false;  // use the caller's namespace
  bool realtime = true;           // use SCHED_FIFO where permitted
  bool ipcs_program = true;       // the views of programs; they cost some milliseconds
  bool all_views = false;         // all of them each time, and not in turns
  int processor = 0;              // which of the permitted ones
  std::string programs;           // the directory of exec'd programs
};

class Engine {
 public:
  Engine(const Scenario& scenario, const RunOptions& options, Isolation isolation, int output);

  // Runs the scenario to its end, or as far as it goes, and writes the history to the output.
  void Run();

 private:
  enum class Life { kUnborn, kStarting, kIdle, kCalling, kGone };
  // A process, or a thread of one.
  struct Runner {
    Life life = Life::kUnborn;
    int step = -1;              // of the last call
    bool must_end = false;      // killed; its end is a matter of time
    bool seen_asleep = false;   // in its present call
    bool seen_stopped = false;  // in its present call
    bool quiet = true;          // when it was looked at last
    bool stopped = false;       // by SIGSTOP
    bool ends_later = false;    // killed while it was stopped: SIGCONT is its end
    bool replaced = false;      // a thread of a process that executes a program: it ends
    UniqueFd pidfd;             // of a leader
    ProcWatch watch;
  };

  bool Prepare();
  bool StartProcess(int process, int step);
  void Adopt(int process);
  void RunStep(int step);
  void RunCall(int step);
  void BeforeCall(int process, const Op& op);
  void Settle(int64_t from);
  bool Observe(int process, int64_t from);
  bool ObserveCall(int process, int64_t from);
  bool IsProcessGone(int leader);
  std::optional<Outcome> EndOfProcess(int leader);
  std::optional<Outcome> FindEnd(int process);
  bool CollectEnd(int process, int64_t from);
  void CollectReply(int process, int64_t from);
  void AfterReply(int process, const Outcome& outcome);
  void AfterKill(int sender, const Kill& kill);
  void ReportBusy();
  void EndProcess(int process);
  void Close();
  void RemoveObjects();
  void FindSurvivors();

  Runner& runner(int process) { return runners_[static_cast<size_t>(process)]; }
  Lane& lane(int process) { return board_->lanes[process]; }
  // Calls f(runner) for each thread of the process that `process` belongs to.
  template <typename Function>
  void ForProcess(int process, Function f) {
    for (size_t i = 0; i < runners_.size(); ++i) {
      if (lane(static_cast<int>(i)).leader == lane(process).leader) f(runners_[i]);
    }
  }
  template <typename Call>
  bool IsInCall(int process) {
    return runner(process).life == Life::kCalling && std::holds_alternative<Call>(lane(process).op);
  }
  bool TimeIsUp() const;
  void Emit(const Event& event);
  std::vector<View> LookWithPrograms();
  std::vector<View> LookAtTheEnd();
  void EmitSnapshot(int step, const char* phase, const std::vector<View>& more = {});

  const Scenario& scenario_;
  const RunOptions& options_;
  Isolation isolation_;
  int output_;
  Facts facts_;
  int64_t deadline_us_ = 0;
  bool stopped_ = false;  // by time or by a failure of our own
  Board* board_ = nullptr;
  std::vector<Runner> runners_;
  std::vector<std::pair<ObjectKind, int>> created_;   // ids that the scenario's calls returned
  int snapshots_ = 0;                                 // at which the programs were asked
  std::vector<std::pair<ObjectKind, int>> baseline_;  // ids that were there before
};

}  // namespace ipcrig
