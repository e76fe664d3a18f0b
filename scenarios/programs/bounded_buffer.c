// SPDX-License-Identifier: Apache-2.0
//
// A bounded buffer between two processes.
//
// The child produces the numbers 1 to 10 into a ring of two slots in shared memory, and the parent
// consumes and adds them. Two semaphores count the empty and the full slots; with one producer and
// one consumer nothing else is needed, since each side owns its own position in the ring.
//
// Prints: sum 55

#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kItems = 10, kSlots = 2 };
enum { kEmpty = 0, kFull = 1, kSemaphores = 2 };

// The caller of semctl has to define this union; see semctl(2).
union semun {
  int val;
  struct semid_ds* buf;
  unsigned short* array;
};

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void change(int set, int semaphore, int by) {
  struct sembuf operation = {
      .sem_num = (unsigned short)semaphore, .sem_op = (short)by, .sem_flg = 0};
  if (semop(set, &operation, 1) == -1) die("semop");
}

static void produce(int set, int* ring) {
  for (int item = 1; item <= kItems; ++item) {
    change(set, kEmpty, -1);
    ring[item % kSlots] = item;
    change(set, kFull, +1);
  }
}

static int consume(int set, const int* ring) {
  int sum = 0;
  for (int item = 1; item <= kItems; ++item) {
    change(set, kFull, -1);
    sum += ring[item % kSlots];
    change(set, kEmpty, +1);
  }
  return sum;
}

static int make_semaphores(void) {
  const int set = semget(IPC_PRIVATE, kSemaphores, 0600);
  if (set == -1) die("semget");
  unsigned short initial[kSemaphores] = {[kEmpty] = kSlots, [kFull] = 0};
  if (semctl(set, 0, SETALL, (union semun){.array = initial}) == -1) die("semctl SETALL");
  return set;
}

int main(void) {
  const int set = make_semaphores();
  const int segment = shmget(IPC_PRIVATE, kSlots * sizeof(int), 0600);
  if (segment == -1) die("shmget");
  int* ring = shmat(segment, NULL, 0);
  if (ring == (void*)-1) die("shmat");

  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) {
    produce(set, ring);
    exit(0);
  }
  printf("sum %d\n", consume(set, ring));

  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  if (shmdt(ring) == -1) die("shmdt");
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl");
  if (semctl(set, 0, IPC_RMID) == -1) die("semctl IPC_RMID");
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
