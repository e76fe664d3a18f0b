// SPDX-License-Identifier: Apache-2.0
//
// Processes are killed at any point of a semop that waits.
//
// They wait with one operation or with several, for more and for zero, with SEM_UNDO, with a
// timeout, while the parent changes the semaphores all the time. When they are dead, nobody may be
// counted as waiting, what they were granted must have been given back by SEM_UNDO or be noted, and
// the set must still work and be removable.
//
// Prints: the dead leave nothing

#define _GNU_SOURCE

#include "set_race.h"

enum { kWays = 6, kPerRound = 6, kUnits = 0, kClosed, kGranted, kSemaphores };

static int set;

// What is taken is counted in the same call, without SEM_UNDO, so that nothing is in doubt.
static void wait_and_die(int number) {
  const struct timespec moment = {.tv_sec = 0, .tv_nsec = 50000};
  const struct sembuf take[] = {race_by(-1, kUnits, 0), race_by(1, kGranted, 0)};
  const struct sembuf closed[] = {race_by(0, kClosed, 0), race_by(-1, kUnits, 0)};
  struct sembuf borrow[] = {race_by(-1, kUnits, SEM_UNDO), race_by(0, kClosed, 0)};
  for (int round = number;; ++round) {
    int error = 0;
    switch (round % kWays) {
      case 0:
        error = race_ops(set, take, 2);
        break;
      case 1:
        error = race_op(set, -1, kUnits, SEM_UNDO);
        break;
      case 2:
        error = race_op(set, 0, kClosed, 0);
        break;
      case 3:
        error = race_ops(set, closed, 2);
        break;
      case 4:
        error = semtimedop(set, borrow, 2, &moment) == 0 ? 0 : errno;
        break;
      default:
        error = semtimedop(set, borrow, 1, &moment) == 0 ? 0 : errno;
    }
    if (error != EAGAIN) race_ok(error);
  }
}

static void check(int given) {
  for (int i = 0; i < kSemaphores; ++i) {
    const long more = race_must(semctl(set, i, GETNCNT), "GETNCNT");
    const long zero = race_must(semctl(set, i, GETZCNT), "GETZCNT");
    if (more != 0 || zero != 0) race_fail("%ld dead are waiting", more + zero);
  }
  const int left = race_value(set, kUnits);
  const int granted = race_value(set, kGranted);
  if (left + granted != given) {
    race_fail("%d units were given, %d taken, %d are left", given, granted, left);
  }
}

int main(void) {
  race_begin();
  unsigned seed = 4711;
  int number = 0;
  while (!race_is_over()) {
    set = race_set(kSemaphores);
    race_set_value(set, kClosed, 1);  // Nobody gets past it: what waits for it takes nothing.
    int given = 0;
    for (int round = 0; round < 4; ++round) {
      pid_t victims[kPerRound];
      for (int i = 0; i < kPerRound; ++i) victims[i] = race_start(wait_and_die, number++);
      for (int i = 0; i < kPerRound; ++i) {
        for (unsigned yields = race_pick(&seed, 6); yields > 0; --yields) sched_yield();
        const int units = (int)race_pick(&seed, 3);
        race_ok(race_op(set, units + 1, kUnits, 0));
        given += units + 1;
        race_must(kill(victims[i], SIGKILL), "kill");
      }
      for (int i = 0; i < kPerRound; ++i) race_wait(victims[i]);
      check(given);
    }
    race_remove_set(set);
  }
  race_end("the dead leave nothing");
}
