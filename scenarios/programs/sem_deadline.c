// SPDX-License-Identifier: Apache-2.0
//
// Wake-ups in vain do not extend a timeout.
//
// A process waits for more than it will get, for 30 milliseconds. All that time the parent adds a
// little and takes it away again, which makes the kernel try the operation each time. The wait must
// not end before its time, and it must end although the disturbances do not.
//
// Prints: the time was kept

#define _GNU_SOURCE

#include "set_race.h"

enum { kWaitMs = 30, kPatienceMs = 3000 };

static int set;

static void wait_in_vain(int operations) {
  const struct timespec timeout = {.tv_sec = 0, .tv_nsec = kWaitMs * 1000000};
  struct sembuf never[] = {race_by(-1000, 0, 0), race_by(-1, 1, 0)};
  const int64_t begin = race_now_ms();
  if (semtimedop(set, never, (size_t)operations, &timeout) == 0) race_fail("it was granted");
  if (errno != EAGAIN) race_fail("semtimedop: %s", strerror(errno));
  const int64_t took = race_now_ms() - begin;
  if (took < kWaitMs - 1) race_fail("it ended after %d ms", (int)took);
}

int main(void) {
  race_begin();
  set = race_set(2);
  for (int operations = 1; operations <= 2; ++operations) {
    const int64_t begin = race_now_ms();
    const pid_t waiter = race_start(wait_in_vain, operations);
    for (;;) {
      int status = 0;
      const pid_t ended = (pid_t)race_must(waitpid(waiter, &status, WNOHANG), "waitpid");
      if (ended == waiter && status != 0) return 1;
      if (ended == waiter) break;
      race_ok(race_op(set, 999, 0, 0));
      race_ok(race_op(set, -999, 0, 0));
      if (race_now_ms() > begin + kPatienceMs) race_fail("it waits on after its time");
      sched_yield();
    }
    race.child_count = 0;
  }
  race_remove_set(set);
  race_end("the time was kept");
}
