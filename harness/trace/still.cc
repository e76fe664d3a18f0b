// SPDX-License-Identifier: Apache-2.0
#include "trace/still.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "base/unique_fd.h"
#include "trace/inspect.h"

namespace ipcrig {
namespace {

constexpr uint64_t kMostVdso = 65536;

std::string ReadMaps(pid_t thread) {
  const UniqueFd fd(open(fmt::format("/proc/{}/maps", thread).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[16384];
  for (ssize_t length = 1; fd.ok() && length > 0;) {
    length = read(fd.get(), buffer, sizeof(buffer));
    if (length > 0) text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

// Calls f(begin, end, permissions, path) for each mapping, until it answers false.
template <typename Function>
void ForEachMapping(std::string_view maps, Function f) {
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    uint64_t begin = 0;
    uint64_t end = 0;
    const auto first = std::from_chars(line.data(), line.data() + line.size(), begin, 16);
    const char* second = std::min(first.ptr + 1, line.data() + line.size());
    const auto last = std::from_chars(second, line.data() + line.size(), end, 16);
    const auto at = static_cast<size_t>(last.ptr - line.data());
    if (last.ec != std::errc() || at + 5 > line.size()) continue;
    const size_t path = line.find('/');
    const std::string_view name = path == std::string_view::npos ? "" : line.substr(path);
    if (!f(begin, end, line.substr(at + 1, 4), name, line)) return;
  }
}

uint64_t EndOfMapping(const std::string& maps, uint64_t address) {
  uint64_t found = 0;
  ForEachMapping(maps, [&](uint64_t begin, uint64_t end, auto, auto, auto) {
    if (address >= begin && address < end) found = end;
    return found == 0;
  });
  return found;
}

uint64_t StackPointer(const std::string& registers) {
  user_regs_struct native = {};
  if (registers.size() == sizeof(native)) {
    memcpy(&native, registers.data(), sizeof(native));
#if defined(__x86_64__)
    return native.rsp;
#else
    return native.sp;
#endif
  }
  constexpr size_t kEsp = 15;  // of i386
  uint32_t narrow[17] = {};
  if (registers.size() != sizeof(narrow)) return 0;
  memcpy(narrow, registers.data(), sizeof(narrow));
  return narrow[kEsp];
}

std::string ReadRange(pid_t thread, uint64_t begin, uint64_t end, uint64_t most) {
  std::string bytes(std::min(end - begin, most), '\0');
  return ReadMemory(thread, begin, bytes.data(), bytes.size()) ? bytes : std::string();
}

}  // namespace

bool Still::IsNarrow() const { return registers.size() != sizeof(user_regs_struct); }

Still TakeStill(pid_t thread) {
  Still still;
  char registers[sizeof(user_regs_struct)];
  iovec place = {registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &place) != 0) return still;
  still.registers.assign(registers, place.iov_len);
  still.maps = ReadMaps(thread);
  still.stack_at = StackPointer(still.registers);
  const uint64_t end = EndOfMapping(still.maps, still.stack_at);
  if (end != 0) still.stack = ReadRange(thread, still.stack_at, end, kMostStack);
  if (!still.IsNarrow()) return still;
  ForEachMapping(still.maps, [&](uint64_t begin, uint64_t until, auto, auto, auto line) {
    if (!line.ends_with("[vdso]")) return true;
    still.vdso_at = begin;
    still.vdso = ReadRange(thread, begin, until, kMostVdso);
    return false;
  });
  return still;
}

std::string CodeLines(const std::string& maps) {
  std::string lines;
  ForEachMapping(
      maps, [&](uint64_t, uint64_t, std::string_view permissions, auto, std::string_view line) {
        if (permissions[2] == 'x') lines.append(line).append("\n");
        return true;
      });
  return lines;
}

std::vector<std::string> CodeFiles(const std::string& maps) {
  std::vector<std::string> files;
  ForEachMapping(
      maps, [&](uint64_t, uint64_t, std::string_view permissions, std::string_view path, auto) {
        const bool known = std::find(files.begin(), files.end(), path) != files.end();
        if (permissions[2] == 'x' && !path.empty() && !known) files.emplace_back(path);
        return true;
      });
  return files;
}

}  // namespace ipcrig
