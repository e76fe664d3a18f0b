// SPDX-License-Identifier: Apache-2.0
//
// Engine: executes a scenario step by step, in the sandbox, and writes its history.
//
// engine.cc gives commands, engine_observe.cc looks what became of them, engine_race.cc does both
// for a race, engine_end.cc ends the run.
//
// Outside of races one process acts at a time. After each call the engine waits until the system is
// quiet: every process has answered, is gone, or is seen asleep in its call (exec/proc.h). What
// happened until then belongs to that call's step. Nothing is assumed to block because it takes
// long; a process that is neither done nor asleep when the time is up is reported as busy.
//
// The engine and its workers share one processor. Where SCHED_FIFO is permitted the workers run
// above the engine, so that control comes back exactly when all of them have finished or sleep.
//
// In a race the processes run their lists of calls by themselves (exec/racer.h), as the schedule
// says on several processors. It is over when two looks, one after the other, find everybody at
// rest in the same call: who made no step between them cannot have woken anybody.
//
// One engine can run many scenarios, one after the other:
//
//   Engine engine(options, isolation, [&](const Event& event) { ...; return true; });
//   engine.Run(scenario, Ending::kKeep);
//
// Worker processes that a scenario leaves as it found them, or that can be put back, are then kept
// for the next one, which saves most of its time, and the IPC namespace is proved to be empty
// instead of thrown away.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exec/board.h"
#include "exec/facts.h"
#include "exec/kcov.h"
#include "exec/limits.h"
#include "exec/proc.h"
#include "exec/race_plan.h"
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
  Kcov* kcov = nullptr;           // gets what code of the kernel the calls reach
};

// What becomes of the processes of a scenario that has come to its end.
enum class Ending {
  kAll,   // they are killed one after the other, and what each leaves behind is looked at
  kKeep,  // they stay, where nothing that happened to them could be felt by the next scenario
};

inline constexpr int64_t kLookAgainUs = 200;  // between two looks at who is not quiet
// Rounds of looks before time is up for anybody: whoever was kept from running may have kept the
// engine from it, too.
inline constexpr int kLeastRounds = 100;

// The earliest second that the kernel may note for something that happens from now on, and the
// latest for something that has happened.
int64_t EarliestSecond();
int64_t LatestSecond();

// Whether the call may sleep for as long as it likes; otherwise its end is waited for.
bool MaySleep(const Op& op);

class Engine {
 public:
  // Gets the events of a run in their order. False: nobody wants any more of them.
  using Sink = std::function<bool(const Event&)>;

  // In the process that SetUpSandbox() has set up. Pins it to a processor.
  Engine(RunOptions options, Isolation isolation, Sink sink);
  // Ends the workers that were kept.
  ~Engine() { DismissCrew(); }
  Engine(const Engine&) = delete;

  const Facts& facts() const { return facts_; }

  // The next scenario gets another IPC namespace, and nobody in it who has known this one.
  void Renew();
  // Runs the scenario to its end, or as far as it goes.
  void Run(const Scenario& scenario, Ending ending = Ending::kAll);

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
    bool gone = false;          // a leader whose process is
    bool has_pipe = false;      // it has made a pipe
    bool has_settings = false;  // it has changed some that it can put back
    bool marked = false;        // it is not as it was when it started, and cannot be made so
    bool racing = false;        // it is in a race, with a list of calls
    UniqueFd pidfd;             // of a leader
    ProcWatch watch;
  };

  // What is seen of a process while a race is on.
  struct RaceLook {
    enum class State { kRuns, kAnswered, kAsleep, kStopped, kGone };
    State state = State::kRuns;
    uint32_t begun = 0;  // calls
    int syscall = -1;    // that it sleeps in

    bool operator==(const RaceLook&) const = default;
  };
  // How a process has ended in a race, and when that was seen: nanoseconds.
  struct RaceEnd {
    Outcome outcome;
    int64_t seen = 0;
  };

  bool Prepare();
  void PrepareLane(int process, bool forked);
  bool StartProcess(int process);
  bool ForkProcess(int process);
  void Adopt(int process);
  size_t RunStep(size_t step);
  bool CanRun(int step);
  void RunCall(int step);
  size_t RunRace(size_t race);
  void Place(const PlannedRacer& racer);
  void Unplace(const PlannedRacer& racer);
  void OpenRace(const PlannedRace& plan);
  bool SettleRace(const PlannedRace& plan);
  uint32_t AwaitAnswers();
  RaceLook LookAt(int process);
  void TellRace();
  void TellCalls(int process, std::vector<Event>& raced);
  void TellRest(int process);
  void BeforeCall(int process, const Op& op);
  void Settle(int64_t from);
  void WaitAWhile(uint32_t answers);
  bool AwaitsTheClock();
  bool Observe(int process, int64_t from);
  bool ObserveCall(int process, int64_t from);
  void LookWhoIsGone();
  bool IsAtRest(const Runner& self) const;
  bool ChangesItsUser(int leader);
  bool IsLastThread(int process);
  std::optional<Outcome> EndOfProcess(int leader);
  std::optional<Outcome> FindEnd(int process);
  bool CollectEnd(int process, int64_t from);
  void CollectReply(int process, int64_t from);
  Outcome ReplyOf(int process) const;
  void AfterReply(int process, const Outcome& outcome);
  void AfterKill(int sender, const Kill& kill);
  void ReportBusy();
  void EndProcess(int process);
  void Close();
  void EndEverybody();
  bool EndSome(bool all);
  bool MayKeep() const;
  static void NoteMarks(Runner& self, const Op& op);
  static bool CanKeep(const Runner& self);
  void TidyUp(int process);
  void Keep();
  void Dismiss(int process);
  void DismissCrew();
  std::vector<std::pair<ObjectKind, int>> Existing() const;
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

  const Scenario& scenario() const { return *scenario_; }

  const RunOptions options_;
  const Isolation isolation_;
  const Sink sink_;
  Facts facts_;
  std::vector<int> processors_;  // that are permitted, its own first
  Error problem_;                // why there is no board
  Board* board_ = nullptr;
  std::vector<Runner> crew_;  // kept for the next scenario, by lane
  int runs_here_ = 0;         // in this IPC namespace
  unsigned looks_ = 0;        // how many `ipcs` lines there were in all runs
  bool spoilt_ = false;       // the namespace is not as it was
  SavedLimits limits_;        // of the run's lines

  // Of the run.
  const Scenario* scenario_ = nullptr;
  Ending ending_ = Ending::kAll;
  int64_t deadline_us_ = 0;
  bool stopped_ = false;  // by time or by a failure of our own
  std::vector<Runner> runners_;
  int64_t race_began_ = 0;                            // nanoseconds
  bool race_kills_ = false;                           // somebody may be killed in the race
  std::map<int, RaceEnd> race_ends_;                  // by process
  std::vector<std::pair<ObjectKind, int>> created_;   // ids that the scenario's calls returned
  int snapshots_ = 0;                                 // at which the programs were asked
  std::vector<std::pair<ObjectKind, int>> baseline_;  // ids that were there before
};

}  // namespace ipcrig
