// SPDX-License-Identifier: Apache-2.0
//
// The contents of a segment stay when the kernel gives up what it need not keep in memory.
//
// Pages of a segment look like pages of a file, but there is no file to read them from again. The
// program asks the kernel to page its segment out, and, on a machine whose page cache is small
// enough that nobody misses it, to drop the whole cache; with nobody attached, and then attached.
//
// Prints: the contents stayed

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

enum { kSize = 64 * 4096, kSmallCacheKiB = 256 * 1024 };

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static int segment;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static unsigned char* attach(void) {
  void* memory = shmat(segment, NULL, 0);
  if (memory == (void*)-1) die("shmat");
  return memory;
}

static void detach(const void* memory) {
  if (shmdt(memory) == -1) die("shmdt");
}

static unsigned char byte_at(int offset) { return (unsigned char)(offset / 4096 + offset + 1); }

static void expect_contents(const unsigned char* memory, const char* when) {
  for (int i = 0; i < kSize; ++i) {
    if (memory[i] == byte_at(i)) continue;
    printf("byte %d is %d %s\n", i, memory[i], when);
    exit(1);
  }
}

static int cache_is_small(void) {
  FILE* file = fopen("/proc/meminfo", "re");
  if (file == NULL) return 0;
  char line[128];
  long cached = -1;
  while (fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "Cached:", 7) == 0) cached = strtol(line + 7, NULL, 10);
  }
  fclose(file);
  return cached >= 0 && cached < kSmallCacheKiB;
}

// Without the right to do so, the cache stays, and so do the contents.
static void drop_cache(void) {
  const int file = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
  if (file == -1) return;
  if (write(file, "1", 1) == -1) die("drop_caches");
  close(file);
}

int main(void) {
  segment = shmget(IPC_PRIVATE, kSize, 0600);
  if (segment == -1) die("shmget");
  unsigned char* memory = attach();
  for (int i = 0; i < kSize; ++i) memory[i] = byte_at(i);
  (void)madvise(memory, kSize, MADV_PAGEOUT);  // an old kernel does not know it
  expect_contents(memory, "after paging out");

  const int small = cache_is_small();
  if (small) drop_cache();
  expect_contents(memory, "after dropping the cache while attached");
  detach(memory);
  if (small) drop_cache();
  memory = attach();
  expect_contents(memory, "after dropping the cache while detached");
  detach(memory);
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  printf("the contents stayed\n");
  return 0;
}
