// SPDX-License-Identifier: Apache-2.0
//
// A child greets its parent through shared memory.
//
// The parent creates a segment and forks; the child attaches it, writes a string and exits; the
// parent waits, attaches the same segment and prints what it finds there.
//
// The segment is asked for with 10 bytes, and the string has 14, its terminating NUL included.
// That works only because the kernel rounds the memory up to whole pages: shm_segsz stays 10, and
// the bytes behind it are there all the same. It is the textbook's mistake, kept on purpose.
//
// Prints: Hello Parent!

#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kKey = 1234, kSize = 10 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

static char* attach(int segment) {
  void* address = shmat(segment, NULL, 0);
  if (address == (void*)-1) die("shmat");
  return address;
}

static void detach(const char* address) {
  if (shmdt(address) == -1) die("shmdt");
}

static void greet(int segment) {
  char* text = attach(segment);
  strcpy(text, "Hello Parent!");
  detach(text);
}

int main(void) {
  const int segment = shmget(kKey, kSize, IPC_CREAT | 0644);
  if (segment == -1) die("shmget");

  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) {
    greet(segment);
    exit(0);
  }

  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  const int greeted = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (greeted) {
    const char* text = attach(segment);
    printf("%s\n", text);
    detach(text);
  }

  if (shmctl(segment, IPC_RMID, NULL) == -1) die("shmctl");
  return greeted ? 0 : 1;
}
