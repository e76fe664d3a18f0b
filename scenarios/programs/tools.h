// SPDX-License-Identifier: Apache-2.0
//
// What the programs that check ipcs(1) and its family share: running a command, and looking for
// lines in what it prints.
//
//   expect(run("ipcs -%c", 'm') == 0, "ipcs fails");
//   expect(says("key shmid owner perms bytes nattch status"), "no heading");
//
// An expectation that does not hold ends the program with 1, and the command is shown. The source
// that includes this defines _GNU_SOURCE.
#pragma once

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

union semun {
  int val;
  struct semid_ds* buf;
  struct seminfo* info;
};

static char command[256];
// Of the command: blanks are single, a newline stands before and behind.
static char output[1 << 16];

static inline void fail(const char* what) {
  printf("%s\n%s:%s", what, command, output);
  exit(1);
}

static inline void expect(int holds, const char* what) {
  if (!holds) fail(what);
}

// Makes one blank of several, and none of those at the ends of lines.
static inline void squeeze(char* text) {
  char* to = text;
  for (const char* from = text; *from != '\0'; ++from) {
    const int blank = *from == ' ' || *from == '\t';
    if (blank && (to[-1] == ' ' || to[-1] == '\n')) continue;
    if (*from == '\n' && to[-1] == ' ') --to;
    *to++ = blank ? ' ' : *from;
  }
  *to = '\0';
}

// Starts the command, which is words between blanks, with its output in `to`. No shell, which would
// take as long as the command.
static inline pid_t start(int to) {
  static char words[sizeof command];
  strcpy(words, command);
  char* argv[16] = {0};
  int count = 0;
  for (char* word = strtok(words, " "); word != NULL && count < 15; word = strtok(NULL, " ")) {
    argv[count++] = word;
  }
  const pid_t child = vfork();
  if (child == 0) {
    dup2(to, STDOUT_FILENO);
    dup2(to, STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
  }
  return child;
}

// Runs a command and keeps what it prints. Its exit status.
static inline int run(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(command, sizeof command, format, arguments);
  va_end(arguments);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) == -1) fail("pipe2");
  const pid_t child = start(ends[1]);
  if (child == -1) fail("vfork");
  close(ends[1]);
  FILE* stream = fdopen(ends[0], "r");
  if (stream == NULL) fail("fdopen");
  output[0] = '\n';
  const size_t size = fread(output + 1, 1, sizeof output - 2, stream);
  fclose(stream);
  output[size + 1] = '\0';
  squeeze(output + 1);
  int status = 0;
  if (waitpid(child, &status, 0) != child) fail("waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Whether the command printed this line.
static inline int says(const char* format, ...) {
  char line[256] = "\n";
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line + 1, sizeof line - 2, format, arguments);
  va_end(arguments);
  strcat(line, "\n");
  return strstr(output, line) != NULL;
}

// How many objects exist.
static inline int objects(void) {
  struct shm_info segments;
  struct msginfo queues;
  struct seminfo sets;
  const union semun arg = {.info = &sets};
  if (shmctl(0, SHM_INFO, (struct shmid_ds*)&segments) == -1) fail("SHM_INFO");
  if (msgctl(0, MSG_INFO, (struct msqid_ds*)&queues) == -1) fail("MSG_INFO");
  if (semctl(0, 0, SEM_INFO, arg) == -1) fail("SEM_INFO");
  return segments.used_ids + queues.msgpool + sets.semusz;
}

// For an end that comes too early.
static inline void remove_everything(void) {
  struct shmid_ds segment;
  struct msqid_ds queue;
  struct semid_ds set;
  const union semun arg = {.buf = &set};
  for (int index = 0; index < 64; ++index) {
    shmctl(shmctl(index, SHM_STAT, &segment), IPC_RMID, NULL);
    msgctl(msgctl(index, MSG_STAT, &queue), IPC_RMID, NULL);
    semctl(semctl(index, 0, SEM_STAT, arg), 0, IPC_RMID);
  }
}

// For the start. The tools speak English and UTC. Where anything exists, the program ends, since it
// may be somebody's; from here on everything is the program's own.
static inline void prepare(void) {
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  setenv("LC_ALL", "C", 1);
  setenv("TZ", "UTC", 1);
  if (objects() != 0) {
    puts("there are objects here already");
    exit(1);
  }
  atexit(remove_everything);
}
