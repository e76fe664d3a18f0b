// SPDX-License-Identifier: Apache-2.0
//
// mmap(2) with MAP_FIXED over an attach: it detaches what it replaces, and nothing when it fails.
//
// First it fails, for RLIMIT_AS and for RLIMIT_MEMLOCK: the attach, its contents and its count are
// as before. Then it succeeds over the page in the middle, and two pieces are counted; over the
// rest, none. The segment was removed, so that this destroys it.
//
// Prints: only what was replaced is detached

#define _GNU_SOURCE

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kPage = 4096, kPages = 3 };

static int segment;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void wrong(const char* what, long number) {
  printf("%s: %ld\n", what, number);
  exit(1);
}

static void expect_attaches(const char* when, long expected) {
  struct shmid_ds status;
  if (shmctl(segment, IPC_STAT, &status) == -1) die("shmctl IPC_STAT");
  if ((long)status.shm_nattch != expected) wrong(when, (long)status.shm_nattch);
}

static void set_limit(int resource, rlim_t soft) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) == -1) die("getrlimit");
  limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
  if (setrlimit(resource, &limit) == -1) die("setrlimit");
}

// CAP_IPC_LOCK is above RLIMIT_MEMLOCK.
static void drop_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[2] = {{0}, {0}};
  if (syscall(SYS_capset, &header, none) == -1) die("capset");
}

static void* map_over(char* address, size_t size, int flags) {
  return mmap(address, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0);
}

// One page more than the attach has.
static void fail_to_map_over(char* attached, int flags, int expected) {
  if (map_over(attached, (kPages + 1) * kPage, flags) != MAP_FAILED) wrong("mapped", flags);
  if (errno != expected) wrong("mmap fails with", errno);
  expect_attaches("attaches after a failure", 1);
  for (int i = 0; i < kPages; ++i) {
    if (attached[i * kPage] != 'a') wrong("contents lost on page", i);
  }
}

// An attach that is followed by a page of free addresses.
static char* attach_before_a_hole(void) {
  char* room = mmap(NULL, (kPages + 1) * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED || munmap(room, (kPages + 1) * kPage) == -1) die("mmap");
  char* attached = shmat(segment, room, 0);
  if (attached != room) die("shmat");
  memset(attached, 'a', kPages * kPage);
  return attached;
}

int main(void) {
  segment = shmget(IPC_PRIVATE, kPages * kPage, 0600);
  if (segment == -1) die("shmget");
  char* attached = attach_before_a_hole();
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  drop_capabilities();

  set_limit(RLIMIT_AS, kPage);
  fail_to_map_over(attached, 0, ENOMEM);
  set_limit(RLIMIT_AS, RLIM_INFINITY);
  set_limit(RLIMIT_MEMLOCK, kPage);
  fail_to_map_over(attached, MAP_LOCKED, EAGAIN);

  if (map_over(attached + kPage, kPage, 0) == MAP_FAILED) die("mmap");
  expect_attaches("attaches without the middle", 2);
  if (attached[0] != 'a' || attached[2 * kPage] != 'a') wrong("contents lost", attached[0]);
  if (attached[kPage] != 0) wrong("the new page holds", attached[kPage]);
  if (map_over(attached, kPages * kPage, 0) == MAP_FAILED) die("mmap");
  struct shmid_ds status;
  if (shmctl(segment, IPC_STAT, &status) != -1)
    wrong("attaches in the end", (long)status.shm_nattch);
  if (shmdt(attached) != -1 || errno != EINVAL) wrong("shmdt", errno);
  printf("only what was replaced is detached\n");
  return 0;
}
