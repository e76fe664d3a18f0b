// SPDX-License-Identifier: Apache-2.0
//
// Processes that attach and detach one segment as fast as they can.
//
// Each has a page of its own in it. In each round it attaches, finds what it wrote in the round
// before, writes anew and detaches. While it is attached, it is counted, and nobody is counted more
// than twice: shmat(2) holds a count of its own until it returns. In the end none is counted.
//
// Prints: every attach was counted and detached

#define _GNU_SOURCE

#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "race.h"

enum { kWorkers = 4, kPage = 4096 };

static int segment;

static long attaches(void) {
  struct shmid_ds status;
  if (shmctl(segment, IPC_STAT, &status) == -1) die("shmctl IPC_STAT");
  return (long)status.shm_nattch;
}

static unsigned char* attach(void) {
  void* memory = shmat(segment, NULL, 0);
  if (memory == (void*)-1) die("shmat");
  return memory;
}

static void work(int worker) {
  unsigned char written = 0;
  while (!time_is_up()) {
    unsigned char* memory = attach();
    unsigned char* page = memory + worker * kPage;
    for (int i = 0; i < kPage; ++i) {
      if (page[i] != written) wrong("a byte changed by itself", page[i]);
    }
    const long count = attaches();
    if (count < 1 || count > 2L * kWorkers) wrong("attaches while attached", count);
    memset(page, ++written, kPage);
    if (shmdt(memory) == -1) die("shmdt");
  }
}

int main(void) {
  segment = shmget(IPC_PRIVATE, kWorkers * kPage, 0600);
  if (segment == -1) die("shmget");
  start(kMilliseconds);

  pid_t children[kWorkers];
  for (int i = 0; i < kWorkers; ++i) children[i] = spawn(work, i);
  for (int i = 0; i < kWorkers; ++i) join(children[i]);

  if (attaches() != 0) wrong("attaches in the end", attaches());
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  struct shmid_ds status;
  if (shmctl(segment, IPC_STAT, &status) != -1 || errno != EINVAL) wrong("still there", segment);
  printf("every attach was counted and detached\n");
  return 0;
}
