// SPDX-License-Identifier: Apache-2.0
//
// What /proc/self/maps says of an address.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <string_view>

#include "exec/worker.h"

namespace ipcrig {
namespace {

constexpr size_t kPiece = 16384;  // of the file; a line is shorter
static_assert(kPiece <= kScratchBytes);

// Takes a number and the character behind it from the text.
uint64_t TakeNumber(std::string_view& text, int base) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  text.remove_prefix(std::min(text.size(), static_cast<size_t>(parsed.ptr - text.data()) + 1));
  return number;
}

// A line of proc(5): "from-to rw-s offset device inode   /SYSV0000abcd (deleted)"
struct MapsLine {
  uint64_t from = 0;
  uint64_t to = 0;
  int64_t protection = 0;
  uint64_t offset = 0;
  uint64_t inode = 0;
  std::string_view name;

  explicit MapsLine(std::string_view text) {
    from = TakeNumber(text, 16);
    to = TakeNumber(text, 16);
    const std::string_view bits = text.substr(0, 5);
    protection =
        (bits.find('r') < 3 ? 1 : 0) + (bits.find('w') < 3 ? 2 : 0) + (bits.find('x') < 3 ? 4 : 0);
    text.remove_prefix(std::min<size_t>(text.size(), 5));
    offset = TakeNumber(text, 16);
    TakeNumber(text, 16);
    TakeNumber(text, 16);
    inode = TakeNumber(text, 10);
    const size_t begin = text.find_first_not_of(' ');
    if (begin != std::string_view::npos) name = text.substr(begin);
  }
};

// Answers the line if it is of a segment and covers the address.
bool AnswerLine(Worker& worker, std::string_view text, uint64_t address) {
  const MapsLine line(text);
  constexpr std::string_view kPrefix = "/SYSV";
  if (address < line.from || address >= line.to || !line.name.starts_with(kPrefix)) return false;
  std::string_view digits = line.name.substr(kPrefix.size());
  const auto key = static_cast<int32_t>(TakeNumber(digits, 16));
  worker.Answer(0);
  worker.AddNumbers({key, static_cast<int64_t>(line.inode), static_cast<int64_t>(line.offset),
                     static_cast<int64_t>(line.to - line.from), line.protection});
  return true;
}

// Calls f(line) for each line of the file until it answers true.
template <typename Function>
bool FindLine(int fd, char* buffer, Function f) {
  size_t have = 0;
  for (;;) {
    const ssize_t length = read(fd, buffer + have, kPiece - have);
    if (length <= 0) return false;
    have += static_cast<size_t>(length);
    size_t done = 0;
    while (const void* end = memchr(buffer + done, '\n', have - done)) {
      const auto size = static_cast<size_t>(static_cast<const char*>(end) - (buffer + done));
      if (f(std::string_view(buffer + done, size))) return true;
      done += size + 1;
    }
    memmove(buffer, buffer + done, have - done);
    have -= done;
  }
}

}  // namespace

void Maps::Call(Worker& worker) const {
  const uint64_t at = worker.AddressOf(address);
  const int fd = open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return worker.Answer(-1);
  const bool found = FindLine(fd, worker.scratch(),
                              [&](std::string_view line) { return AnswerLine(worker, line, at); });
  close(fd);
  if (!found) worker.AnswerError(ENOENT);
}

}  // namespace ipcrig
