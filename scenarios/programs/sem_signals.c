// SPDX-License-Identifier: Apache-2.0
//
// A grant and a signal reach a process that waits at the same moment.
//
// A semop that is interrupted has done nothing, and one that was done says so: units that were
// given are either still there or were taken by a call that returned 0. Both processes share one
// processor, and the one that waits has no right to interrupt the other: so it wakes up when the
// grant and the signal are both there. It waits with one operation, with an array, with a timeout,
// with SEM_UNDO, and for zero.
//
// Prints: no grant was lost to a signal

#define _GNU_SOURCE

#include "set_race.h"

enum { kUnits, kGate, kDone, kSemaphores, kWays = 5 };

struct record {
  atomic_int taken;  // calls that took a unit and returned 0
  atomic_int done;   // calls that added to kDone and returned 0
  atomic_bool over;
};

static int set;
static struct record* record;

static void ignore(int signal_number) { (void)signal_number; }

// Waits, with all that is to be done when the wait is over; 0 or an errno.
static int wait_in_some_way(int way) {
  const struct timespec hour = {.tv_sec = 3600, .tv_nsec = 0};
  struct sembuf unit[] = {race_by(-1, kUnits, way == 1 ? SEM_UNDO : 0), race_by(1, kDone, 0)};
  struct sembuf zero[] = {race_by(0, kGate, 0), race_by(1, kGate, 0), race_by(1, kDone, 0)};
  switch (way) {
    case 0:
    case 1:
      return race_ops(set, unit, 1);
    case 2:
      return race_ops(set, unit, 2);
    case 3:
      return semtimedop(set, unit, 2, &hour) == 0 ? 0 : errno;
    default:
      return race_ops(set, zero, 3);
  }
}

static void wait_again_and_again(int unused) {
  (void)unused;
  const struct sched_param none = {.sched_priority = 0};
  sched_setscheduler(0, SCHED_BATCH, &none);
  const struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
  race_must(sigaction(SIGUSR1, &action, NULL), "sigaction");
  for (int round = 0; !atomic_load(&record->over); ++round) {
    const int way = round % kWays;
    const int error = wait_in_some_way(way);
    if (error == EINTR) continue;
    race_ok(error);
    if (way != kWays - 1) ++record->taken;
    if (way >= 2) ++record->done;
  }
  // Its end would give back what it took with SEM_UNDO: SETVAL makes the kernel forget that.
  race_set_value(set, kUnits, race_value(set, kUnits));
}

// Returns when the process is counted as waiting: for zero or for a unit. False when time is up.
static bool await(bool* for_zero) {
  while (!race_is_over()) {
    *for_zero = race_must(semctl(set, kGate, GETZCNT), "GETZCNT") != 0;
    if (*for_zero || race_must(semctl(set, kUnits, GETNCNT), "GETNCNT") != 0) return true;
    sched_yield();
  }
  return false;
}

static void end(pid_t waiter) {
  atomic_store(&record->over, true);
  while (waitpid(waiter, NULL, WNOHANG) == 0) {
    race_must(kill(waiter, SIGUSR1), "kill");
    sched_yield();
  }
  race.child_count = 0;
}

int main(void) {
  race_begin();
  cpu_set_t here;
  CPU_ZERO(&here);
  CPU_SET(sched_getcpu(), &here);
  (void)sched_setaffinity(0, sizeof here, &here);
  set = race_set(kSemaphores);
  record = race_memory(sizeof *record);
  race_set_value(set, kGate, 1);
  const pid_t waiter = race_start(wait_again_and_again, 0);

  int given = 0;
  bool for_zero = false;
  for (int round = 0; await(&for_zero); ++round) {
    if (round % 4 == 0) race_must(kill(waiter, SIGUSR1), "kill");
    race_ok(for_zero ? race_op(set, -1, kGate, 0) : race_op(set, 1, kUnits, 0));
    if (!for_zero) ++given;
    if (round % 4 != 0) race_must(kill(waiter, SIGUSR1), "kill");
  }
  end(waiter);
  const int left = race_value(set, kUnits);
  if (left != given - record->taken) {
    race_fail("%d units were given, %d taken, %d are left", given, record->taken, left);
  }
  const int done = race_value(set, kDone);
  if (done != record->done) race_fail("%d arrays were done, %d said so", done, record->done);
  race_remove_set(set);
  race_end("no grant was lost to a signal");
}
