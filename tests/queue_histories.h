// SPDX-License-Identifier: Apache-2.0
//
// Queue histories: recorded uses of one message queue, a call a line, as other checkers are
// measured with them:
//
//   H typed=true,overlap=high,procs=8,ops=100,pending=6 100 ...
//   call return send pending selector value got_type got_value
//
// call, return: the interval, in ticks. send: 1 msgsnd, 0 msgrcv. pending: 1, its process was
// killed in it, and it took effect before `return`, or never. msgsnd: selector is the type, value
// the payload, which no other message has; msgrcv: selector is msgtyp, got_type and got_value what
// it got.
//
//   for (const QueueHistory& history : LoadQueueHistories(path)) {
//     if (ModelSearch(history, {}) != PlainSearch(history, 5)) ...
//   }
//
// tests/histories/typed-queue.txt.gz: 792 of them, of 2 to 8 processes with 20 to 1000 calls that
// overlap little or nearly always, all of which have an order.
//
// ModelSearch() is the checker. PlainSearch() answers the same question by the textbook alone, with
// no model and no rule, and SomeOrderExplains() by trying everything: what it is compared with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "check/linearize.h"
#include "gen/draws.h"

namespace ipcrig {

struct QueueCall {
  int64_t from = 0;
  int64_t to = 0;
  bool send = false;
  bool pending = false;
  int64_t selector = 0;
  int64_t value = 0;
  int64_t got_type = 0;
  int64_t got_value = 0;
};

struct QueueHistory {
  std::string title;
  std::vector<QueueCall> calls;
};

// Those of a file that gzip has compressed. Ends the program where they have another form.
std::vector<QueueHistory> LoadQueueHistories(const std::string& path);
std::string QueueHistoryText(const QueueHistory& history);

// A few calls that overlap at random and got what they may have got, or may not.
QueueHistory SmallQueueHistory(Draw& draw);

// A history that is probably wrong: two receives have got each other's messages, or both the same
// one; a message was never sent, or only after it was received; or a receive got what is of a type
// that it did not ask for.
QueueHistory Corrupted(const QueueHistory& history, Draw& draw);

// The same history for Linearize(): calls that do not overlap are given to one process.
struct QueueRace {
  explicit QueueRace(const QueueHistory& history);
  std::vector<State> before;
  Race race;
};

enum class Explained { kYes, kNo, kUnknown };

Explained ModelSearch(const QueueHistory& history, const LinearizeOptions& options);
Explained ModelSearch(const QueueRace& queue, const LinearizeOptions& options);
// Wing and Gong's search with Lowe's memory.
Explained PlainSearch(const QueueHistory& history, double seconds);
// All orders, one after the other: of histories of a few calls.
bool SomeOrderExplains(const QueueHistory& history);

}  // namespace ipcrig
