// SPDX-License-Identifier: Apache-2.0
//
// A race in the simulated kernel: its calls are cut into points (model/interleave.h), which are
// made in an order that a seed determines, between calls that begin and return at moments that the
// seed determines, too. Each moment is a nanosecond.
//
//   SimulatedRace race(scenario, step, state, {.seed = 7});
//   state = race.Run(events);   // kRace ... kRaceEnd
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "gen/draws.h"
#include "model/interleave.h"
#include "ops/scenario.h"

namespace ipcrig {

enum class RaceBug : uint8_t {
  kNone,
  kWakeupLost,      // sleepers are not granted
  kTypeNotFifo,     // a message overtakes the one of its type before it
  kMessageLost,     // a message that is queued is gone
  kMessageDoubled,  // what is received stays in the queue
  kTornSemop,       // an array of operations is done in two parts
  kGetvalBetween,   // GETVAL shows a value in the middle of an operation
  kGrantLost,       // who was handed a message and has a signal to look at loses it
  kUndoMissing,     // SEM_UNDO is not applied when a process ends
  kUndoLate,        // it is, when everybody has come to rest
  kStale,           // GETVAL and IPC_STAT show what was when the race began
  kSendDelayed,     // msgsnd returns before its message is there
  kNewestFirst,     // the last sleeper to arrive is granted first
};
inline constexpr int kRaceBugs = static_cast<int>(RaceBug::kNewestFirst) + 1;

struct SimulatedRaceOptions {
  uint64_t seed = 0;
  RaceBug bug = RaceBug::kNone;
};

class SimulatedRace {
 public:
  // `step`: of the `race {`. `second`: the time of its calls.
  // `lines`: by process, the step of its last call.
  SimulatedRace(const Scenario& scenario, int step, State state, int64_t second,
                const std::vector<int>& lines, const SimulatedRaceOptions& options);

  // What holds when everybody has come to rest. Appends the events.
  State Run(std::vector<Event>& events);
  // By process: the last call that it has made.
  const std::vector<int>& last() const { return last_; }

 private:
  struct Lane {
    std::vector<int> steps;  // calls that it has not begun
    int step = -1;           // the call in which it is; -1: none
    bool begun = false;      // since before the race
    bool attempted = false;
    int64_t from = 0;
    int64_t leaves = -1;  // when its end began
    std::optional<Outcome> outcome;
    std::optional<Op> rest;  // of a torn semop
  };
  struct Action {
    enum class Kind : uint8_t { kBegin, kPoint, kReturn, kDeliver } kind;
    Point point;
  };

  std::vector<Action> Actions();
  bool Take(const Action& action, std::vector<Event>& events);
  bool MakePoint(Point point, std::vector<Event>& events);
  Op OpOf(const Lane& lane) const;
  bool Prepare(Point point, Lane& lane, Op& op);
  void Corrupt(Point point, const Op& op, const State& before, Outcome& outcome);
  void Finish(std::vector<Event>& events);
  bool Is(RaceBug bug) const { return options_.bug == bug; }
  Lane& LaneOf(int process) { return lanes_[static_cast<size_t>(process)]; }

  const Scenario& scenario_;
  const int step_;
  const SimulatedRaceOptions options_;
  SeededDraw draw_;
  Interleaving now_;
  const State first_;
  const Range second_;
  std::vector<Known> known_;
  Points points_;
  std::vector<Lane> lanes_;
  std::vector<int> last_;
  std::vector<std::pair<int, Message>> delayed_;  // by queue
  std::vector<std::pair<int, UndoList>> late_;
  int64_t clock_ = 1000;
};

}  // namespace ipcrig
