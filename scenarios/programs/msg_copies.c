// SPDX-License-Identifier: Apache-2.0
//
// Copies are made by MSG_COPY while messages come and go.
//
// Each copy must be one message, whole, with its own type and length, and copying must neither take
// a message away nor change the order in which they arrive. Where the kernel cannot copy (it was
// built without checkpoints), there is nothing to see.
//
// Prints: all copies were whole

#define _GNU_SOURCE

#include "queue_race.h"

enum { kMost = 20000, kCopiers = 2 };

static int queue;

// The type follows from the number, so that a copy's type can be checked, too.
static long type_of(uint32_t number) { return 1 + number % 5; }

static void send(int sender) {
  static struct message message;
  for (uint32_t number = 0; number < kMost && !race_is_over(); ++number) {
    const uint32_t length = number % 3 == 0 ? 4000 + number * 97 % 4000 : number % 50;
    const size_t size = race_message(&message, type_of(number), sender, number, length);
    race_must(msgsnd(queue, &message, size, 0), "msgsnd");
  }
}

static void check(const struct message* message, ssize_t size) {
  race_check(message, size);
  if (message->type != type_of(message->head.number)) {
    race_fail("message %u has type %ld", message->head.number, message->type);
  }
}

static void receive(int unused) {
  (void)unused;
  static struct message message;
  for (uint32_t next = 0;; ++next) {
    const ssize_t size = msgrcv(queue, &message, kLongest, 0, 0);
    if (race_was_removed(size)) return;
    race_must(size, "msgrcv");
    check(&message, size);
    if (message.head.number != next) {
      race_fail("message %u came in place of %u", message.head.number, next);
    }
  }
}

static void copy(int copier) {
  static struct message message;
  uint32_t least = 0;
  for (long index = 0;; index = (index + 1) % (2 + copier)) {
    const ssize_t size = msgrcv(queue, &message, kLongest, index, IPC_NOWAIT | MSG_COPY);
    if (size == -1 && errno == ENOSYS) return;
    if (race_was_removed(size)) return;
    if (size == -1 && errno == ENOMSG) {
      sched_yield();
      continue;
    }
    race_must(size, "msgrcv MSG_COPY");
    check(&message, size);
    // What is first in the queue was sent after what was first before.
    if (index == 0 && message.head.number < least) race_fail("a copy of what had been received");
    if (index == 0) least = message.head.number;
  }
}

int main(void) {
  race_begin();
  queue = race_queue(16384);
  const pid_t sender = race_start(send, 0);
  race_start(receive, 0);
  for (int i = 0; i < kCopiers; ++i) race_start(copy, i);
  race_wait_well(sender);
  while (race_status(queue).msg_qnum > 0) sched_yield();
  race_remove(queue);
  race_join();
  race_end("all copies were whole");
}
