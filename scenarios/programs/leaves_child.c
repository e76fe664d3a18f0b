// SPDX-License-Identifier: Apache-2.0
//
// Misbehaves on purpose: leaves a process behind.
//
// The child makes itself leader of a new session, out of reach of a signal to its parent's process
// group, and waits for ever. The parent exits with success as soon as the child has got that far;
// whoever watches has to notice the child, and to end it.

#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

enum { kReadEnd = 0, kWriteEnd = 1 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void stay(int ready) {
  if (setsid() == -1) die("setsid");
  if (write(ready, "", 1) == -1) die("write");
  for (;;) pause();
}

int main(void) {
  int ready[2];
  if (pipe(ready) == -1) die("pipe");

  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) {
    close(ready[kReadEnd]);
    stay(ready[kWriteEnd]);
  }

  // Without closing its own writing end, the parent would not see the end of a child that failed.
  close(ready[kWriteEnd]);
  char byte;
  const ssize_t size = read(ready[kReadEnd], &byte, 1);
  if (size == -1) die("read");
  return size == 1 ? 0 : 1;
}
