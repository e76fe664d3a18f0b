// SPDX-License-Identifier: Apache-2.0
//
// The calls on pipes.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/worker.h"

namespace ipcrig {
namespace {

static_assert(kMaxTextLength <= kScratchBytes);

void AnswerPipe(Worker& worker, int slot, const int (&ends)[2], int64_t value) {
  worker.Answer(value);
  if (slot >= 0) {
    worker.home().pipes[slot][0] = ends[0];
    worker.home().pipes[slot][1] = ends[1];
  }
  if (value == 0) worker.AddNumber(fcntl(ends[0], F_GETPIPE_SZ));
}

}  // namespace

void Pipe::Call(Worker& worker) const {
  int ends[2] = {-1, -1};
  const int64_t value = pipe(ends);
  AnswerPipe(worker, result.slot, ends, value);
}

void Pipe2::Call(Worker& worker) const {
  int ends[2] = {-1, -1};
  const int64_t value = pipe2(ends, static_cast<int>(flags.bits));
  AnswerPipe(worker, result.slot, ends, value);
}

void SetPipeSize::Call(Worker& worker) const {
  worker.Answer(fcntl(worker.PipeOf(end), F_SETPIPE_SZ, static_cast<int>(size.value)));
}

void Write::Call(Worker& worker) const {
  char* buffer = worker.scratch();
  text.CopyTo(buffer);
  const int fd = worker.PipeOf(end);
  worker.Answer(worker.Try(SYS_write, [&] { return write(fd, buffer, text.Length()); }));
}

void Read::Call(Worker& worker) const {
  const int fd = worker.PipeOf(end);
  char* target = worker.bytes();
  const int64_t count =
      worker.Try(SYS_read, [&] { return read(fd, target, static_cast<size_t>(length.value)); });
  worker.Answer(count);
  worker.SetByteCount(count < 0 ? 0 : count);
}

void Close::Call(Worker& worker) const {
  int& fd = worker.PipeOf(end);
  worker.Answer(close(fd));
  fd = -1;
}

}  // namespace ipcrig
