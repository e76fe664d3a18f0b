// SPDX-License-Identifier: Apache-2.0
//
// Four senders and four receivers with different wishes on one full queue.
//
// Every message must arrive exactly once and whole. Messages of one sender and type must reach a
// receiver in the order in which they were sent; where the receiver takes the oldest of all types,
// all messages of one sender must. The queue must never hold more than it may, and be empty at the
// end. Many messages are longer than a page, some are as short as can be.
//
// Prints: every message arrived once, in order

#define _GNU_SOURCE

#include "queue_race.h"

enum { kSenders = 4, kReceivers = 4, kTypes = 3, kMost = 4000, kSize = 10000 };

struct record {
  uint32_t sent[kSenders];
  atomic_uchar seen[kSenders][kMost];
};

static int queue;
static struct record* record;

static void send(int sender) {
  static struct message message;
  uint32_t random = 77 + (uint32_t)sender;
  uint32_t number = 0;
  for (; number < kMost && !race_is_over(); ++number) {
    const uint32_t dice = race_random(&random);
    const uint32_t length = dice % 4 == 0 ? dice / 16 % 7000 : dice / 16 % 60;
    const long type = 1 + dice / 4 % kTypes;
    const size_t size = race_message(&message, type, sender, number, length);
    race_must(msgsnd(queue, &message, size, 0), "msgsnd");
  }
  record->sent[sender] = number;
}

// What each receiver asks for: msgtyp and flags.
static const struct {
  long type;
  int flags;
  bool oldest;  // of all types that it takes
} kWishes[kReceivers] = {{0, 0, true}, {-kTypes, 0, false}, {1, MSG_EXCEPT, true}, {1, 0, true}};

static void note(int receiver, const struct message* message, uint32_t next[][kTypes + 1]) {
  const uint32_t sender = message->head.sender;
  const uint32_t number = message->head.number;
  if (sender >= kSenders || number >= kMost || message->type < 1 || message->type > kTypes) {
    race_fail("receiver %d got what nobody sent", receiver);
  }
  if (atomic_fetch_add(&record->seen[sender][number], 1) != 0) {
    race_fail("message %u of sender %u arrived twice", number, sender);
  }
  uint32_t* least = &next[sender][kWishes[receiver].oldest ? 0 : message->type];
  if (number < *least) race_fail("receiver %d: sender %u is out of order", receiver, sender);
  *least = number + 1;
}

static void receive(int receiver) {
  static struct message message;
  uint32_t next[kSenders][kTypes + 1] = {{0}};
  for (;;) {
    const ssize_t size =
        msgrcv(queue, &message, kLongest, kWishes[receiver].type, kWishes[receiver].flags);
    if (race_was_removed(size)) return;
    race_must(size, "msgrcv");
    race_check(&message, size);
    note(receiver, &message, next);
  }
}

// Looks at the queue while the others use it.
static void watch(int unused) {
  (void)unused;
  for (;;) {
    struct msqid_ds status;
    const int result = msgctl(queue, IPC_STAT, &status);
    if (race_was_removed(result)) return;
    race_must(result, "IPC_STAT");
    const unsigned long bytes = status.__msg_cbytes;
    const unsigned long least = status.msg_qnum * sizeof(((struct message*)NULL)->head);
    if (bytes > kSize || bytes < least || status.msg_qnum * (unsigned long)kLongest < bytes) {
      race_fail("%lu messages have %lu bytes", (unsigned long)status.msg_qnum, bytes);
    }
    sched_yield();
  }
}

int main(void) {
  race_begin();
  queue = race_queue(kSize);
  record = race_memory(sizeof *record);
  pid_t senders[kSenders];
  for (int i = 0; i < kReceivers; ++i) race_start(receive, i);
  for (int i = 0; i < kSenders; ++i) senders[i] = race_start(send, i);
  race_start(watch, 0);
  for (int i = 0; i < kSenders; ++i) {
    race_wait_well(senders[i]);
  }
  // The receivers take what is left.
  while (race_status(queue).msg_qnum > 0) sched_yield();
  if (race_status(queue).__msg_cbytes != 0) race_fail("bytes are left in an empty queue");
  race_remove(queue);
  race_join();
  for (int sender = 0; sender < kSenders; ++sender) {
    for (uint32_t number = 0; number < record->sent[sender]; ++number) {
      if (record->seen[sender][number] != 1) race_fail("message %u was lost", number);
    }
  }
  race_end("every message arrived once, in order");
}
