// SPDX-License-Identifier: Apache-2.0
//
// What the programs that race over semaphore sets have in common, beside what they share with those
// that race over queues (queue_race.h: race_begin, race_start, race_fail, race_join, race_end).
//
//   const int set = race_set(3);         a set of three semaphores, all 0
//   race_set_value(set, 0, 5);
//   race_op(set, -1, 0, SEM_UNDO)        semop with one operation: by -1, on semaphore 0
//   race_ops(set, operations, 2)         semop with two; 0 or an errno
//   race_ok(race_op(...))                for one that must succeed
//   race_pick(&seed, 10)                 a number below 10, another one each time
//   race_write_file(path, text)          into a file of proc(5); whether it was taken
//
// Operations answer 0 or the errno, and leave it to the caller which of them are right.
#pragma once

#include <fcntl.h>
#include <sys/sem.h>

#include "queue_race.h"

// The caller of semctl has to define this union; see semctl(2).
union semun {
  int val;
  struct semid_ds* buf;
  unsigned short* array;
};

static inline bool race_write_file(const char* path, const char* text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file == -1) return false;
  const bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);
  close(file);
  return written;
}

static inline int race_set(int semaphores) {
  return (int)race_must(semget(IPC_PRIVATE, semaphores, 0600), "semget");
}

static inline void race_set_value(int set, int semaphore, int value) {
  race_must(semctl(set, semaphore, SETVAL, (union semun){.val = value}), "SETVAL");
}

static inline int race_value(int set, int semaphore) {
  return (int)race_must(semctl(set, semaphore, GETVAL), "GETVAL");
}

static inline struct sembuf race_by(int by, int semaphore, int flags) {
  return (struct sembuf){
      .sem_num = (unsigned short)semaphore, .sem_op = (short)by, .sem_flg = (short)flags};
}

static inline int race_ops(int set, const struct sembuf* operations, size_t count) {
  struct sembuf copy[8];  // semop takes a pointer to what it could change
  memcpy(copy, operations, count * sizeof *copy);
  return semop(set, copy, count) == 0 ? 0 : errno;
}

static inline int race_op(int set, int by, int semaphore, int flags) {
  const struct sembuf operation = race_by(by, semaphore, flags);
  return race_ops(set, &operation, 1);
}

// For an operation that must not fail.
static inline void race_ok(int error) {
  if (error != 0) race_fail("semop: %s", strerror(error));
}

static inline void race_remove_set(int set) { race_must(semctl(set, 0, IPC_RMID), "IPC_RMID"); }

// xorshift; the seed must not be 0.
static inline unsigned race_pick(unsigned* seed, unsigned below) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed % below;
}
