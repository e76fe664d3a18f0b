// SPDX-License-Identifier: Apache-2.0
//
// Sets are removed while many processes use them: awake, asleep, with SEM_UNDO, by semctl, and
// while processes with adjustments end.
//
// Whoever is in a call on a set that is removed gets EIDRM, or EINVAL if it came late, and nobody
// goes on waiting. A call that begins when the removal is over must never succeed. Three processes
// remove each set at once, and exactly one of them must say that it did.
//
// A semtimedop whose time is over when its set is removed may answer EAGAIN or EIDRM. Linux has
// answered EINTR, with no signal, since 4.8: that is let pass.
//
// Prints: removed sets are gone for everybody

#define _GNU_SOURCE

#include "set_race.h"

enum { kUsers = 7, kRemovers = 3, kMost = 3000 };

struct record {
  atomic_int set;               // of this generation
  atomic_uint generation;       // 0 before the first
  atomic_uint removed;          // the latest generation whose set is gone
  atomic_uint removals[kMost];  // how many processes say that they removed the set
  atomic_uint tried[kRemovers];
  atomic_uint through[kUsers];  // the latest generation that a user found removed
  atomic_bool over;
};

static struct record* record;

static int answer(int result) { return result == -1 ? errno : 0; }

// What the user does all the time; 0 or an errno.
static int use(int self, int set, unsigned generation) {
  const struct timespec moment = {.tv_sec = 0, .tv_nsec = 1000};
  struct sembuf two[] = {race_by(-1, 0, SEM_UNDO), race_by(0, 1, 0)};
  const struct sembuf zeros[] = {race_by(0, 0, 0), race_by(0, 1, 0)};
  unsigned short values[] = {0, 1, 0};
  struct semid_ds status;
  switch (self) {
    case 0:
      // Sleeps until the removal.
      return generation % 2 == 0 ? race_op(set, -1, 0, 0) : race_op(set, 0, 1, 0);
    case 1:
      return race_ops(set, generation % 2 == 0 ? two : zeros, 2);  // so does this
    case 2:
      return answer(semtimedop(set, two, 2, &moment));
    case 3:
      return race_op(set, 1, 2, SEM_UNDO);
    case 4:
      return answer(semctl(set, 0, SETALL, (union semun){.array = values}));
    case 5:
      return answer(semctl(set, 0, IPC_STAT, (union semun){.buf = &status}));
    default:
      return answer(semctl(set, 0, GETALL, (union semun){.array = values}));
  }
}

// EAGAIN is a timeout; ERANGE the end of what can be added.
static bool expected(int self, int error) {
  if (error == EIDRM || error == EINVAL || error == 0) return true;
  return self == 2 ? error == EAGAIN || error == EINTR : self == 3 && error == ERANGE;
}

static void work(int self) {
  while (!record->over) {
    const unsigned generation = record->generation;
    if (generation == record->through[self]) {
      sched_yield();
      continue;
    }
    const int set = record->set;
    const bool late = record->removed >= generation;
    const int error = use(self, set, generation);
    if (record->generation != generation) race_fail("the next set came too early");
    if (late && error != EINVAL && error != EIDRM) race_fail("%d: after removal, %d", self, error);
    if (!expected(self, error)) race_fail("%d: %s", self, strerror(error));
    if (error == EINVAL || error == EIDRM) record->through[self] = generation;
    if (self == 3 && generation % 8 == 0) _exit(0);  // with adjustments, while the set may go
  }
}

static void remove_too(int self) {
  while (!record->over) {
    const unsigned generation = record->generation;
    if (generation == record->tried[self]) {
      sched_yield();
      continue;
    }
    for (unsigned i = 0; i < generation * 7 % 20; ++i) sched_yield();
    const int error = answer(semctl(record->set, 0, IPC_RMID));
    if (error == 0) ++record->removals[generation];
    if (error != 0 && error != EINVAL && error != EIDRM) race_fail("RMID: %s", strerror(error));
    record->removed = generation;
    record->tried[self] = generation;
  }
}

static void revive(pid_t* user) {
  if (waitpid(*user, NULL, WNOHANG) != *user) return;
  for (int i = 0; i < race.child_count; ++i) {
    if (race.children[i] == *user) race.children[i] = 0;
  }
  *user = race_start(work, 3);
}

static void await_everybody(unsigned generation, pid_t* mortal) {
  for (int i = 0; i < kRemovers; ++i) {
    while (record->tried[i] != generation) sched_yield();
  }
  for (int i = 0; i < kUsers; ++i) {
    while (record->through[i] != generation) {
      revive(mortal);
      sched_yield();
    }
  }
  if (record->removals[generation] != 1) {
    race_fail("removed by %u processes", record->removals[generation]);
  }
}

int main(void) {
  race_begin();
  record = race_memory(sizeof *record);
  pid_t mortal = 0;
  for (int i = 0; i < kUsers; ++i) {
    const pid_t user = race_start(work, i);
    if (i == 3) mortal = user;
  }
  for (int i = 0; i < kRemovers; ++i) race_start(remove_too, i);
  for (unsigned generation = 1; generation < kMost && !race_is_over(); ++generation) {
    const int set = race_set(3);
    race_set_value(set, 1, 1);
    record->set = set;
    record->generation = generation;
    await_everybody(generation, &mortal);
  }
  record->over = true;
  race_join();
  race_end("removed sets are gone for everybody");
}
