// SPDX-License-Identifier: Apache-2.0
//
// Two processes hand one message to and fro, each asleep until it comes.
//
// A receiver that looks into the queue and then goes to sleep must not miss a message that comes
// between: there is only this one, and both would sleep for ever. They play over two queues, then
// over one queue with a type for each, and then while a third process changes the queue all the
// time, which makes those who wait look and go to sleep again.
//
// Prints: no wake-up was lost

#define _GNU_SOURCE

#include "queue_race.h"

enum { kPhaseMs = 35, kLast = 1000000 };

static int queues[2];
static long types[2];
static int64_t phase_end_ms;

static void play(int self) {
  struct {
    long type;
    uint32_t number;
  } ball = {1, 0};
  for (uint32_t number = (uint32_t)self;; number += 2) {
    if (self == 1 || number > 0) {
      race_must(msgrcv(queues[self], &ball, sizeof ball.number, types[self], 0), "msgrcv");
      if (ball.number == kLast) return;
      if (ball.number + 1 != number) race_fail("%u came back as %u", number - 1, ball.number);
    }
    const bool last = self == 0 && number > kRaceLeast && race_now_ms() >= phase_end_ms;
    ball.type = types[1 - self];
    ball.number = last ? kLast : number;
    race_must(msgsnd(queues[1 - self], &ball, sizeof ball.number, 0), "msgsnd");
    if (last) return;
  }
}

static void change(int unused) {
  (void)unused;
  struct msqid_ds status = race_status(queues[0]);
  while (race_now_ms() < phase_end_ms) {
    status.msg_qbytes = status.msg_qbytes == 100 ? 200 : 100;
    race_must(msgctl(queues[0], IPC_SET, &status), "IPC_SET");
    sched_yield();
  }
}

static void phase(int first, int second, long first_type, long second_type) {
  queues[0] = first;
  queues[1] = second;
  types[0] = first_type;
  types[1] = second_type;
  phase_end_ms = race_now_ms() + kPhaseMs;
  race_start(play, 0);
  race_start(play, 1);
}

int main(void) {
  race_begin();
  const int first = race_queue(1000);
  const int second = race_queue(1000);
  phase(first, second, 1, 1);
  race_join();
  phase(first, first, 1, 2);
  race_join();
  phase(first, first, 2, 1);
  race_start(change, 0);
  race_join();
  if (race_status(first).msg_qnum != 0 || race_status(second).msg_qnum != 0) {
    race_fail("a message is left over");
  }
  race_end("no wake-up was lost");
}
