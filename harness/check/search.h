// SPDX-License-Identifier: Apache-2.0
//
// Search: the depth-first search of Linearize(), for one of the states that may hold when a race
// begins. An implementation detail of linearize.cc.
//
// The state is changed in place on the way down. The way back begins at the nearest copy, or at the
// beginning, and makes the points behind it again. Copies are kept, every so often, once a way has
// failed; when some have, the search begins to remember where it has been.
#pragma once

#include <memory>
#include <unordered_set>

#include "check/fingerprint.h"
#include "check/forced.h"
#include "check/linearize.h"

namespace ipcrig {

// Which of several ways a point has taken, so that it can take the same one, or the next.
class Trail {
 public:
  int Pick(int count);
  void Restart() { at_ = 0; }
  // Turns to the next combination; false where there is none.
  bool Advance();
  bool operator==(const Trail&) const = default;

 private:
  struct Digit {
    int taken = 0;
    int count = 0;
    bool operator==(const Digit&) const = default;
  };
  std::vector<Digit> digits_;
  size_t at_ = 0;
};

// The calls of a race, by process, and what does not change while it is searched.
class RacePlan {
 public:
  RacePlan(const Race& race, size_t processes);

  struct Lane {
    std::vector<int> calls;  // indices into race.calls
    int end = -1;            // into race.ends
  };

  // Of a call, what the search looks at again and again.
  struct Head {
    int call = -1;  // index into race.calls; -1: none
    bool returned = false;
    int64_t from = INT64_MAX;
    int64_t due = INT64_MAX;  // when it had returned
  };

  const Race& race;
  std::vector<Lane> lanes;
  std::vector<Known> known;  // by call
  std::vector<Head> heads;   // by call
  bool bounded = false;      // whether a lost call has to have taken effect by some time

  const RacingCall& Call(int index) const { return race.calls[static_cast<size_t>(index)]; }
  // The calls of each lane.
  std::vector<std::vector<int>> Calls() const;
  const Lane& LaneOf(int process) const { return lanes[static_cast<size_t>(process)]; }
  int processes() const { return static_cast<int>(lanes.size()); }

 private:
  void Weaken(int index, int shmats);
};

class Search {
 public:
  struct Step {
    Point point;
    Trail trail;
  };
  // What the searches of one race have in common.
  struct Budget {
    int64_t nodes = 0;
    int64_t most_nodes = 0;
    int64_t ways = 0;  // that have failed
    int64_t most_ways = INT64_MAX;
    int64_t deadline_us = 0;
    bool spent = false;
    bool Spend();
  };

  // What is known of messages: which moves are tried first, and which are not. Or nullptr.
  struct Hints {
    const Deliveries* deliveries = nullptr;
    const ForcedOrders* forced = nullptr;
  };

  // Nothing is owned.
  Search(const RacePlan& plan, const LinearizeOptions& options, Budget& budget, Hints hints,
         bool deaf);

  // Looks for all states; adds to `found` those that it does not have. False: there may be more.
  bool Run(const State& before, std::vector<State>& found);

  // The longest order that explains a part; after a success of Run() with `states` 1, all of it.
  const std::vector<Step>& best() const { return best_; }
  // Goes along the first `steps` of best(), and tells of each point which calls it ended.
  void Follow(const State& before,
              const std::function<void(const Interleaving&, Point, const Points&)>& visit);
  // Which call of the process stands next in the last state of Follow(); -1: none.
  int NextOf(int process) const;
  // The call that has to end first of those that best() leaves, or of what has no end the first;
  // as process, or -1.
  int Blamed();
  // Tries the next call of a process behind best(): what would the model have allowed?
  Points::Misfit Probe(const State& before, int process);
  // Sleepers that never return, in the last state of Follow(), and could go on; or -1.
  int CanGoOn(const Interleaving& at, Points::Misfit& how);

 private:
  struct Config {
    Interleaving at;
    std::vector<int> done;  // by process: how many of its calls are over
    int64_t score = 0;      // how many are over, and processes gone
  };
  struct Frame {
    size_t moves = 0;  // where its own begin in moves_; they end where those of the next one begin
    size_t next = 0;   // the one that is taken, in moves_
    bool listed = false;
    bool hashed = false;
    bool reordered = false;
    bool fruitful = false;  // some way led on from it
    int64_t score = 0;
    Fingerprint print;
    Trail trail;
    std::unique_ptr<Config> copy;
  };
  struct Move {
    Point point;
    int urgency = 0;
    int64_t due = 0;
  };

  void Begin(const State& before);
  bool Make(Point point, Trail& trail);
  bool TakesForeign(const Points::Answer& answer) const;
  int64_t Reached() const;
  void PreferLostReceives(Frame& frame);
  void Advance(int process);
  void Know(int process);
  void List(Frame& frame);
  void ListOf(int process, int64_t bound);
  void AddAttempt(int process, int urgency, int64_t due);
  bool Ready(int process) const;
  void Add(Point::Kind kind, int process, int urgency, int64_t due);
  int64_t Due(int process) const;
  const RacingCall* Current(int process) const;
  const RacingEnd* EndOf(int process) const;
  bool AllPlaced() const;
  void Settle(std::vector<State>& found);
  void Restore();
  void Keep(Frame& frame);
  void Close(Frame& frame);
  void KeepBest();

  const RacePlan& plan_;
  const LinearizeOptions& options_;
  Budget& budget_;
  Hints hints_;
  bool deaf_;
  Config config_;
  const State* before_ = nullptr;
  bool live_ = true;                   // config_ is that of the last frame
  std::vector<Known> known_;           // by process, of its next call
  std::vector<RacePlan::Head> heads_;  // and what else is known of that
  Trail* trail_ = nullptr;
  Points points_;
  std::vector<Frame> frames_;
  size_t depth_ = 0;  // frames in use
  std::vector<Point> moves_;
  std::vector<Move> listing_;  // of List(), kept for its memory
  std::unordered_set<Fingerprint, FingerprintHash> closed_;
  bool remembers_ = false;
  std::vector<Step> best_;
  int64_t best_score_ = -1;
};

}  // namespace ipcrig
