// SPDX-License-Identifier: Apache-2.0
//
// Misbehaves on purpose: waits for ever.
//
// It asks for a message from a queue that nobody else knows. Whoever watches has to notice that
// the call will not return, to end the program, and to remove the queue.

#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>

struct message {
  long type;
  char text[1];
};

int main(void) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  if (queue == -1) {
    perror("msgget");
    return 1;
  }
  struct message message;
  if (msgrcv(queue, &message, sizeof message.text, 0, 0) == -1) {
    perror("msgrcv");
    return 1;
  }
  return 0;
}
