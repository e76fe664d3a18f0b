// SPDX-License-Identifier: Apache-2.0
//
// Pipes: pipe(2), read(2), write(2), close(2), by the rules of pipe(7).
#include <algorithm>
#include <utility>

#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr int64_t kDefaultCapacity = 65536;

// The end that a process means by p.r or p.w; not open where it is closed or never was.
PipeHold HoldOf(const Turn& turn, const PipeEnd& end) {
  // A call that sleeps keeps its end, whatever other threads do with the descriptor; one that
  // begins anew after SIGCONT has the same descriptor, whatever is called p by now.
  const size_t side = end.write ? 1 : 0;
  const PipeHold& kept = turn.me.in_use[side];
  if (turn.slept() || (kept.open && turn.group.Holds(kept, end.write))) return kept;
  const auto found = turn.group.pipes.find(end.slot);
  return found == turn.group.pipes.end() ? PipeHold{} : found->second[side];
}

// Appends as much of bytes[from..] as there is room for, and answers how much. A short piece at the
// beginning goes into the rest of the last page.
int64_t Append(const State& s, PipeBuffer& pipe, std::string_view bytes, int64_t from, bool merge) {
  const int64_t page_size = s.facts.page_size;
  const auto size = static_cast<int64_t>(bytes.size());
  int64_t done = from;
  const int64_t odd = (size - done) % page_size;
  if (merge && odd != 0 && !pipe.pages.empty()) {
    PipeBuffer::Page& last = pipe.pages.back();
    if (last.offset + static_cast<int64_t>(last.bytes.size()) + odd <= page_size) {
      last.bytes += bytes.substr(0, static_cast<size_t>(odd));
      done += odd;
    }
  }
  while (done < size && static_cast<int64_t>(pipe.pages.size()) < pipe.capacity / page_size) {
    const int64_t part = std::min(size - done, page_size);
    pipe.pages.push_back(
        {0, std::string(bytes.substr(static_cast<size_t>(done), static_cast<size_t>(part)))});
    done += part;
  }
  return done - from;
}

std::string Take(PipeBuffer& pipe, int64_t most) {
  std::string bytes;
  while (!pipe.pages.empty() && static_cast<int64_t>(bytes.size()) < most) {
    PipeBuffer::Page& page = pipe.pages.front();
    const int64_t part = std::min(most - static_cast<int64_t>(bytes.size()),
                                  static_cast<int64_t>(page.bytes.size()));
    bytes += page.bytes.substr(0, static_cast<size_t>(part));
    page.bytes.erase(0, static_cast<size_t>(part));
    page.offset += part;
    if (page.bytes.empty()) pipe.pages.erase(pipe.pages.begin());
  }
  return bytes;
}

}  // namespace

namespace {

void Create(Turn& turn, int slot, bool nonblocking) {
  const Outcome* seen = turn.seen();
  const bool known = seen != nullptr && seen->numbers.size() == 1;
  const int64_t capacity = known ? seen->numbers[0] : kDefaultCapacity;
  const int id = static_cast<int>(turn.s.pipes.size());
  turn.s.pipes[id] = {capacity, nonblocking, {}};
  if (slot >= 0) {
    if (const auto old = turn.group.pipes.find(slot); old != turn.group.pipes.end()) {
      turn.group.forgotten.push_back(old->second);
    }
    turn.group.pipes[slot] = {PipeHold{id, true}, PipeHold{id, true}};
  } else {
    turn.group.forgotten.push_back({PipeHold{id, true}, PipeHold{id, true}});
  }
  turn.Returns({.numbers = {Range::Exactly(capacity)}}, "pipe(2): a pipe is created");
}

}  // namespace

void Pipe::Model(Turn& turn) const { Create(turn, result.slot, false); }

void Pipe2::Model(Turn& turn) const { Create(turn, result.slot, flags.Has(abi::kONonblock)); }

