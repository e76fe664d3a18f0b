// SPDX-License-Identifier: Apache-2.0
//
// IPC namespaces are made and left again and again, with objects in them.
//
// In a user namespace that permits three IPC namespaces this must work as often as one likes: what
// was left counts no more. Who goes back, by the file of the namespace or by that of a process that
// is in it, finds there what was there. Where user namespaces are not permitted, it is done less
// often and without that limit.
//
// Prints: every namespace was new

#define _GNU_SOURCE

#include <fcntl.h>
#include <sys/syscall.h>

#include "set_race.h"

enum { kKey = 4711, kRounds = 40 };

// Root in a new user namespace that may have three IPC namespaces.
static bool limit_namespaces(void) {
  char map[32];
  snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
  if (unshare(CLONE_NEWUSER) == -1) return false;
  return race_write_file("/proc/self/uid_map", map) &&
         race_write_file("/proc/sys/user/max_ipc_namespaces", "3");
}

static void leave_something(int round) {
  if (semget(kKey, 1, 0) != -1) race_fail("the namespace is not new");
  const int set = (int)race_must(semget(kKey, 2, IPC_CREAT | 0600), "semget");
  race_ok(race_op(set, 1 + round, 0, SEM_UNDO));
  race_must(msgget(kKey, IPC_CREAT | 0600), "msgget");
}

static void come_and_go(int unused) {
  (void)unused;
  const bool limited = limit_namespaces();
  const int rounds = limited ? kRounds : 5;
  for (int round = 0; round < rounds; ++round) {
    if (unshare(CLONE_NEWIPC) == -1) race_fail("unshare %d: %s", round, strerror(errno));
    leave_something(round);
    // The time counts only here: many kernels need some for each namespace that was left.
    if (round >= 5 && race_is_over()) return;
  }
}

static void be_there(int unused) {
  (void)unused;
  for (;;) pause();
}

static void go_back(void) {
  const int set = (int)race_must(semget(kKey, 1, IPC_CREAT | 0600), "semget");
  race_set_value(set, 0, 7);
  const pid_t other = race_start(be_there, 0);
  const int file = (int)race_must(open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC), "ns/ipc");
  const int process = (int)syscall(SYS_pidfd_open, other, 0);
  const int ways[] = {file, process};
  for (int i = 0; i < 2; ++i) {
    if (ways[i] == -1) continue;
    race_must(unshare(CLONE_NEWIPC), "unshare");
    if (semget(kKey, 1, 0) != -1) race_fail("the namespace is not new");
    if (setns(ways[i], CLONE_NEWIPC) == -1) {
      if (ways[i] == process && errno == EINVAL) continue;  // before Linux 5.8; end of the test
      race_fail("setns: %s", strerror(errno));
    }
    if (race_value(set, 0) != 7 || semget(kKey, 1, 0) != set) race_fail("it is another namespace");
  }
  race_must(setns(file, CLONE_NEWIPC), "setns");
  race_remove_set(set);
  race_must(kill(other, SIGKILL), "kill");
  race_wait(other);
}

int main(void) {
  race_begin();
  go_back();
  race_wait_well(race_start(come_and_go, 0));
  race_end("every namespace was new");
}
