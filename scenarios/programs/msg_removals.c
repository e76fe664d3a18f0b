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
enum { kReadEnd = 0, kWriteEnd = 1 };

struct record {
  atomic_int queue;        // of this generation
  atomic_uint generation;  // 1 is the first
  atomic_uint removed;     // the latest generation whose queue is gone
};

static struct record* record;
static int begin[2];    // a pipe: a byte for each user and generation
static int through[2];  // a pipe: a byte from each user that found the queue removed

static long call(int user, uint32_t number) {
  static struct message message;
  if (user >= kSenders) {
    const ssize_t size = msgrcv(record->queue, &message, kLongest, -2, 0);
    if (size != -1) race_check(&message, size);
    return size;
  }
  const size_t size = race_message(&message, 1 + user % 2, user, number, number % 300);
  return msgsnd(record->queue, &message, size, number % 8 == 7 ? IPC_NOWAIT : 0);
}

static void use(int user) {
  char byte;
  close(begin[kWriteEnd]);
  while (race_must(read(begin[kReadEnd], &byte, 1), "read") == 1) {
    const uint32_t generation = record->generation;
    for (uint32_t number = 0;; ++number) {
      const bool late = record->removed >= generation;
      const long result = call(user, number);
      if (result == -1 && (errno == EIDRM || errno == EINVAL)) break;
      if (result == -1 && errno == EAGAIN) continue;
      race_must(result, user < kSenders ? "msgsnd" : "msgrcv");
      if (late) race_fail("a call on a removed queue has succeeded");
    }
    race_must(write(through[kWriteEnd], &byte, 1), "write");
  }
}

int main(void) {
  race_begin();
  record = race_memory(sizeof *record);
  race_must(pipe(begin), "pipe");
  race_must(pipe(through), "pipe");
  for (int user = 0; user < kUsers; ++user) race_start(use, user);
  uint32_t random = 99;
  for (uint32_t generation = 1; generation < kMost && !race_is_over(); ++generation) {
    race.queue_count = 0;
    // Small, so that senders sleep; or large, so that receivers are busy.
    record->queue = race_queue(generation % 2 == 0 ? 100 : 16384);
    record->generation = generation;
    char bytes[kUsers] = {0};
    race_must(write(begin[kWriteEnd], bytes, kUsers), "write");
    for (uint32_t turns = race_random(&random) % 20; turns > 0; --turns) sched_yield();
    race_must(msgctl(record->queue, IPC_RMID, NULL), "IPC_RMID");
    record->removed = generation;
    for (int user = 0; user < kUsers; ++user) {
      race_must(read(through[kReadEnd], bytes, 1), "read");
    }
  }
  close(begin[kWriteEnd]);
  race_join();
  race_end("removed queues are gone for everybody");
}
