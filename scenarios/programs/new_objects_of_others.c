// SPDX-License-Identifier: Apache-2.0
//
// A stranger tries every id while others make objects that are not for strangers.
//
// From the moment in which an object can be found, it must have its owner and its mode: a kernel
// that puts it into its table first and fills it in later lets a stranger in by chance. The
// stranger knows the ids that will come, since they follow a rule, and asks for all of them, while
// sets and queues come and go. Where nobody may become another user, there is no stranger.
//
// Prints: no stranger got in

#define _GNU_SOURCE

#include "set_race.h"

enum { kStranger = 1000, kIds = 4, kKey = 4711, kStep = 32768 };

struct record {
  atomic_int set;
  atomic_int queue;
};

static struct record* record;

static void denied(long result, const char* what) {
  if (result != -1) race_fail("a stranger succeeds in %s", what);
  if (errno == EACCES || errno == EPERM || errno == EINVAL || errno == EIDRM) return;
  if (errno != ENOENT && errno != ENOMSG) race_fail("%s: %s", what, strerror(errno));
}

static void be_a_stranger(int unused) {
  (void)unused;
  if (setgid(kStranger) == -1 || setuid(kStranger) == -1) return;
  while (!race_is_over()) {
    for (int i = 0; i < kIds; ++i) {
      const int set = record->set + i % 2 + i / 2 * kStep;
      const int queue = record->queue + i % 2 + i / 2 * kStep;
      char byte[sizeof(long) + 1];
      struct semid_ds status;
      denied(semctl(set, 0, IPC_STAT, (union semun){.buf = &status}), "IPC_STAT");
      denied(semctl(set, 0, GETVAL), "GETVAL");
      denied(semctl(set, 0, IPC_RMID), "IPC_RMID");
      denied(race_op(set, 1, 0, IPC_NOWAIT) == 0 ? 0 : -1, "semop");
      denied(msgrcv(queue, byte, 1, 0, IPC_NOWAIT), "msgrcv");
      denied(msgctl(queue, IPC_RMID, NULL), "IPC_RMID");
    }
    denied(semget(kKey, 1, 0600), "semget");
    denied(msgget(kKey, 0600), "msgget");
  }
}

int main(void) {
  race_begin();
  record = race_memory(sizeof *record);
  race_start(be_a_stranger, 0);
  while (!race_is_over()) {
    const int set = (int)race_must(semget(kKey, 1, IPC_CREAT | IPC_EXCL | 0600), "semget");
    record->set = set;
    const int queue = (int)race_must(msgget(kKey, IPC_CREAT | IPC_EXCL | 0600), "msgget");
    record->queue = queue;
    if (race_value(set, 0) != 0) race_fail("the set was changed");
    race_remove_set(set);
    race_must(msgctl(queue, IPC_RMID, NULL), "IPC_RMID");
  }
  race_join();
  race_end("no stranger got in");
}
