// SPDX-License-Identifier: Apache-2.0
//
// Queue histories: recorded uses of one message queue, a call a line, as other checkers are
// measured with them:
//
//   H typed=true,overlap=high,procs=8,ops=100,pending=6 100 ...
//   call return send pending selector value got_type got_value
//
// call, return: the interval, in ticks. send: 1 msgsnd, 0 msgrcv. pending: 1, its process was
// killed in it. msgsnd: selector is the type, value the payload, which no other message has;
// msgrcv: selector is msgtyp, got_type and got_value what it got.
//
//   for (const QueueHistory& history : ReadQueueHistories(text)) {
//     QueueRace queue(history);
//     Linearize({queue.before}, queue.race);
//   }
//
// PlainSearch() answers the same question by the textbook alone, with no model and no rule: what
// the checker is compared with.
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

// Ends the program where the text has another form.
std::vector<QueueHistory> ReadQueueHistories(std::string_view text);

// A history that is probably wrong: two receives have got each other's messages, or one got a
// message of a later one, or a message twice.
QueueHistory Corrupted(const QueueHistory& history, SeededDraw& draw);

// The same history for Linearize(): calls that do not overlap are given to one process.
struct QueueRace {
  explicit QueueRace(const QueueHistory& history);
  State before;
  Race race;
};

enum class Explained { kYes, kNo, kUnknown };

// Wing and Gong's search with Lowe's memory.
Explained PlainSearch(const QueueHistory& history, double seconds);
// All orders, one after the other: of histories of a few calls.
bool SomeOrderExplains(const QueueHistory& history);

}  // namespace ipcrig
