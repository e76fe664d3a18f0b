// SPDX-License-Identifier: Apache-2.0
//
// Messages of many lengths, in memory that ends exactly where they end.
//
// The kernel keeps a message in pieces of a page. Lengths around the ends of the pieces are sent
// from the last bytes of a mapping, and received into the last bytes of another: whole, cut short
// by MSG_NOERROR at any place, and copied by MSG_COPY where the kernel can. One byte read or
// written too many is EFAULT; the bytes before the buffer must not change.
//
// Prints: no byte too many

#define _GNU_SOURCE

#include "queue_race.h"

enum { kPages = 4, kFirst = 4048, kSecond = 4048 + 4088, kAround = 2, kFill = 0xee };

static int queue;
static size_t page;

struct edge {
  char* memory;
  char* end;  // what follows is not mapped
};
static struct edge source;
static struct edge target;

static struct edge make_edge(void) {
  char* memory =
      mmap(NULL, (kPages + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) race_fail("mmap: %s", strerror(errno));
  race_must(munmap(memory + kPages * page, page), "munmap");
  return (struct edge){memory, memory + kPages * page};
}

static char byte_of(size_t length, size_t index) {
  return (char)(length * 31 + index * 7 + index / 251);
}

static void send(size_t length) {
  char* text = source.end - length;
  const long type = (long)length + 1;
  memcpy(text - sizeof type, &type, sizeof type);
  for (size_t i = 0; i < length; ++i) text[i] = byte_of(length, i);
  race_must(msgsnd(queue, text - sizeof type, length, IPC_NOWAIT), "msgsnd");
}

// Receives what has `length` bytes into a buffer for `size`, of which `size` or `length` arrive.
static void receive(size_t length, size_t size, int flags) {
  char* text = target.end - size;
  memset(target.memory, kFill, kPages * page);
  const ssize_t got = msgrcv(queue, text - sizeof(long), size, 0, flags | IPC_NOWAIT);
  if (got == -1 && errno == ENOSYS && (flags & MSG_COPY) != 0) return;
  const size_t expected = size < length ? size : length;
  if (got != (ssize_t)expected) {
    race_fail("%zu bytes into %zu: %zd (%s)", length, size, got, got == -1 ? strerror(errno) : "");
  }
  long type;
  memcpy(&type, text - sizeof type, sizeof type);
  if (type != (long)length + 1) race_fail("%zu bytes into %zu: type %ld", length, size, type);
  for (size_t i = 0; i < size; ++i) {
    const char right = i < expected ? byte_of(length, i) : (char)kFill;
    if (text[i] != right) race_fail("%zu bytes into %zu: byte %zu is wrong", length, size, i);
  }
  if (*(text - sizeof type - 1) != (char)kFill) race_fail("a byte before the buffer");
}

static void try_cut(size_t length, size_t size) {
  if (size > length) return;
  send(length);
  receive(length, size, MSG_NOERROR);
}

static void try_length(size_t length) {
  send(length);
  if (length > 0 && msgrcv(queue, target.memory, length - 1, 0, IPC_NOWAIT) != -1) {
    race_fail("%zu bytes into %zu: no E2BIG", length, length - 1);
  }
  receive(length, length, MSG_COPY);
  receive(length, length + 100, MSG_COPY);
  receive(length, length, 0);
  send(length);
  receive(length, length + 100, 0);
  for (size_t cut = 0; cut <= kAround; ++cut) {
    try_cut(length, cut);
    try_cut(length, length / 2 + cut);
    try_cut(length, length - cut);
  }
  for (size_t cut = 0; cut <= 2 * kAround; ++cut) {
    try_cut(length, kFirst - kAround + cut);
    try_cut(length, kSecond - kAround + cut);
  }
}

int main(void) {
  race_begin();
  page = (size_t)sysconf(_SC_PAGESIZE);
  queue = race_queue(16384);
  source = make_edge();
  target = make_edge();
  for (size_t length = 0; length <= 2 * kAround; ++length) {
    try_length(length);
    try_length(kFirst - kAround + length);
    try_length(kSecond - kAround + length);
  }
  try_length(1000);
  try_length(6000);
  try_length(kLongest);
  race_end("no byte too many");
}
