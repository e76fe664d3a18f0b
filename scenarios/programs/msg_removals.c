// SPDX-License-Identifier: Apache-2.0
//
// Queues are removed while many processes send to them and receive from them, awake and asleep.
//
// Whoever is in a call on a queue that is removed gets EIDRM, or EINVAL if it came late, and nobody
// goes on waiting. A call that begins when the removal is over must never succeed.
//
// Prints: removed queues are gone for everybody

#define _GNU_SOURCE

#include "queue_race.h"

enum { kSenders = 3, kReceivers = 3, kUsers = kSenders + kReceivers, kMost = 2000 };

struct record {
  atomic_int queue;             // of this generation
  atomic_uint generation;       // 0 before the first
  atomic_uint removed;          // the latest generation whose queue is gone
  atomic_uint through[kUsers];  // the latest generation that a user found removed
  atomic_bool over;
};

static struct record* record;

static void use(int user) {
  static struct message message;
  for (uint32_t generation = 1;; ++generation) {
    while (record->generation < generation && !record->over) sched_yield();
    if (record->generation < generation) return;
    const int queue = record->queue;
    for (uint32_t number = 0;; ++number) {
      const bool late = record->removed >= generation;
      const long type = 1 + user % 2;
      const size_t size = race_message(&message, type, user, number, number % 300);
      const ssize_t result = user < kSenders
                                 ? msgsnd(queue, &message, size, number % 8 == 7 ? IPC_NOWAIT : 0)
                                 : msgrcv(queue, &message, kLongest, -2, 0);
      if (result == -1 && (errno == EIDRM || errno == EINVAL)) break;
      if (result == -1 && errno == EAGAIN) continue;
      race_must(result, user < kSenders ? "msgsnd" : "msgrcv");
      if (late) race_fail("a call on a removed queue has succeeded");
      if (user >= kSenders) race_check(&message, result);
    }
    record->through[user] = generation;
  }
}

int main(void) {
  race_begin();
  record = race_memory(sizeof *record);
  for (int user = 0; user < kUsers; ++user) race_start(use, user);
  uint32_t random = 99;
  for (uint32_t generation = 1; generation <= kMost && !race_is_over(); ++generation) {
    race.queue_count = 0;
    // Small, so that senders sleep; or large, so that receivers are busy.
    record->queue = race_queue(generation % 2 == 0 ? 100 : 16384);
    record->generation = generation;
    for (uint32_t turns = race_random(&random) % 40; turns > 0; --turns) sched_yield();
    race_must(msgctl(record->queue, IPC_RMID, NULL), "IPC_RMID");
    record->removed = generation;
    for (int user = 0; user < kUsers; ++user) {
      while (record->through[user] < generation) sched_yield();
    }
  }
  record->over = true;
  race_join();
  race_end("removed queues are gone for everybody");
}
