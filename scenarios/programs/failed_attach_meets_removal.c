// SPDX-License-Identifier: Apache-2.0
//
// Segments that are removed while somebody fails to attach them.
//
// An attach over memory that is there holds the segment for a moment, fails, and lets go. If the
// segment is removed in that moment, letting go must destroy it; otherwise it would stay for ever,
// without a key, marked for removal and with nobody attached. In the end not one segment is left.
//
// Prints: no removed segment stayed

#define _GNU_SOURCE

#include <errno.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "race.h"

enum { kPage = 4096 };

static struct {
  _Atomic int segment;
  _Atomic int failures;
} * shared;

static int segments(void) {
  struct shm_info info;
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&info) == -1) die("shmctl SHM_INFO");
  return info.used_ids;
}

static void fail_to_attach(int argument) {
  (void)argument;
  while (!time_is_up()) {
    if (shmat(atomic_load(&shared->segment), shared, 0) != (void*)-1) {
      wrong("attached over memory", atomic_load(&shared->segment));
    }
    if (errno != EINVAL && errno != EIDRM) die("shmat");
    atomic_fetch_add(&shared->failures, 1);
  }
}

// Lets the other side fail some more, so that the removal comes in the middle of one.
static void await_failure(void) {
  const int before = atomic_load(&shared->failures);
  while (atomic_load(&shared->failures) == before && !time_is_up()) sched_yield();
}

static void create_and_remove(void) {
  while (!time_is_up()) {
    const int segment = shmget(IPC_PRIVATE, kPage, 0600);
    if (segment == -1) die("shmget");
    atomic_store(&shared->segment, segment);
    await_failure();
    if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  }
}

int main(void) {
  shared = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) die("mmap");
  shared->segment = -1;
  const int before = segments();
  start(kMilliseconds);
  const pid_t child = spawn(fail_to_attach, 0);
  create_and_remove();
  join(child);
  if (segments() != before) wrong("segments that are left", segments() - before);
  printf("no removed segment stayed\n");
  return 0;
}
