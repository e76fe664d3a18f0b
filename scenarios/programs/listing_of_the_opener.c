// SPDX-License-Identifier: Apache-2.0
//
// /proc/sysvipc lists the IPC namespace of who opens the file.
//
// Not that of who mounted /proc, and not that of who reads: a file that was opened before its
// process went into another namespace goes on listing the old one. The sysctls in /proc/sys, in
// contrast, belong to whoever uses them.
//
// Prints: each sees its own

#define _GNU_SOURCE

#include <fcntl.h>

#include "set_race.h"

enum { kOldKey = 4711, kNewKey = 4712, kMostBytes = 4096 };

// Whether the list has this key. Reads the file from its beginning.
static bool lists(int file, int key) {
  char text[kMostBytes] = {0};
  char start[16];
  race_must(lseek(file, 0, SEEK_SET), "lseek");
  race_must(read(file, text, sizeof text - 1), "read");
  snprintf(start, sizeof start, "\n%10d ", key);
  return strstr(text, start) != NULL;
}

static int open_list(const char* name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/sysvipc/%s", name);
  return (int)race_must(open(path, O_RDONLY | O_CLOEXEC), path);
}

static void expect(int file, bool old_one, bool new_one, const char* who) {
  if (lists(file, kOldKey) != old_one) race_fail("%s: the old namespace's object", who);
  if (lists(file, kNewKey) != new_one) race_fail("%s: the new namespace's object", who);
}

int main(void) {
  race_begin();
  const int old_set = (int)race_must(semget(kOldKey, 1, IPC_CREAT | 0600), "semget");
  const int old_queue = (int)race_must(msgget(kOldKey, IPC_CREAT | 0600), "msgget");
  const int old_sets = open_list("sem");
  const int old_queues = open_list("msg");
  const int home = (int)race_must(open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC), "ns/ipc");

  race_must(unshare(CLONE_NEWIPC), "unshare");
  race_must(semget(kNewKey, 1, IPC_CREAT | 0600), "semget");
  race_must(msgget(kNewKey, IPC_CREAT | 0600), "msgget");
  const int new_sets = open_list("sem");
  const int new_queues = open_list("msg");
  expect(old_sets, true, false, "opened before");
  expect(old_queues, true, false, "opened before");
  expect(new_sets, false, true, "opened after");
  expect(new_queues, false, true, "opened after");

  race_must(setns(home, CLONE_NEWIPC), "setns");
  expect(old_sets, true, false, "back, opened before");
  expect(new_sets, false, true, "back, opened after");
  const int again = open_list("sem");
  expect(again, true, false, "opened when back");
  race_remove_set(old_set);
  race_must(msgctl(old_queue, IPC_RMID, NULL), "IPC_RMID");
  expect(old_sets, false, false, "after the removal");
  expect(again, false, false, "after the removal");
  race_end("each sees its own");
}
