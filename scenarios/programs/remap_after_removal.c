// SPDX-License-Identifier: Apache-2.0
//
// remap_file_pages(2) on memory whose segment is removed meanwhile.
//
// The call unmaps the memory and maps its file again. If the segment was removed, the unmapping was
// its last detach and destroyed it, so that mapping again must fail, and must neither revive it nor
// hit a newer segment with its id. First that is done in order, then one thread attaches, removes
// and detaches while another remaps without end. When the process has ended, no segment is left.
//
// Prints: no segment came back

#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "race.h"

enum { kSize = 2 * 4096 };

static _Atomic(void*) target;

static int segments(void) {
  struct shm_info info;
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&info) == -1) die("shmctl SHM_INFO");
  return info.used_ids;
}

static int create(void) {
  const int segment = shmget(IPC_PRIVATE, kSize, 0600);
  if (segment == -1) die("shmget");
  return segment;
}

static void* attach(int segment) {
  void* memory = shmat(segment, NULL, 0);
  if (memory == (void*)-1) die("shmat");
  return memory;
}

// The segment must be attached as often as its memory is mapped: once, or it must be gone.
static void remap_in_order(int removed) {
  const int segment = create();
  char* memory = attach(segment);
  strcpy(memory, "before");
  if (removed && shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  const int mapped = remap_file_pages(memory, kSize, 0, 0, 0) == 0;

  struct shmid_ds status;
  const int exists = shmctl(segment, IPC_STAT, &status) == 0;
  if (!removed && !exists) wrong("lost segment", segment);
  if (exists && (long)status.shm_nattch != mapped) wrong("attaches", (long)status.shm_nattch);
  if (mapped && strcmp(memory, "before") != 0) wrong("other contents", *memory);
  if (mapped && shmdt(memory) == -1) die("shmdt");
  if (!removed && shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  if (shmctl(segment, IPC_STAT, &status) != -1) wrong("segment that is left", segment);
}

static void* remap_without_end(void* unused) {
  while (!time_is_up()) {
    void* memory = atomic_load(&target);
    if (memory != NULL) (void)remap_file_pages(memory, kSize, 0, 0, 0);
  }
  return unused;
}

static void race(int argument) {
  (void)argument;
  pthread_t thread;
  if (pthread_create(&thread, NULL, remap_without_end, NULL) != 0) die("pthread_create");
  while (!time_is_up()) {
    const int segment = create();
    void* memory = attach(segment);
    atomic_store(&target, memory);
    if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
    sched_yield();
    // Where remapping failed, nothing is attached any more.
    if (shmdt(memory) == -1 && errno != EINVAL) die("shmdt");
  }
  if (pthread_join(thread, NULL) != 0) die("pthread_join");
}

int main(void) {
  const int before = segments();
  remap_in_order(0);
  remap_in_order(1);
  start(kMilliseconds);
  join(spawn(race, 0));
  if (segments() != before) wrong("segments that are left", segments() - before);
  printf("no segment came back\n");
  return 0;
}
