// SPDX-License-Identifier: Apache-2.0
//
// Segments are created and removed until one takes the place of the first in the kernel's table.
//
// No id may come back, and none may be negative. The first id stays invalid for every call,
// although its place is taken: otherwise a call that comes late would hit the segment of a
// stranger.
//
// Prints: the old id stayed invalid

#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>

// Linux counts ids in steps of 32768, and takes places in turn: the 65th of a namespace is the
// first.
enum { kPlaces = 32768, kMost = 2000 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int create(void) {
  const int segment = shmget(IPC_PRIVATE, 1, 0600);
  if (segment == -1) die("shmget");
  return segment;
}

static void remove_segment(int segment) {
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
}

static void expect_invalid(const char* what, long result) {
  if (result != -1 || errno != EINVAL) {
    printf("%s of the old id: %ld, errno %d\n", what, result, errno);
    exit(1);
  }
}

static void expect_all_invalid(int old) {
  struct shmid_ds status = {.shm_perm = {.mode = 0777}};
  expect_invalid("shmat", (long)shmat(old, NULL, 0));
  expect_invalid("IPC_STAT", shmctl(old, IPC_STAT, &status));
  expect_invalid("IPC_SET", shmctl(old, IPC_SET, &status));
  expect_invalid("SHM_LOCK", shmctl(old, SHM_LOCK, NULL));
  expect_invalid("SHM_UNLOCK", shmctl(old, SHM_UNLOCK, NULL));
  expect_invalid("IPC_RMID", shmctl(old, IPC_RMID, NULL));
}

int main(void) {
  int seen[kMost];
  int count = 0;
  int reused = 0;
  while (count < kMost && !reused) {
    const int segment = create();
    for (int i = 0; i < count; ++i) {
      if (seen[i] == segment) {
        printf("id %d came back\n", segment);
        return 1;
      }
    }
    seen[count++] = segment;
    reused = count > 1 && segment % kPlaces == seen[0] % kPlaces;
    if (segment < 0) printf("id %d\n", segment);
    if (reused) expect_all_invalid(seen[0]);
    struct shmid_ds status;
    if (shmctl(segment, IPC_STAT, &status) == -1) die("shmctl IPC_STAT");
    if (status.shm_perm.mode != 0600 || status.shm_nattch != 0 || status.shm_lpid != 0) {
      printf("a call on the old id changed the new segment\n");
      return 1;
    }
    remove_segment(segment);
  }
  expect_all_invalid(seen[0]);
  printf("the old id stayed invalid\n");
  return 0;
}
