// SPDX-License-Identifier: Apache-2.0
//
// A child that shares its parent's memory, as vfork(2) makes one, shares the attaches, too.
//
// Neither its start nor its end changes how many there are, and what it attaches and detaches its
// parent has and has not from then on. Its execve(2) leaves the parent's attaches alone.
//
// Prints: attaches belong to the address space

#define _GNU_SOURCE

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kStack = 65536, kExecuted = 42 };

static int segment;
static char* program;
static char* first;
static char* second;
static long seen_by_child;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static long attaches(void) {
  struct shmid_ds status;
  return shmctl(segment, IPC_STAT, &status) == -1 ? -1 : (long)status.shm_nattch;
}

static void expect_attaches(const char* when, long found, long expected) {
  if (found == expected) return;
  printf("%s: %ld attaches\n", when, found);
  exit(1);
}

static int look(void* unused) {
  (void)unused;
  seen_by_child = attaches();
  return 0;
}

static int change(void* unused) {
  (void)unused;
  second = shmat(segment, NULL, 0);
  return second == (void*)-1 || shmdt(first) == -1;
}

static int execute(void* unused) {
  (void)unused;
  char* const arguments[] = {program, "executed", NULL};
  execv("/proc/self/exe", arguments);
  return 1;
}

// Runs `work` as vfork would, on a stack of its own, and answers its exit status.
static int run(int (*work)(void*)) {
  static _Alignas(16) char stack[kStack];
  const pid_t child = clone(work, stack + kStack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
  if (child == -1) die("clone");
  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int count, char** arguments) {
  if (count > 1) return kExecuted;
  program = arguments[0];
  segment = shmget(IPC_PRIVATE, 1, 0600);
  if (segment == -1) die("shmget");
  first = shmat(segment, NULL, 0);
  if (first == (void*)-1) die("shmat");

  if (run(look) != 0) die("child");
  expect_attaches("in the child", seen_by_child, 1);
  expect_attaches("after the child", attaches(), 1);
  if (run(execute) != kExecuted) die("execv");
  expect_attaches("after execve", attaches(), 1);
  *first = 'x';
  if (run(change) != 0) die("shmat or shmdt in the child");
  expect_attaches("after the child's changes", attaches(), 1);
  if (*second != 'x') die("contents");
  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl IPC_RMID");
  if (shmdt(first) != -1) die("first is still attached");
  if (shmdt(second) == -1) die("shmdt");
  printf("attaches belong to the address space\n");
  return 0;
}
