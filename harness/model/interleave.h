// SPDX-License-Identifier: Apache-2.0
//
// Interleaving: calls that are made at the same time, as a sequence of points. A point is what the
// kernel does at one moment, under one lock:
//
//   kAttempt    a call takes effect, or falls asleep with its place in the wait queue
//   kLook       one that sleeps looks again at what it waits for: a sender of a full queue, a
//               reader or writer of a pipe, a receiver that IPC_SET has woken
//   kInterrupt  one that sleeps looks at a signal
//   kTimeOut    the time of a semtimedop is up
//   kEnd        the next piece of a process that ends: it leaves its wait queue, its mappings go
//               one by one, then its semaphore adjustments set by set, then its pipes
//
// What the kernel does for others within somebody's point belongs to it: semop grants sleepers in
// the order of arrival, msgsnd hands its message over to the first receiver that fits, IPC_RMID
// tells everybody EIDRM. A signal does not take these out of their queue: they are granted until
// they look at it. Profile::kPosix promises no order: there every sleeper looks by itself.
//
//   Interleaving now{state, std::vector<Racer>(processes)};
//   Points points(known, choose, when);
//   if (points.Apply(now, {Point::Kind::kAttempt, 0}, &op)) ...   // `now` is what holds after it
//
// Where a point does not fit what is known, `now` is of no use any more. Sources: semop(2),
// msgop(2), signal(7), pipe(7), _exit(2), and the sources of Linux (ipc/sem.c, ipc/msg.c).
#pragma once

#include <forward_list>
#include <functional>
#include <vector>

#include "model/turn.h"

namespace ipcrig {

struct Racer {
  bool loose = false;      // a receiver that IPC_SET has woken and that has not looked again yet
  bool times_out = false;  // its semtimedop ends by itself
  bool exiting = false;    // it has called exit
  bool leaving = false;    // its end has begun
  bool ended = false;
  int signalled = 0;  // arrived while it was in no call: the call that it begins may yet meet it

  bool operator==(const Racer&) const = default;
};

struct Interleaving {
  State state;
  std::vector<Racer> racers;  // by process
};

struct Point {
  enum class Kind : uint8_t { kAttempt, kLook, kInterrupt, kTimeOut, kEnd };
  Kind kind = Kind::kAttempt;
  int process = 0;

  bool operator==(const Point&) const = default;
};

// What is known of the call in which a process is.
struct Known {
  enum class What : uint8_t {
    kReturned,  // it returned `outcome`
    kAsleep,    // it never returns
    kAnything,  // it returned something, or did not, and nobody knows what
  };
  What what = What::kAnything;
  const Outcome* outcome = nullptr;
  // Observers that are not atomic: calls that overlap this one may show in its answer.
  bool atomic = true;    // false: totals of several objects are not read at one moment
  int attaches = 0;      // so many attaches may be counted twice, or not be noted yet
  bool removal = false;  // an object that is removed between look-up and lock: EIDRM for EINVAL
};

class Points {
 public:
  using Choose = std::function<int(int count)>;  // one of so many ways that are all allowed
  struct Answer {
    int process = 0;
    const Outcome* outcome = nullptr;  // where it is not known, an example; until the next point
  };
  // The call that did not fit, and what the model would have allowed; nothing: that it sleeps.
  struct Misfit {
    int process = -1;
    std::vector<std::pair<std::string, std::string>> allowed;  // outcome and rule
  };

  // `known`: by process, of the call in which it is at the time of each point; not owned.
  Points(const std::vector<Known>& known, Choose choose, Range now)
      : known_(known), choose_(std::move(choose)), now_(now) {}

  // Whether the point can be, and fits what is known. `op`: of kAttempt. answers() tells which
  // calls and lives it ended, in order.
  bool Apply(Interleaving& at, Point point, const Op* op = nullptr);
  const std::vector<Answer>& answers() const { return answers_; }

  // After Apply() has answered false: whether nothing has changed all the same.
  bool Untouched() const { return untouched_; }

  // Keeps misfit(), which takes time: for who wants to explain.
  void Explain() { explain_ = true; }
  const Misfit& misfit() const { return misfit_; }

  // Sleepers that never return are not granted though they could be: their wake-ups were lost.
  void LoseWakeups() { deaf_ = true; }

  // A process whose call could go on though it sleeps, or -1; misfit() says how. `at` is of no use
  // afterwards. `skip`: not asked about.
  int CanGoOn(Interleaving& at, const std::function<bool(int process)>& skip);

 private:
  bool Attempt(Interleaving& at, int process, const Op& op);
  void Sleep(Interleaving& at, Turn& turn, int process, const Op& op);
  bool Look(Interleaving& at, int process);
  bool Interrupt(Interleaving& at, int process);
  bool TimeOut(Interleaving& at, int process);
  bool End(Interleaving& at, int process);
  bool EndPiece(Interleaving& at, int process);
  bool UndoOneSet(Interleaving& at, int process);
  bool CloseOneEnd(Interleaving& at, int process);
  bool Grant(Interleaving& at);
  bool GrantOne(Interleaving& at, bool& granted);
  void OrderSleepers(const Interleaving& at);
  bool Take(Interleaving& at, Turn& turn, int process, const Op& op);
  void Finish(Interleaving& at, int process, const Op& op, const Outcome& outcome);
  void Misses(int process, const Op& op, const Turn& turn);

  const Known& KnownOf(int process) const { return known_[static_cast<size_t>(process)]; }
  const Outcome* SeenOf(int process) const {
    const Known& known = KnownOf(process);
    return known.what == Known::What::kReturned ? known.outcome : nullptr;
  }
  // Whether a branch has to be kept that does not agree with what was seen in every detail.
  Turn::Keep KeepOf(int process) const;

  const std::vector<Known>& known_;
  Choose choose_;
  Range now_;
  bool untouched_ = false;
  bool explain_ = false;
  bool deaf_ = false;
  std::vector<Answer> answers_;
  std::forward_list<Outcome> examples_;  // of answers_
  Misfit misfit_;
  std::vector<int> order_;  // of Grant(), kept for its memory
};

// Whether the kernel ends this call of a sleeper within somebody else's point.
bool IsGranted(const State& state, int process);

}  // namespace ipcrig
