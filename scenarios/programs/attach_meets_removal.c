// SPDX-License-Identifier: Apache-2.0
//
// Segments that are removed while others attach, lock and inspect them.
//
// One process creates a segment, writes its id into it, tells the id and removes it, over and over.
// The others use whatever id they were told last. A call on it succeeds, or says EINVAL or EIDRM;
// whoever gets attached finds the memory of that segment, and can detach. Some attach where memory
// is already, which must fail, and some end without detaching. In the end not one segment is left:
// each was destroyed once, by its removal or by its last detach.
//
// Prints: every segment is gone

#define _GNU_SOURCE

#include <errno.h>
#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "race.h"

enum { kPage = 4096 };

static _Atomic int* told;  // the newest id

static int segments(void) {
  struct shm_info info;
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&info) == -1) die("shmctl SHM_INFO");
  return info.used_ids;
}

static void gone_or_die(const char* what) {
  if (errno != EINVAL && errno != EIDRM) die(what);
}

// Attaches the segment, if it still exists, and finds what its creator wrote.
static void attach_once(int detach) {
  const int segment = atomic_load(told);
  const int* memory = shmat(segment, NULL, SHM_RDONLY);
  if (memory == (void*)-1) {
    gone_or_die("shmat");
    return;
  }
  if (*memory != segment) wrong("memory of another segment", *memory);
  if (detach && shmdt(memory) == -1) die("shmdt");
}

static void attach_and_detach(int argument) {
  (void)argument;
  while (!time_is_up()) attach_once(1);
}

static void attach_and_exit(int argument) {
  (void)argument;
  attach_once(0);
}

static void start_attachers(int argument) {
  (void)argument;
  while (!time_is_up()) join(spawn(attach_and_exit, 0));
}

// An attach over memory that is there is EINVAL, and gives back the count that it took.
static void fail_to_attach(int argument) {
  (void)argument;
  void* taken = mmap(NULL, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (taken == MAP_FAILED) die("mmap");
  while (!time_is_up()) {
    if (shmat(atomic_load(told), taken, 0) != (void*)-1) wrong("attached over memory", 0);
    gone_or_die("shmat");
  }
}

static void lock_and_inspect(int argument) {
  (void)argument;
  while (!time_is_up()) {
    struct shmid_ds status;
    const int segment = atomic_load(told);
    if (shmctl(segment, IPC_STAT, &status) == -1) {
      gone_or_die("shmctl IPC_STAT");
    } else if (status.shm_segsz != kPage) {
      wrong("size of another segment", (long)status.shm_segsz);
    }
    if (shmctl(segment, SHM_LOCK, NULL) == -1 && errno != EPERM && errno != ENOMEM) {
      gone_or_die("shmctl SHM_LOCK");
    }
    if (shmctl(segment, SHM_UNLOCK, NULL) == -1) gone_or_die("shmctl SHM_UNLOCK");
  }
}

static void create_and_remove(void) {
  while (!time_is_up()) {
    const int segment = shmget(IPC_PRIVATE, kPage, 0600);
    if (segment == -1) die("shmget");
    int* memory = shmat(segment, NULL, 0);
    if (memory == (void*)-1) die("shmat");
    *memory = segment;
    atomic_store(told, segment);
    if (shmdt(memory) == -1) die("shmdt");
    sched_yield();
    if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
    if (shmctl(segment, IPC_RMID, NULL) == -1) gone_or_die("shmctl IPC_RMID again");
  }
}

int main(void) {
  static void (*const kWork[])(int) = {attach_and_detach, start_attachers, fail_to_attach,
                                       lock_and_inspect};
  enum { kWorkers = sizeof kWork / sizeof kWork[0] };
  told = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (told == MAP_FAILED) die("mmap");
  *told = -1;
  const int before = segments();
  start(kMilliseconds);

  pid_t children[kWorkers];
  for (int i = 0; i < kWorkers; ++i) children[i] = spawn(kWork[i], 0);
  create_and_remove();
  for (int i = 0; i < kWorkers; ++i) join(children[i]);

  if (segments() != before) wrong("segments that are left", segments() - before);
  printf("every segment is gone\n");
  return 0;
}
