// SPDX-License-Identifier: Apache-2.0
//
// Linearize(): whether calls that overlapped can be put in an order that the model allows, each at
// moments within its own interval.
//
//   Race race{.calls = {{.step = 3, .process = 0, .op = send, .from = 10, .to = 20, .outcome = ok},
//                       {.step = 4, .process = 1, .op = receive, .from = 15, .to = 30,
//                        .outcome = message}},
//             .now = {second, second}};
//   Linearization result = Linearize({before}, race);
//   if (!result.states.empty()) ...   // explained; these may hold now
//
// The search is that of Wing and Gong (1993) with the memory of Lowe (2017): no pair of calls done
// and state is tried twice. A call has one point, or two where it sleeps (model/interleave.h). What
// a race must be like when everybody has come to rest is part of it: a sleeper that could go on is
// no explanation. Of queues, the orders that follow from the messages alone are found beforehand
// (check/forced.h).
//
// A call of a process that ended took effect before that, or never.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/state.h"

namespace ipcrig {

// A call. Of one process they have to stand in the order in which it made them.
struct RacingCall {
  int step = -1;  // for the caller's use
  int process = 0;
  Op op;
  int64_t from = 0;  // nanoseconds of one clock, or any other number that grows
  int64_t to = INT64_MAX;
  std::optional<Outcome> outcome = {};  // none: it has not returned
  bool lost = false;                    // and nobody knows whether it took effect; if, by `to`
  bool begun = false;                   // its process slept in it when the race began
};

// The end of a process: what it held went within [from, to].
struct RacingEnd {
  int process = 0;
  int64_t from = 0;
  int64_t to = INT64_MAX;
  Outcome outcome;
};

struct Race {
  std::vector<RacingCall> calls;
  std::vector<RacingEnd> ends;
  Range now;  // in seconds: what the objects note as their times
};

struct LinearizeOptions {
  int64_t nodes = 1'000'000;  // that are looked at, before it is given up
  double seconds = 10;
  size_t states = 256;          // that are looked for; 1: any will do
  int64_t more_nodes = 50'000;  // that are looked at for them when the first is there
  bool forced = true;           // false: by searching alone; the answer is the same, later
};

// Why no order explains a race.
struct Violation {
  struct Placed {
    int call = -1;  // index into Race::calls; -1: `process` ended
    int process = -1;
    bool asleep = false;  // it began to sleep; otherwise it took effect, or was woken
  };
  struct Expectation {
    std::string outcome;
    std::string rule;
  };
  struct Link {
    int call = -1;         // has to be before the next one,
    std::string_view why;  // for this reason
  };

  bool lost_wakeup = false;    // there would be an order if `call` could sleep on
  std::vector<Placed> prefix;  // the longest order that explains a part
  int call = -1;               // which cannot be put behind it; or which should have been woken
  int process = -1;            // whose end cannot be explained, where call is -1
  int waker = -1;              // of a lost wake-up: the call after which it could have gone on
  std::vector<Expectation> expected;  // of `call` at this place; empty: that it sleeps
  std::vector<Link> cycle;  // and the last one before the first; empty where none is known
};

struct Linearization {
  std::vector<State> states;  // all that may hold afterwards; empty: see below
  bool complete = true;       // false: there may be more states than these
  bool exhausted = false;     // the budget is used up, and no order was found
  bool guessed = false;       // an object was made by a call whose id nobody saw
  Violation violation;        // meaningful where there is no state and nothing was exhausted
  int64_t nodes = 0;
};

// `before`: the states that may hold when the race begins.
Linearization Linearize(const std::vector<State>& before, const Race& race,
                        const LinearizeOptions& options = {});

}  // namespace ipcrig
