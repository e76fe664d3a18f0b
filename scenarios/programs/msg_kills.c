// SPDX-License-Identifier: Apache-2.0
//
// Senders and receivers are killed at any moment, over and over.
//
// A receiver that is killed may take one message with it: the one that it had got and not yet
// noted. A sender that is killed has sent its last message or has not. Nothing else may be lost,
// nothing may arrive twice or torn, and what the queue says that it holds must be what it holds.
//
// Prints: no kill cost more than one message

#define _GNU_SOURCE

#include "queue_race.h"

enum { kRounds = 200, kSlots = 2, kMost = 20000, kSize = 9000 };

struct record {
  atomic_uint begun;         // numbers that some sender began to send
  atomic_uchar sent[kMost];  // 1: msgsnd succeeded
  atomic_uchar seen[kMost];  // how often it arrived
  atomic_uint steps;         // calls made by anybody, to kill after
};

static int queue;
static struct record* record;

static void send(int sender) {
  static struct message message;
  for (;;) {
    const uint32_t number = atomic_fetch_add(&record->begun, 1);
    if (number >= kMost) return;
    const uint32_t length = number * 977 % (number % 4 == 0 ? 6000 : 100);
    const size_t size = race_message(&message, 1, sender, number, length);
    race_must(msgsnd(queue, &message, size, 0), "msgsnd");
    record->sent[number] = 1;
    atomic_fetch_add(&record->steps, 1);
  }
}

static void note(const struct message* message, ssize_t size) {
  race_check(message, size);
  if (message->head.number >= kMost) race_fail("a message that nobody sent");
  if (atomic_fetch_add(&record->seen[message->head.number], 1) != 0) {
    race_fail("message %u arrived twice", message->head.number);
  }
}

static void receive(int receiver) {
  static struct message message;
  for (;;) {
    const long type = receiver % 2 == 0 ? 0 : -1;
    const ssize_t size = race_must(msgrcv(queue, &message, kLongest, type, 0), "msgrcv");
    note(&message, size);
    atomic_fetch_add(&record->steps, 1);
  }
}

static void end(pid_t child) {
  race_must(kill(child, SIGKILL), "kill");
  const int status = race_wait(child);
  if (!WIFSIGNALED(status) && status != 0) race_fail("a child failed");
}

// Two senders and two receivers; each round one of them is killed and another takes its place.
// Answers how many receivers were killed.
static uint32_t kill_many(void) {
  uint32_t random = 4711;
  pid_t senders[kSlots];
  pid_t receivers[kSlots];
  for (int i = 0; i < kSlots; ++i) {
    senders[i] = race_start(send, i);
    receivers[i] = race_start(receive, i);
  }
  uint32_t killed = 0;
  for (uint32_t round = 0; round < kRounds && !race_is_over(); ++round) {
    const uint32_t dice = race_random(&random);
    const uint32_t target = record->steps + dice / 4 % 8;
    while (record->steps < target && record->begun < kMost && !race.shared->failed) sched_yield();
    const int slot = (int)(dice / 2 % kSlots);
    if (dice % 2 == 0) {
      end(senders[slot]);
      senders[slot] = race_start(send, slot);
    } else {
      end(receivers[slot]);
      ++killed;
      receivers[slot] = race_start(receive, slot);
    }
  }
  for (int i = 0; i < kSlots; ++i) {
    end(senders[i]);
    end(receivers[i]);
  }
  return killed + kSlots;
}

// The queue has no users any more: what is in it must be what it says.
static void drain(void) {
  static struct message message;
  const struct msqid_ds status = race_status(queue);
  unsigned long bytes = 0;
  unsigned long messages = 0;
  ssize_t size;
  while ((size = msgrcv(queue, &message, kLongest, 0, IPC_NOWAIT)) != -1) {
    note(&message, size);
    bytes += (unsigned long)size;
    ++messages;
  }
  if (errno != ENOMSG) race_fail("msgrcv: %s", strerror(errno));
  if (messages != status.msg_qnum || bytes != status.__msg_cbytes) {
    race_fail("the queue says %lu messages, %lu bytes; it had %lu, %lu",
              (unsigned long)status.msg_qnum, (unsigned long)status.__msg_cbytes, messages, bytes);
  }
}

int main(void) {
  race_begin();
  queue = race_queue(kSize);
  record = race_memory(sizeof *record);
  const uint32_t killed = kill_many();
  drain();
  uint32_t lost = 0;
  for (uint32_t number = 0; number < kMost; ++number) {
    if (record->sent[number] == 1 && record->seen[number] == 0) ++lost;
  }
  if (lost > killed) race_fail("%u receivers were killed, %u messages are lost", killed, lost);
  race_end("no kill cost more than one message");
}
