// SPDX-License-Identifier: Apache-2.0
//
// A receiver chooses messages by type.
//
// The child sends three messages in the order 3, 1, 2. The parent asks for type 1, then 2, then 3,
// and so gets them in an order other than the one in which they were sent. It needs no other
// synchronisation with the child, because msgrcv waits for a message of the type asked for.
//
// Prints:
//   1 one
//   2 two
//   3 three

#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kTextSize = 16, kMessages = 3 };

struct message {
  long type;
  char text[kTextSize];
};

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void produce(int queue) {
  static const struct message messages[kMessages] = {{3, "three"}, {1, "one"}, {2, "two"}};
  for (int i = 0; i < kMessages; ++i) {
    const size_t size = strlen(messages[i].text) + 1;
    if (msgsnd(queue, &messages[i], size, 0) == -1) {
      perror("msgsnd");
      msgctl(queue, IPC_RMID, NULL);  // The parent must not wait for the rest.
      exit(1);
    }
  }
}

static void consume(int queue) {
  for (long type = 1; type <= kMessages; ++type) {
    struct message message;
    if (msgrcv(queue, &message, kTextSize, type, 0) == -1) die("msgrcv");
    printf("%ld %s\n", message.type, message.text);
  }
}

int main(void) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  if (queue == -1) die("msgget");

  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) {
    produce(queue);
    exit(0);
  }
  consume(queue);

  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  if (msgctl(queue, IPC_RMID, NULL) == -1) die("msgctl");
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
