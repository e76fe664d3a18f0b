// SPDX-License-Identifier: Apache-2.0
//
// What a key of ftok is made of, and what happens to it when files are renamed, linked, replaced.
//
// A key is made of the project id's low 8 bits, the device's low 8 bits and the inode's low 16
// bits: so it stays with the file, not with its name, and two files whose numbers agree in those
// bits have one key. A program that replaces its file by writing a new one and renaming it loses
// its objects.
//
// Prints: a key belongs to a file

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/ftok-XXXXXX";
static const char* const kNames[] = {"a", "b", "c", "d"};

static void clean_up(void) {
  for (int i = 0; i < 4; ++i) {
    if (unlink(kNames[i]) == -1 && errno != ENOENT) perror(kNames[i]);
  }
  if (chdir("/") == -1 || rmdir(directory) == -1) perror(directory);
}

static void must(int result, const char* what) {
  if (result != -1) return;
  perror(what);
  exit(1);
}

static void make(const char* name) {
  FILE* file = fopen(name, "w");
  must(file == NULL ? -1 : fclose(file), name);
}

static void expect(int right, const char* what) {
  if (right) return;
  printf("not so: %s\n", what);
  exit(1);
}

static key_t key_of(const char* name, int project) {
  struct stat status;
  must(stat(name, &status), name);
  const unsigned bits = ((unsigned)project & 0xff) << 24 | ((unsigned)status.st_dev & 0xff) << 16 |
                        ((unsigned)status.st_ino & 0xffff);
  const key_t key = ftok(name, project);
  expect(key == (key_t)bits, "the key is made of these bits and of no other");
  return key;
}

int main(void) {
  if (mkdtemp(directory) == NULL || chdir(directory) == -1) {
    perror(directory);
    return 1;
  }
  atexit(clean_up);
  make("a");
  make("b");
  const key_t a = key_of("a", 1);
  expect(a != key_of("b", 1), "two files, two keys");
  expect(a != key_of("a", 2), "two projects, two keys");
  expect(a == key_of("a", 257) && a == key_of("a", -255), "eight bits of the project count");
  expect(key_of("a", 0) != a, "0 is a project");
  expect(key_of("a", 255) < 0, "a key can be negative");
  must(link("a", "c"), "link");
  expect(key_of("c", 1) == a, "a hard link has the key of the file");
  must(symlink("a", "d"), "symlink");
  expect(key_of("d", 1) == a, "a symbolic link leads to the file");
  must(rename("a", "b"), "rename");
  expect(key_of("b", 1) == a, "a rename keeps the key");
  expect(ftok("a", 1) == -1 && errno == ENOENT, "no file, no key");
  expect(ftok("d", 1) == -1 && errno == ENOENT, "a link to nothing, no key");
  expect(ftok("b/x", 1) == -1 && errno == ENOTDIR, "no directory, no key");
  make("a");
  must(rename("a", "b"), "rename");
  expect(key_of("b", 1) != a, "a new file in the place of the old one has a new key");
  expect(key_of("c", 1) == a, "the old file has the old one");
  printf("a key belongs to a file\n");
  return 0;
}
