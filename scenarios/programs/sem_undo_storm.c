// SPDX-License-Identifier: Apache-2.0
//
// Processes that change semaphores with SEM_UNDO end at any moment, by exit or by SIGKILL.
//
// What a process did with SEM_UNDO is gone with it, what others did without it stays: so when all
// have ended, each semaphore holds its first value, or that and the sum of what the parent did. One
// semaphore is set to its first value again in the middle, by SETVAL, which makes the kernel forget
// the adjustments: whatever the others did before and after, it ends at that value. Some children
// share their adjustments with a child of their own.
//
// Prints: everything was undone

#define _GNU_SOURCE

#include <linux/sched.h>
#include <sys/syscall.h>

#include "set_race.h"

enum { kUndone, kAlsoUndone, kLasting, kReset, kSemaphores };
// Far from the ends of the range, at which an undo would stop.
enum { kStart = 15000, kAlive = 4, kMost = 100000 };

static int set;
static atomic_uint* steps;  // calls made by anybody, to kill after
static int lasting;         // the sum of what was done without SEM_UNDO

// One random call, which is undone when the process ends.
static void step(unsigned* seed) {
  const int by = (int)race_pick(seed, 7) - 3;
  const struct sembuf both[] = {race_by(by, kUndone, SEM_UNDO | IPC_NOWAIT),
                                race_by(-by, kAlsoUndone, SEM_UNDO | IPC_NOWAIT),
                                race_by(by, kReset, SEM_UNDO | IPC_NOWAIT)};
  int error = 0;
  switch (race_pick(seed, 4)) {
    case 0:
      error = race_ops(set, both, 1);
      break;
    case 1:
      error = race_ops(set, both, 2);
      break;
    case 2:
      error = race_ops(set, both, 3);
      break;
    default:
      error = race_ops(set, both + 2, 1);
  }
  if (error != EAGAIN) race_ok(error);
  ++*steps;
}

static void live_and_die(int self) {
  unsigned seed = 31U + (unsigned)self * 7919U;
  if (self % 5 == 0) {
    const pid_t sharer = (pid_t)syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, NULL, NULL, NULL, NULL);
    race_must(sharer, "clone");
    if (sharer == 0) {
      for (int i = 0; i < 20; ++i) step(&seed);
      _exit(0);
    }
  }
  const int most = self % 2 == 0 ? 10 + (int)race_pick(&seed, 40) : kMost;
  for (int i = 0; i < most; ++i) step(&seed);
  while (self % 5 == 0 && wait(NULL) > 0) continue;
}

// What the parent does meanwhile: changes without SEM_UNDO, SETVAL, and a wait in vain.
static void disturb(unsigned* seed) {
  const struct timespec moment = {.tv_sec = 0, .tv_nsec = 100000};
  const int by = race_pick(seed, 2) == 0 ? 2 : -3;
  race_ok(race_op(set, by, kLasting, 0));
  lasting += by;
  race_set_value(set, kReset, kStart);
  struct sembuf never[] = {race_by(0, kUndone, 0), race_by(-1, kAlsoUndone, 0)};
  if (semtimedop(set, never, 2, &moment) == 0) race_fail("a value far from 0 was 0");
}

static bool has_ended(pid_t child) {
  siginfo_t info = {.si_pid = 0};
  race_must(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT), "waitid");
  return info.si_pid != 0;
}

static void kill_after_some_steps(pid_t child, unsigned* seed) {
  const unsigned until = *steps + race_pick(seed, 30);
  while (*steps < until && !has_ended(child)) sched_yield();
  kill(child, SIGKILL);
}

static void check(void) {
  static const char* const kNames[] = {"undone", "also undone", "lasting", "reset"};
  const int expected[] = {kStart, kStart, kStart + lasting, kStart};
  for (int i = 0; i < kSemaphores; ++i) {
    const int value = race_value(set, i);
    if (value != expected[i]) race_fail("%s: %d, not %d", kNames[i], value, expected[i]);
  }
}

int main(void) {
  race_begin();
  set = race_set(kSemaphores);
  steps = race_memory(sizeof *steps);
  for (int i = 0; i < kSemaphores; ++i) race_set_value(set, i, kStart);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // Who shared adjustments with a killed child is waited for.

  unsigned seed = 99;
  for (int number = 0; !race_is_over();) {
    pid_t children[kAlive];
    for (int i = 0; i < kAlive; ++i) children[i] = race_start(live_and_die, ++number);
    for (int i = 0; i < kAlive; ++i) {
      if (i == kAlive / 2) disturb(&seed);
      kill_after_some_steps(children[i], &seed);
    }
    while (wait(NULL) > 0) continue;
    race.child_count = 0;
    check();
  }
  race_remove_set(set);
  race_end("everything was undone");
}
