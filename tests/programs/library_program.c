// SPDX-License-Identifier: Apache-2.0
//
// A program that knows nothing of the library, which tests of the library execute.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <unistd.h>

__attribute__((noinline)) static int leak(void) { return msgget(IPC_PRIVATE, 0600) < 0; }

static int receive(int queue) {
  struct {
    long type;
    char text[64];
  } message;
  while (msgrcv(queue, &message, sizeof(message.text), 0, 0) >= 0) {
  }
  return 3;
}

static int orphan(int queue) {
  if (fork() == 0) _exit(receive(queue));
  return 0;
}

int main(int argc, char** argv) {
  const int id = argc > 2 ? atoi(argv[2]) : -1;
  if (argc > 1 && strcmp(argv[1], "leak") == 0) return leak();
  if (argc > 1 && strcmp(argv[1], "receive") == 0) return receive(id);
  if (argc > 1 && strcmp(argv[1], "orphan") == 0) return orphan(id);
  return 64;
}
