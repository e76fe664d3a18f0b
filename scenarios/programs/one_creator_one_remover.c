// SPDX-License-Identifier: Apache-2.0
//
// Processes that create one segment at the same time, and remove it at the same time.
//
// With IPC_CREAT and IPC_EXCL exactly one creates it and the others get EEXIST; with IPC_CREAT
// alone all get one id; and exactly one removes it, since nobody is attached, while the others get
// EINVAL or EIDRM. They meet before each step.
//
// Prints: one creator, one id, one remover

#define _GNU_SOURCE

#include <errno.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "race.h"

enum { kWorkers = 3, kKey = 0x5eed, kPage = 4096 };

static struct {
  _Atomic int arrived;
  _Atomic int stop;
  _Atomic int creators;
  _Atomic int removers;
  _Atomic int id;
  _Atomic int failed;
} * shared;

// Returns when all workers have called it as often; whoever fails lets the others go.
static void meet(int* meetings) {
  ++*meetings;
  atomic_fetch_add(&shared->arrived, 1);
  while (atomic_load(&shared->arrived) < *meetings * kWorkers) {
    if (atomic_load(&shared->failed)) exit(1);
    sched_yield();
  }
}

static void wrong_here(const char* what, long number) {
  atomic_store(&shared->failed, 1);
  wrong(what, number);
}

static void create_alone(void) {
  const int id = shmget(kKey, kPage, IPC_CREAT | IPC_EXCL | 0600);
  if (id == -1 && errno != EEXIST) wrong_here("IPC_EXCL fails with", errno);
  if (id != -1) {
    atomic_fetch_add(&shared->creators, 1);
    atomic_store(&shared->id, id);
  }
}

static void create_together(void) {
  const int id = shmget(kKey, kPage, IPC_CREAT | 0600);
  if (id == -1) wrong_here("IPC_CREAT fails with", errno);
  int none = -1;
  if (!atomic_compare_exchange_strong(&shared->id, &none, id) && none != id) {
    wrong_here("another id for the same key", id);
  }
}

static void remove_together(void) {
  if (shmctl(atomic_load(&shared->id), IPC_RMID, NULL) == 0) {
    atomic_fetch_add(&shared->removers, 1);
  } else if (errno != EINVAL && errno != EIDRM) {
    wrong_here("IPC_RMID fails with", errno);
  }
}

static void begin_round(int worker) {
  if (worker != 0) return;
  if (time_is_up()) atomic_store(&shared->stop, 1);
  atomic_store(&shared->id, -1);
  atomic_store(&shared->creators, 0);
  atomic_store(&shared->removers, 0);
}

static void work(int worker) {
  int meetings = 0;
  for (int round = 0;; ++round) {
    begin_round(worker);
    meet(&meetings);
    if (atomic_load(&shared->stop)) return;
    const int alone = round % 2;
    if (alone) {
      create_alone();
    } else {
      create_together();
    }
    meet(&meetings);
    if (alone && atomic_load(&shared->creators) != 1) {
      wrong_here("processes that created it", atomic_load(&shared->creators));
    }
    remove_together();
    meet(&meetings);
    if (atomic_load(&shared->removers) != 1) {
      wrong_here("processes that removed it", atomic_load(&shared->removers));
    }
    meet(&meetings);
  }
}

int main(void) {
  shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("mmap");
  start(kMilliseconds);

  pid_t children[kWorkers];
  for (int i = 0; i < kWorkers; ++i) children[i] = spawn(work, i);
  for (int i = 0; i < kWorkers; ++i) join(children[i]);

  if (shmget(kKey, 0, 0) != -1 || errno != ENOENT) wrong("the key is still in use", kKey);
  printf("one creator, one id, one remover\n");
  return 0;
}
