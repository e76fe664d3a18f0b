// SPDX-License-Identifier: Apache-2.0
//
// The C library's calls for sets and the system calls below them, side by side.
//
// Both must tell the same, field by field. SETVAL takes an int: on a little-endian machine what
// stands above it in the argument does not count. No call writes behind what it is given, and
// GETALL writes as many values as the set has semaphores. A semaphore's number is never cut to 16
// bits.
//
// Prints: the same either way

#define _GNU_SOURCE

#include <endian.h>
#include <sys/syscall.h>

#include "set_race.h"

#if defined(SYS_semctl)

enum { kSemaphores = 5, kGuard = 64 };

static void expect(const char* what, long seen, long expected) {
  if (seen != expected) race_fail("%s: %ld in place of %ld", what, seen, expected);
}

static void expect_guard(const unsigned char* bytes, const char* what) {
  for (int i = 0; i < kGuard; ++i) {
    if (bytes[i] != 0xee) race_fail("%s: it wrote %d bytes behind its memory", what, i + 1);
  }
}

static void compare_status(int set) {
  struct {
    struct semid_ds status;
    unsigned char guard[kGuard];
  } library, raw;
  memset(&library, 0xee, sizeof library);
  memset(&raw, 0x11, sizeof raw);
  memset(raw.guard, 0xee, kGuard);
  race_must(semctl(set, 0, IPC_STAT, (union semun){.buf = &library.status}), "semctl");
  race_must(syscall(SYS_semctl, set, 0, IPC_STAT, &raw.status), "SYS_semctl");
  const struct ipc_perm* a = &library.status.sem_perm;
  const struct ipc_perm* b = &raw.status.sem_perm;
  expect("key", a->__key, b->__key);
  expect("uid", a->uid, b->uid);
  expect("gid", a->gid, b->gid);
  expect("cuid", a->cuid, b->cuid);
  expect("cgid", a->cgid, b->cgid);
  expect("mode", a->mode, (unsigned short)b->mode);
  expect("sequence", a->__seq, b->__seq);
  expect("sequence of the id", a->__seq, set / 32768);
  expect("otime", library.status.sem_otime, raw.status.sem_otime);
  expect("ctime", library.status.sem_ctime, raw.status.sem_ctime);
  expect("nsems", (long)library.status.sem_nsems, (long)raw.status.sem_nsems);
  expect_guard(library.guard, "semctl IPC_STAT");
  expect_guard(raw.guard, "SYS_semctl IPC_STAT");
}

static void compare_values(int set) {
  struct {
    unsigned short values[kSemaphores];
    unsigned char guard[kGuard];
  } all;
  memset(&all, 0xee, sizeof all);
  race_must(semctl(set, 0, GETALL, (union semun){.array = all.values}), "GETALL");
  expect_guard(all.guard, "GETALL");
  for (int i = 0; i < kSemaphores; ++i) {
    expect("GETVAL", syscall(SYS_semctl, set, i, GETVAL, 0), all.values[i]);
  }
}

static void compare_info(void) {
  struct {
    struct seminfo info;
    unsigned char guard[kGuard];
  } library, raw;
  memset(&library, 0xee, sizeof library);
  memset(&raw, 0xee, sizeof raw);
  const long a = semctl(0, 0, SEM_INFO, (union semun){.buf = (struct semid_ds*)&library.info});
  const long b = syscall(SYS_semctl, 0, 0, SEM_INFO, &raw.info);
  expect("SEM_INFO", a, b);
  expect("struct seminfo", memcmp(&library.info, &raw.info, sizeof raw.info), 0);
  expect_guard(raw.guard, "SEM_INFO");
}

// Numbers that no scenario can write: negative ones, and one that is 0 in its low 16 bits.
static void try_bad_numbers(int set) {
  const int numbers[] = {-1, -65536, 65536, kSemaphores, 0x7fffffff, -0x7fffffff - 1};
  const int commands[] = {GETVAL, GETPID, GETNCNT, GETZCNT, SETVAL};
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 5; ++j) {
      if (syscall(SYS_semctl, set, numbers[i], commands[j], 1) != -1 || errno != EINVAL) {
        race_fail("command %d of semaphore %d", commands[j], numbers[i]);
      }
    }
    race_must(syscall(SYS_semctl, set, numbers[i], IPC_STAT, &(struct semid_ds){0}), "IPC_STAT");
  }
}

int main(void) {
  race_begin();
  const int set = race_set(kSemaphores);
  try_bad_numbers(set);
#if __BYTE_ORDER == __LITTLE_ENDIAN && __SIZEOF_LONG__ == 8
  race_must(syscall(SYS_semctl, set, 2, SETVAL, 0x7fffffff00000005L), "SETVAL");
  expect("SETVAL with more above", race_value(set, 2), 5);
  race_must(syscall(SYS_semctl, set, 2, SETVAL, -4294967296L + 6), "SETVAL");
  expect("SETVAL with a sign above", race_value(set, 2), 6);
  expect("SETVAL of 32768 and more", syscall(SYS_semctl, set, 2, SETVAL, 0x100008000L), -1);
#endif
  struct sembuf operations[] = {race_by(3, 0, 0), race_by(4, kSemaphores - 1, 0)};
  race_must(syscall(SYS_semtimedop, set, operations, 2, NULL), "SYS_semtimedop");
  expect("the last", race_value(set, kSemaphores - 1), 4);
  compare_status(set);
  compare_values(set);
  compare_info();
  race_remove_set(set);
  race_end("the same either way");
}

#else

int main(void) { puts("the same either way"); }

#endif
