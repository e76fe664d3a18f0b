// SPDX-License-Identifier: Apache-2.0
//
// A process of several threads ends with many segments, where kernel.shm_rmid_forced is 1.
//
// Each thread is the creator of its own, and all end at once; some segments are attached, and some
// were removed before. Each must be destroyed once, by the end of its creator or by its last
// detach.
//
// Prints: all segments went with their creators

#define _GNU_SOURCE

#include <pthread.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "race.h"

enum { kThreads = 6, kSegments = 20, kRounds = 3 };

static pthread_barrier_t barrier;

static int segments(void) {
  struct shm_info info;
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&info) == -1) die("shmctl SHM_INFO");
  return info.used_ids;
}

static void create(int number) {
  const int segment = shmget(IPC_PRIVATE, 1, 0600);
  if (segment == -1) die("shmget");
  if (number % 4 == 0) return;
  if (shmat(segment, NULL, 0) == (void*)-1) die("shmat");
  if (number % 4 == 1 && shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
}

static void* create_and_end(void* unused) {
  for (int i = 0; i < kSegments; ++i) create(i);
  pthread_barrier_wait(&barrier);
  return unused;
}

static void end_with_many(int argument) {
  (void)argument;
  if (pthread_barrier_init(&barrier, NULL, kThreads + 1) != 0) die("pthread_barrier_init");
  for (int i = 0; i < kThreads; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, create_and_end, NULL) != 0) die("pthread_create");
  }
  for (int i = 0; i < kSegments; ++i) create(i);
  pthread_barrier_wait(&barrier);
}

int main(void) {
  start(kMilliseconds);
  const int before = segments();
  for (int i = 0; i < kRounds; ++i) {
    join(spawn(end_with_many, 0));
    if (segments() != before) wrong("segments that are left", segments() - before);
  }
  printf("all segments went with their creators\n");
  return 0;
}
