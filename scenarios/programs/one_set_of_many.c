// SPDX-License-Identifier: Apache-2.0
//
// Processes that create one set, and one queue, at the same time, and remove it at the same time.
//
// With IPC_CREAT and IPC_EXCL exactly one creates it and the others get EEXIST; with IPC_CREAT
// alone all get one id; and exactly one removes it, while the others get EINVAL or EIDRM. They meet
// before each step.
//
// Prints: one creator, one id, one remover

#define _GNU_SOURCE

#include "set_race.h"

enum { kWorkers = 3, kKey = 0x5eed };

struct record {
  atomic_int arrived;
  atomic_int creators;
  atomic_int removers;
  atomic_int id;
  atomic_bool over;
};

static struct record* record;

// Returns when all workers have called it as often.
static void meet(int* meetings) {
  ++*meetings;
  ++record->arrived;
  while (record->arrived < *meetings * kWorkers) sched_yield();
}

static int get(bool set, int flags) {
  return set ? semget(kKey, 2, flags | 0600) : msgget(kKey, flags | 0600);
}

static void create_alone(bool set) {
  const int id = get(set, IPC_CREAT | IPC_EXCL);
  if (id == -1 && errno != EEXIST) race_fail("IPC_EXCL: %s", strerror(errno));
  if (id == -1) return;
  ++record->creators;
  record->id = id;
}

static void create_together(bool set) {
  const int id = (int)race_must(get(set, IPC_CREAT), "IPC_CREAT");
  int none = -1;
  if (!atomic_compare_exchange_strong(&record->id, &none, id) && none != id) {
    race_fail("ids %d and %d for one key", none, id);
  }
}

static void remove_together(bool set) {
  const int id = record->id;
  if ((set ? semctl(id, 0, IPC_RMID) : msgctl(id, IPC_RMID, NULL)) == 0) {
    ++record->removers;
  } else if (errno != EINVAL && errno != EIDRM) {
    race_fail("IPC_RMID: %s", strerror(errno));
  }
}

static void begin_round(int worker) {
  if (worker != 0) return;
  record->over = race_is_over();
  record->id = -1;
  record->creators = 0;
  record->removers = 0;
}

static void work(int worker) {
  int meetings = 0;
  for (int round = 0;; ++round) {
    const bool set = round % 2 == 0;
    const bool alone = round % 4 < 2;
    begin_round(worker);
    meet(&meetings);
    if (record->over) return;
    (alone ? create_alone : create_together)(set);
    meet(&meetings);
    if (alone && record->creators != 1) race_fail("%d creators", record->creators);
    remove_together(set);
    meet(&meetings);
    if (record->removers != 1) race_fail("%d removers", record->removers);
    meet(&meetings);
  }
}

int main(void) {
  race_begin();
  record = race_memory(sizeof *record);
  for (int i = 0; i < kWorkers; ++i) race_start(work, i);
  race_join();
  if (get(true, 0) != -1 || get(false, 0) != -1) race_fail("the key is still in use");
  race_end("one creator, one id, one remover");
}
