// SPDX-License-Identifier: Apache-2.0
//
// LogRace: the calls of a call log (ops/call_log.h) as a scenario of one race, and its history.
// What the log says of its processes in a word becomes what the model knows: a thread, a fork, a
// signal that somebody has sent, an end.
//
//   LogRace race;
//   int a = race.Find("A");                          // -1: too many
//   race.CallerOf(a).pid = 4711;
//   race.Begin(a, step, 10);
//   race.Return(a, 12, outcome);
//   race.End(a, 30);
//   race.Finish(line);
//   Judge(race.run.scenario, race.run.history);
//
// What can fail answers why it cannot be, or "".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/saved_run.h"

namespace ipcrig {

inline constexpr int64_t kLogSecond = 1763881200;  // of the race: what a log says of times is
                                                   // whether they are 0

class LogRace {
 public:
  // What is known of a process, or of a thread, so far.
  struct Caller {
    int64_t pid = 0;      // 0: any
    int leader = -1;      // the first thread of its process
    bool forked = false;  // by a call of the log
    bool in_call = false;
    bool gone = false;          // it never returns from its last call
    int64_t since = INT64_MIN;  // its last call began or returned
    int64_t first = INT64_MAX;  // its first call began
    int64_t born = INT64_MIN;   // the fork began
    size_t call = 0;            // into racing()
    // Of leaders, for the whole process.
    bool holds = false;    // something goes with its end: semaphore adjustments, attaches
    bool threads = false;  // it has others
    bool killed = false;
  };

  // The process of this name, which is made where there is none; -1: there are too many.
  int Find(const std::string& name);
  Caller& CallerOf(int process) { return callers_[static_cast<size_t>(process)]; }
  const std::vector<Caller>& callers() const { return callers_; }
  Caller& LeaderOf(int process) { return CallerOf(CallerOf(process).leader); }
  // Before its first call.
  std::string BeThreadOf(int process, int leader);

  // A step before the race.
  void Prepare(Step step, int64_t result);
  void Begin(int process, Step step, int64_t from);
  std::string Return(int process, int64_t to, const Outcome& outcome);
  // It never returns from its call: it sleeps in it, or was killed by `to`.
  void StayAsleep(int process);
  void StayUntil(int process, int64_t to);
  // It was gone by then: what it held went between its last call and that.
  void End(int process, int64_t to);
  // The race is put between the steps that were prepared and its end, which is at this line.
  std::string Finish(int line);

  // A call each, and what else happens to processes.
  std::vector<Event>& racing() { return racing_; }
  Step& StepOf(const Event& event) { return steps_[static_cast<size_t>(event.step)]; }

  SavedRun run;

 private:
  struct Ended {
    int process;
    int64_t from;
    int64_t to;
    bool killed;
  };

  int LastStep() const { return static_cast<int>(steps_.size()) - 1; }
  void AddRacing(int process, Step step, Event event);
  std::string Signal(int process, int64_t to);
  std::string AddEnds();
  void BeginThreads();
  std::vector<Event> Starts() const;

  bool handled_ = false;         // there are signals
  std::vector<Caller> callers_;  // by process
  std::vector<Step> before_;
  std::vector<Step> steps_;
  std::vector<Event> racing_;
  std::vector<Ended> ends_;
};

}  // namespace ipcrig
