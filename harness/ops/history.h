// SPDX-License-Identifier: Apache-2.0
//
// History: what was observed while a scenario ran. Everything that ipcrig says about a run is a
// function of the scenario and its history, so a saved history can be judged again elsewhere.
//
// Between two calls nothing has an order: all events from one kCall to the next belong to one step,
// and the returns among them may have happened in any order.
//
// Of a race every call has an interval of its own, in nanoseconds of CLOCK_MONOTONIC, in which it
// took effect, and there may be several of one process, in the order in which it made them. Two
// calls have an order where one ends before the other begins:
//
//   race 3 -1 1763881200 0 ...         the second before it
//   raced 4 0 815 960 returned ...     the call of line 4, by process 0
//   pending 6 1 830 0 ...              process 1 has not returned from its call of line 6
//   pending 8 2 840 990 ...            nobody knows whether that of process 2 has: it took effect
//                                      before 990, or never
//   gone 6 1 900 1200 killed 9 ...     it ended, between two moments; so a call of its that is
//                                      pending took effect before 1200, or never
//   raceend 7 -1 1763881200 1763881201 everybody has come to rest; the second after it
//
// The text form has one event a line and is what an engine sends to its parent while it runs:
//
//   ipcrig-history 1
//   facts uid=0 gid=0 ...
//   start 0 2
//   call 0 0 1763881200
//   return 0 1763881200 1763881200 returned 7 [] ""
//   asleep 1 71
//   done
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/outcome.h"
#include "ops/snapshot.h"

namespace ipcrig {

// What the machine and the namespace were like when the run began. Sizes in bytes.
struct Facts {
  int64_t private_namespace = 0;  // 1: nobody else's objects can be seen
  int64_t uid = 0;
  int64_t gid = 0;
  int64_t cap_ipc_owner = 0;  // capabilities(7) of the workers in their own user namespace
  int64_t cap_sys_admin = 0;
  int64_t cap_sys_resource = 0;  // and in the initial one
  int64_t cap_ipc_lock = 0;
  int64_t cap_setuid = 0;          // 1: processes may become other users
  int64_t sysctl = 0;              // 1: the limits of the namespace can be written
  int64_t checkpoint_restore = 0;  // 1: MSG_COPY and *_next_id exist
  int64_t memlock = 0;             // soft RLIMIT_MEMLOCK
  int64_t huge_pages = 0;          // that are free
  int64_t huge_page_size = 0;
  int64_t swap = 0;
  int64_t shm_rmid_forced = 0;
  int64_t user_namespace = 0;  // 1: no user or group ids but uid and gid are mapped
  int64_t page_size = 4096;
  int64_t shmmax = 0;
  int64_t shmmni = 0;
  int64_t shmall = 0;
  int64_t msgmax = 0;
  int64_t msgmnb = 0;
  int64_t msgmni = 0;
  int64_t semmsl = 0;
  int64_t semmns = 0;
  int64_t semopm = 0;
  int64_t semmni = 0;

  bool operator==(const Facts&) const = default;
  // Calls f(name, value) for each.
  void ForEach(const std::function<void(std::string_view, int64_t&)>& f);
};

// root on an ordinary machine of 4096-byte pages, in a namespace of its own: for who has to know
// before anybody has looked at the machine.
Facts OrdinaryFacts();

struct Event {
  enum class Kind : uint8_t {
    kStart,     // a process was started by the engine; outcome.value: its pid
    kCall,      // step, process, from: the process was told to make the step's call
    kReturn,    // process, from, to, outcome: its call ended
    kEnded,     // process, from, to, outcome: the process is gone
    kAsleep,    // process, outcome.value: seen asleep in this system call, in quiescence
    kBusy,      // process: neither ended nor asleep within the step's time
    kNotRun,    // step, process, text: the process could not make the call
    kSkip,      // text: the scenario cannot run on this machine
    kSnapshot,  // step or phase, snapshot
    kClose,     // process, from: the scenario is over, the engine kills the process
    kSurvivor,  // text: a process that no line of the scenario accounts for
    kRemove,    // text: an object that the engine removed; outcome: of the removal
    kBroken,    // text: ipcrig could not do its work
    kRace,      // step, from: a race begins
    kRaced,     // step, process, from, to [ns], outcome: a call of a race that returned
    kPending,   // step, process, from [ns]: a call of a race that has not returned; with `to`, of
                // which nobody knows whether it has
    kGone,      // step, process, from, to [ns], outcome: the process ended in a race
    kRaceEnd,   // step, from, to: it is over; the seconds in which it took place
    kDone,      // the engine came to its end
  };

  Kind kind = Kind::kDone;
  int step = -1;
  int process = -1;
  int64_t from = 0;  // CLOCK_REALTIME, seconds, before the event
  int64_t to = 0;    // and after it
  Outcome outcome = {};
  std::string text = {};
  Snapshot snapshot = {};

  bool operator==(const Event&) const = default;
};

struct History {
  Facts facts;
  std::vector<Event> events;

  bool operator==(const History&) const = default;

  // Whether the engine reached its end; otherwise it was killed or died.
  bool Complete() const { return !events.empty() && events.back().kind == Event::Kind::kDone; }
  // The first event of the kind, or nullptr.
  const Event* Find(Event::Kind kind) const;
};

std::string HistoryHeader();
std::string PrintFacts(const Facts& facts);
std::string PrintEvent(const Event& event);  // one or more lines, ended by newlines
std::string PrintHistory(const History& history);

// The inverse of PrintHistory. A last line without its newline is ignored: an engine that was
// killed may have been in the middle of it. Errors name the line and column, in a file where so
// many lines stand above.
Result<History> ParseHistory(std::string_view text, std::string_view path = "history",
                             int lines_above = 0);

}  // namespace ipcrig