void SetPipeSize::Model(Turn& turn) const {
  const PipeHold hold = HoldOf(turn, end);
  if (!hold.open) return turn.Fails(EBADF, "fcntl(2): not an open descriptor");
  PipeBuffer& pipe = turn.s.pipes[hold.pipe];
  const int64_t page = turn.s.facts.page_size;
  int64_t capacity = page;
  while (capacity < size.value) capacity *= 2;
  if (capacity < static_cast<int64_t>(pipe.pages.size()) * page) {
    return turn.Fails(EBUSY, "fcntl(2): F_SETPIPE_SZ to less than what is in the pipe");
  }
  if (capacity > pipe.capacity) {
    turn.MayFail(EPERM, "fcntl(2): beyond /proc/sys/fs/pipe-max-size or the user's pages");
  }
  pipe.capacity = capacity;
  turn.Returns(capacity, "fcntl(2): F_SETPIPE_SZ: at least what was asked for");
}

namespace {

// Whether a short write fits into the rest of the last page.
bool Merges(const State& s, const PipeBuffer& pipe, int64_t size) {
  if (pipe.pages.empty() || size % s.facts.page_size == 0) return false;
  const PipeBuffer::Page& last = pipe.pages.back();
  return last.offset + static_cast<int64_t>(last.bytes.size()) + size % s.facts.page_size <=
         s.facts.page_size;
}

// Nobody can read any more.
void Break(Turn& turn, int64_t written) {
  const auto handling = turn.group.signals.find(abi::kSigpipe);
  if (handling == turn.group.signals.end()) {
    return turn.Ends({Outcome::Kind::kKilled, abi::kSigpipe},
                     "pipe(7): all read ends have been closed: SIGPIPE");
  }
  if (written > 0) return turn.Returns(written, "pipe(7): the readers left in the middle");
  turn.Fails(EPIPE,
             "pipe(7): all read ends have been closed, and SIGPIPE does not end the process");
}

}  // namespace

void Write::Model(Turn& turn) const {
  const PipeHold hold = HoldOf(turn, end);
  const auto size = static_cast<int64_t>(text.Length());
  if (!hold.open || !end.write) return turn.Fails(EBADF, "write(2): not open for writing");
  if (size == 0) return turn.Returns(0, "write(2): nothing to write");
  ProcessState& me = turn.me;
  if (turn.s.Holders(hold.pipe, false) == 0) {
    const int64_t written = std::exchange(me.progress, 0);
    return Break(turn, written);
  }
  PipeBuffer& pipe = turn.s.pipes[hold.pipe];
  const int64_t room =
      pipe.capacity - static_cast<int64_t>(pipe.pages.size()) * turn.s.facts.page_size;
  if (pipe.nonblocking && room <= 0 && !Merges(turn.s, pipe, size)) {
    return turn.Fails(EAGAIN, "pipe(7): O_NONBLOCK, and no room");
  }
  const int64_t part = Append(turn.s, pipe, text.Bytes(), me.progress, !turn.slept());
  me.progress += part;
  if (me.progress < size && pipe.nonblocking) {
    const int64_t written = std::exchange(me.progress, 0);
    return turn.Returns(written, "pipe(7): O_NONBLOCK: a part of more than PIPE_BUF bytes");
  }
  if (me.progress < size) {
    me.in_use[1] = hold;
    if (part > 0) turn.BlocksAfter();
    return;
  }
  me.progress = 0;
  turn.Returns(size, "pipe(7): the bytes are in the pipe");
}

void Read::Model(Turn& turn) const {
  const PipeHold hold = HoldOf(turn, end);
  if (!hold.open || end.write) return turn.Fails(EBADF, "read(2): not open for reading");
  if (length.value == 0) return turn.Returns(0, "read(2): nothing to read");
  PipeBuffer& pipe = turn.s.pipes[hold.pipe];
  if (pipe.pages.empty()) {
    if (turn.s.Holders(hold.pipe, true) == 0) {
      turn.Returns(0, "pipe(7): all write ends have been closed: end of file");
    } else if (pipe.nonblocking) {
      turn.Fails(EAGAIN, "pipe(7): O_NONBLOCK, and nothing to read");
    } else {
      turn.me.in_use[0] = hold;
    }
    return;
  }
  const std::string bytes = Take(pipe, length.value);
  turn.Returns({.value = static_cast<int64_t>(bytes.size()), .bytes = bytes},
               "pipe(7): the bytes in the order in which they were written");
}

void Close::Model(Turn& turn) const {
  if (!HoldOf(turn, end).open) return turn.Fails(EBADF, "close(2): not an open descriptor");
  turn.group.pipes[end.slot][end.write ? 1 : 0].open = false;
  turn.Returns(0, "close(2)");
}

}  // namespace ipcrig
