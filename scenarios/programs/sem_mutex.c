// SPDX-License-Identifier: Apache-2.0
//
// A semaphore guards data in a segment, and those who hold it die.
//
// Three processes take the semaphore with SEM_UNDO, check that the data is whole, change all of it,
// and give the semaphore back. A fourth one only takes it and is killed, over and over, asleep or
// with the semaphore in its hands. Nobody may ever find the data half changed, two may not be in at
// once, and the semaphore must always come back: the kernel gives it back for the dead.
//
// Prints: never two at once

#define _GNU_SOURCE

#include <sys/shm.h>

#include "set_race.h"

enum { kMutex, kWords = 64, kWorkers = 3 };

struct data {
  unsigned words[kWords];  // all equal
  atomic_int inside;
  atomic_uint entries[kWorkers];
  atomic_uint victims;
};

static int set;
static struct data* data;

static void enter(void) {
  const struct timespec patience = {.tv_sec = 3, .tv_nsec = 0};
  struct sembuf take = race_by(-1, kMutex, SEM_UNDO);
  if (semtimedop(set, &take, 1, &patience) == -1) {
    race_fail(errno == EAGAIN ? "the semaphore never came back" : "semtimedop: %s",
              strerror(errno));
  }
  const int others = data->inside++;
  if (others != 0) race_fail("%d others are inside", others);
}

static void leave(void) {
  --data->inside;
  race_ok(race_op(set, 1, kMutex, SEM_UNDO));
}

static void work(int self) {
  while (!race_is_over()) {
    enter();
    const unsigned now = data->words[0];
    for (int i = 0; i < kWords; ++i) {
      if (data->words[i] != now) race_fail("half of a change is seen");
      data->words[i] = now + 1;
    }
    ++data->entries[self];
    leave();
  }
}

static void take_and_stay(int unused) {
  (void)unused;
  race_ok(race_op(set, -1, kMutex, SEM_UNDO));
  ++data->victims;
  for (;;) pause();
}

int main(void) {
  race_begin();
  set = race_set(1);
  const int segment = (int)race_must(shmget(IPC_PRIVATE, sizeof *data, 0600), "shmget");
  data = shmat(segment, NULL, 0);
  if (data == (void*)-1) race_fail("shmat: %s", strerror(errno));
  race_must(shmctl(segment, IPC_RMID, NULL), "IPC_RMID");
  race_set_value(set, kMutex, 1);
  for (int i = 0; i < kWorkers; ++i) race_start(work, i);

  for (unsigned round = 0; !race_is_over(); ++round) {
    const unsigned victims = data->victims;
    const pid_t victim = race_start(take_and_stay, 0);
    if (round % 3 != 0) {
      while (data->victims == victims) sched_yield();
    } else {
      for (unsigned i = 0; i < round % 17; ++i) sched_yield();
    }
    race_must(kill(victim, SIGKILL), "kill");
    race_wait(victim);
  }
  race_join();
  unsigned entries = 0;
  for (int i = 0; i < kWorkers; ++i) entries += data->entries[i];
  if (data->words[kWords - 1] != entries) race_fail("a change was lost");
  if (race_value(set, kMutex) != 1) race_fail("the semaphore has %d", race_value(set, kMutex));
  race_remove_set(set);
  race_end("never two at once");
}
