// SPDX-License-Identifier: Apache-2.0
//
// Misbehaves on purpose: leaves a shared-memory segment behind.
//
// A segment lives until it is removed, not until its creator ends. This program exits with success
// and without a word; whoever watches it has to notice the segment.

#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>

int main(void) {
  if (shmget(IPC_PRIVATE, 4096, 0600) == -1) {
    perror("shmget");
    return 1;
  }
  return 0;
}
