// SPDX-License-Identifier: Apache-2.0
//
// Four processes write records into one pipe, each record in one write of up to PIPE_BUF bytes.
//
// pipe(7): such a write is atomic. The reader must find every record whole, and those of one writer
// in their order. The pipe is small, so that writers wait for room most of the time.
//
// Prints: all records were whole

#define _GNU_SOURCE

#include <fcntl.h>
#include <limits.h>

#include "queue_race.h"

enum { kWriters = 4, kReadEnd = 0, kWriteEnd = 1 };

static int ends[2];
static uint32_t* written;

static void write_records(int writer) {
  static struct message record;
  close(ends[kReadEnd]);
  uint32_t random = 5 + (uint32_t)writer;
  uint32_t number = 0;
  for (; !race_is_over(); ++number) {
    const uint32_t room = PIPE_BUF - sizeof record.head;
    const uint32_t dice = race_random(&random);
    const uint32_t length = dice % 3 == 0 ? room - dice / 4 % 20 : dice / 4 % 300;
    const size_t size = race_message(&record, 1, writer, number, length);
    const ssize_t done = race_must(write(ends[kWriteEnd], &record.head, size), "write");
    if ((size_t)done != size) race_fail("write: %zd of %zu bytes", done, size);
  }
  written[writer] = number;
}

// Reads so many bytes; false at the end of the file, where there are none.
static bool read_all(void* target, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t part = race_must(read(ends[kReadEnd], (char*)target + done, size - done), "read");
    if (part == 0 && done > 0) race_fail("the last record is torn");
    if (part == 0) return false;
    done += (size_t)part;
  }
  return true;
}

int main(void) {
  race_begin();
  written = race_memory(kWriters * sizeof *written);
  race_must(pipe(ends), "pipe");
  fcntl(ends[kWriteEnd], F_SETPIPE_SZ, 2 * PIPE_BUF);  // if it can be
  for (int writer = 0; writer < kWriters; ++writer) race_start(write_records, writer);
  close(ends[kWriteEnd]);

  static struct message record;
  uint32_t next[kWriters] = {0};
  while (read_all(&record.head, sizeof record.head)) {
    if (record.head.sender >= kWriters || record.head.length > sizeof record.bytes) {
      race_fail("no record begins here");
    }
    if (record.head.length > 0 && !read_all(record.bytes, record.head.length)) {
      race_fail("the last record is torn");
    }
    race_check(&record, (ssize_t)(sizeof record.head + record.head.length));
    if (record.head.number != next[record.head.sender]++) race_fail("a record is out of order");
  }
  race_join();
  for (int writer = 0; writer < kWriters; ++writer) {
    if (next[writer] != written[writer]) race_fail("records of writer %d are missing", writer);
  }
  race_end("all records were whole");
}
