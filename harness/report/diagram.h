// SPDX-License-Identifier: Apache-2.0
//
// Diagram: a run as a space-time diagram, without size or colour: who made which call when, which
// message went from whom to whom, who woke whom, which objects existed, and what the model says
// held before and after each moment. The page (page.h) and the trace (chrome_trace.h) are made of
// it.
//
//   const Diagram diagram = DiagramOf(result);
//   for (const Diagram::Call& call : diagram.calls) DrawBar(call.lane, call.from, call.to);
//
// Time is a number that grows from 0. Between the lines of a stepped scenario nothing has a length:
// each takes one unit. In a race each moment at which a call began or ended is half a unit after
// the one before it, and Diagram::Race knows the nanoseconds. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "report/report.h"

namespace ipcrig {

struct Diagram {
  static constexpr double kNever = -1;  // no such time

  // A process. It begins at 0 or where another one made it.
  struct Lane {
    std::string name;
    int64_t pid = 0;
    double from = kNever;
    double to = kNever;    // kNever: it was never begun
    std::string end = {};  // "exit 0", "SIGKILL"; empty: it lived until the end
    bool killed = false;
  };

  // What a call does to the objects, for its colour.
  enum class Look : uint8_t { kOther, kMakes, kRemoves, kGives, kTakes, kEnds };

  struct Call {
    int step = -1;  // of the scenario
    int line = 0;
    int lane = 0;
    std::string text;
    std::string outcome = {};  // empty: it did not return
    std::vector<std::pair<std::string, std::string>> arguments = {};
    Look look = Look::kOther;
    bool failed = false;
    double from = 0;
    double to = kNever;           // kNever: it did not return
    double asleep_from = kNever;  // the part of it in which it slept
    double asleep_to = kNever;    // kNever with asleep_from: until the end
    double effect = kNever;       // of a race: where the order puts it
    int64_t from_ns = -1;         // of a race, from its first moment
    int64_t to_ns = -1;
  };

  struct Object {
    std::string kind;  // "shm", "msg", "sem"
    int id = 0;
    std::string name;  // of the variable that holds it, or "msg 7"
    double from = 0;
    double marked = kNever;  // a segment that goes with its last attach
    double to = kNever;      // kNever: it was there at the end
    std::vector<std::pair<double, std::string>> notes = {};  // "2 messages", from this time on
  };

  struct Arrow {
    enum class Kind : uint8_t { kMessage, kWake, kKill, kFork };
    Kind kind = Kind::kMessage;
    int from_call = -1;
    int to_call = -1;  // -1: the beginning or end of to_lane
    int to_lane = 0;
    double from = 0;
    double to = 0;
    bool wakes = false;  // of a message: its receiver slept
  };

  struct Race {
    double from = 0;
    double to = 0;
    double first = 0;                   // of the first of the moments; they are half a unit apart
    std::vector<int64_t> moments = {};  // nanoseconds of CLOCK_MONOTONIC
  };

  // Something at a time that is no call: "ipcs".
  struct Mark {
    double at = 0;
    std::string text;
  };

  // What can be stepped through: the calls of a stepped run, the points of a race's order.
  struct Moment {
    double at = 0;
    int call = -1;  // -1: the end of `lane`
    int lane = 0;
    std::string text;
    int before = -1;  // index into states; -1: the model allows none, or was not asked
    int after = -1;
  };

  // Of a finding of the judgement: where it is. The others are calls.
  struct Place {
    int call = -1;
    double at = 0;
    std::vector<int> cycle = {};  // calls
  };

  // The model's state as lines: "q", "1 message, 5 bytes: {1, "hello"}".
  using StateLines = std::vector<std::pair<std::string, std::string>>;

  double end = 0;
  std::vector<Lane> lanes;
  std::vector<Call> calls;
  std::vector<Object> objects;
  std::vector<Arrow> arrows;
  std::vector<Race> races;
  std::vector<Mark> marks;
  std::vector<Moment> moments;
  std::vector<Place> places;  // by finding
  std::vector<StateLines> states;
};

Diagram DiagramOf(const ScenarioResult& result);

// Microseconds for a time of the diagram: a unit is a millisecond, and a race takes as long as it
// took.
double DiagramMicroseconds(const Diagram& diagram, double time);

}  // namespace ipcrig
