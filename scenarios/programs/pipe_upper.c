// SPDX-License-Identifier: Apache-2.0
//
// A filter at the far end of two pipes.
//
// The parent writes a line into one pipe; the child reads it, turns it into upper case and writes
// it into a second pipe, from which the parent reads and prints it. Each side closes the ends it
// does not use: a forgotten writing end would keep the reader waiting for ever.
//
// Prints: HELLO

#define _XOPEN_SOURCE 700

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kReadEnd = 0, kWriteEnd = 1 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void close_end(int fd) {
  if (close(fd) == -1) die("close");
}

static void write_all(int fd, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, bytes, size);
    if (written == -1) die("write");
    bytes += written;
    size -= (size_t)written;
  }
}

static void upper(int from, int to) {
  char bytes[64];
  ssize_t size;
  while ((size = read(from, bytes, sizeof bytes)) > 0) {
    for (ssize_t i = 0; i < size; ++i) bytes[i] = (char)toupper((unsigned char)bytes[i]);
    write_all(to, bytes, (size_t)size);
  }
  if (size == -1) die("read");
}

static void print(int from) {
  char bytes[64];
  ssize_t size;
  while ((size = read(from, bytes, sizeof bytes)) > 0) {
    if (fwrite(bytes, 1, (size_t)size, stdout) != (size_t)size) die("fwrite");
  }
  if (size == -1) die("read");
}

int main(void) {
  static const char kLine[] = "hello\n";
  int request[2];
  int reply[2];
  if (pipe(request) == -1 || pipe(reply) == -1) die("pipe");

  const pid_t child = fork();
  if (child == -1) die("fork");
  if (child == 0) {
    close_end(request[kWriteEnd]);
    close_end(reply[kReadEnd]);
    upper(request[kReadEnd], reply[kWriteEnd]);
    exit(0);
  }

  close_end(request[kReadEnd]);
  close_end(reply[kWriteEnd]);
  write_all(request[kWriteEnd], kLine, sizeof kLine - 1);
  close_end(request[kWriteEnd]);
  print(reply[kReadEnd]);

  int status = 0;
  if (waitpid(child, &status, 0) == -1) die("waitpid");
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
