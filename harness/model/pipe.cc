// SPDX-License-Identifier: Apache-2.0
//
// Pipes: pipe(2), read(2), write(2), close(2), by the rules of pipe(7).
#include <algorithm>

#include "model/turn.h"

namespace ipcrig {
namespace {

constexpr int64_t kDefaultCapacity = 65536;

// The end that a process means by p.r or p.w; not open where it is closed or never was.
PipeHold HoldOf(const Turn& turn, const PipeEnd& end) {
  const auto found = turn.me.pipes.find(end.slot);
  return found == turn.me.pipes.end() ? PipeHold{} : found->second[end.write ? 1 : 0];
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

void Pipe::Model(Turn& turn) const {
  const Outcome* seen = turn.seen();
  const bool known = seen != nullptr && seen->numbers.size() == 1;
  const int64_t capacity = known ? seen->numbers[0] : kDefaultCapacity;
  const int id = static_cast<int>(turn.s.pipes.size());
  turn.s.pipes[id] = {capacity, {}};
  if (result.slot >= 0) {
    if (const auto old = turn.me.pipes.find(result.slot); old != turn.me.pipes.end()) {
      turn.me.forgotten.push_back(old->second);
    }
    turn.me.pipes[result.slot] = {PipeHold{id, true}, PipeHold{id, true}};
  } else {
    turn.me.forgotten.push_back({PipeHold{id, true}, PipeHold{id, true}});
  }
  turn.Returns({.numbers = {Range::Exactly(capacity)}}, "pipe(2): a pipe is created");
}

void Write::Model(Turn& turn) const {
  const PipeHold hold = HoldOf(turn, end);
  const auto size = static_cast<int64_t>(text.Length());
  if (!hold.open || !end.write) return turn.Fails(EBADF, "write(2): not open for writing");
  if (size == 0) return turn.Returns(0, "write(2): nothing to write");
  ProcessState& me = turn.me;
  if (turn.s.Holders(hold.pipe, false) == 0) {
    const int64_t written = std::exchange(me.progress, 0);
    if (written > 0) return turn.Returns(written, "pipe(7): the readers left in the middle");
    return turn.Fails(EPIPE, "pipe(7): all read ends have been closed");
  }
  const int64_t part =
      Append(turn.s, turn.s.pipes[hold.pipe], text.Bytes(), me.progress, !turn.slept());
  me.progress += part;
  if (me.progress < size) {
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
    }
    return;
  }
  const std::string bytes = Take(pipe, length.value);
  turn.Returns({.value = static_cast<int64_t>(bytes.size()), .bytes = bytes},
               "pipe(7): the bytes in the order in which they were written");
}

void Close::Model(Turn& turn) const {
  if (!HoldOf(turn, end).open) return turn.Fails(EBADF, "close(2): not an open descriptor");
  turn.me.pipes[end.slot][end.write ? 1 : 0].open = false;
  turn.Returns(0, "close(2)");
}

}  // namespace ipcrig
