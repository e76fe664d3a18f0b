// SPDX-License-Identifier: Apache-2.0
//
// shmdt(2) of addresses at which memory is that is no segment's, or no memory can be.
//
// All are EINVAL, and what lies there stays: also above the last mapping of the process, where a
// kernel that searches for the next mapping finds none. The attach that there is stays attached.
//
// Prints: nothing was detached

#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

enum { kPage = 4096 };

static int segment;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void* page_of(const void* address) {
  return (void*)((uintptr_t)address & ~(uintptr_t)(kPage - 1));
}

static void expect_refused(const char* what, uintptr_t address) {
  errno = 0;
  const int result = shmdt((void*)address);
  struct shmid_ds status;
  if (shmctl(segment, IPC_STAT, &status) == -1) die("shmctl IPC_STAT");
  if (result != -1 || errno != EINVAL || status.shm_nattch != 1) {
    printf("shmdt of %s: %d, errno %d\n", what, result, errno);
    exit(1);
  }
}

static void* map(int flags) {
  void* memory = mmap(NULL, kPage, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  *(char*)memory = 'm';
  return memory;
}

int main(void) {
  segment = shmget(IPC_PRIVATE, kPage, 0600);
  if (segment == -1) die("shmget");
  char* attached = shmat(segment, NULL, 0);
  if (attached == (void*)-1) die("shmat");
  const char* private_memory = map(MAP_PRIVATE);
  const char* shared_memory = map(MAP_SHARED);
  static const uintptr_t kTop = (uintptr_t)1 << 47;

  expect_refused("private memory", (uintptr_t)private_memory);
  expect_refused("shared memory of mmap", (uintptr_t)shared_memory);
  expect_refused("the stack", (uintptr_t)page_of(&attached));
  expect_refused("a constant", (uintptr_t)page_of(&kTop));
  expect_refused("the last page of user memory", kTop - (uintptr_t)2 * kPage);
  expect_refused("the first page above user memory", kTop);
  expect_refused("an address of the kernel", ~(uintptr_t)(kPage - 1));
  expect_refused("the largest address", UINTPTR_MAX);
  expect_refused("NULL", 0);
  expect_refused("the attach plus one byte", (uintptr_t)attached + 1);
  expect_refused("the page after the attach", (uintptr_t)attached + kPage);

  const int intact = *private_memory == 'm' && *shared_memory == 'm';
  *attached = 'a';
  if (shmdt(attached) == -1) die("shmdt");
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  if (intact) printf("nothing was detached\n");
  return intact ? 0 : 1;
}
