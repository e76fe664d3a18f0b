// SPDX-License-Identifier: Apache-2.0
//
// Ten senders and ten receivers on one queue, a type for each pair.
//
// Each receiver must get the messages of its own sender, all of them, in their order. The queue is
// small, so that senders wait for room while receivers wait for messages.
//
// Prints: every pair has its messages

#define _GNU_SOURCE

#include "queue_race.h"

enum { kPairs = 10, kMessages = 12 };

static int queue;

static void send(int pair) {
  static struct message message;
  for (uint32_t number = 0; number < kMessages; ++number) {
    const uint32_t length = (number * 811 + (uint32_t)pair * 97) % 5000;
    const size_t size = race_message(&message, pair + 1, pair, number, length);
    race_must(msgsnd(queue, &message, size, 0), "msgsnd");
  }
}

static void receive(int pair) {
  static struct message message;
  for (uint32_t number = 0; number < kMessages; ++number) {
    const ssize_t size = race_must(msgrcv(queue, &message, kLongest, pair + 1, 0), "msgrcv");
    race_check(&message, size);
    if (message.type != pair + 1 || message.head.sender != (uint32_t)pair ||
        message.head.number != number) {
      race_fail("receiver %d, message %u: got type %ld, sender %u, number %u", pair, number,
                message.type, message.head.sender, message.head.number);
    }
  }
}

int main(void) {
  race_begin();
  queue = race_queue(12000);
  for (int pair = 0; pair < kPairs; ++pair) {
    race_start(pair % 2 == 0 ? receive : send, pair);
    race_start(pair % 2 == 0 ? send : receive, pair);
  }
  race_join();
  const struct msqid_ds status = race_status(queue);
  if (status.msg_qnum != 0 || status.__msg_cbytes != 0) {
    race_fail("the empty queue has %lu messages, %lu bytes", (unsigned long)status.msg_qnum,
              (unsigned long)status.__msg_cbytes);
  }
  race_end("every pair has its messages");
}
