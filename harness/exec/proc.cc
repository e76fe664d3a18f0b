// SPDX-License-Identifier: Apache-2.0
#include "exec/proc.h"

#include <fcntl.h>

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace ipcrig {
namespace {

std::string_view ReadAgain(int fd, char* buffer, size_t size) {
  const ssize_t length = fd < 0 ? -1 : pread(fd, buffer, size, 0);
  return {buffer, length < 0 ? 0 : static_cast<size_t>(length)};
}

int ToNumber(std::string_view digits, int otherwise) {
  int number = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

ProcWatch::ProcWatch(int proc_pid)
    : stat_(open(fmt::format("/proc/{}/stat", proc_pid).c_str(), O_RDONLY | O_CLOEXEC)),
      syscall_(open(fmt::format("/proc/{}/syscall", proc_pid).c_str(), O_RDONLY | O_CLOEXEC)) {}

ProcLook ProcWatch::Look() const {
  char buffer[1024];
  ProcLook look;
  std::string_view stat = ReadAgain(stat_.get(), buffer, sizeof(buffer));
  // pid (comm) state ... exit_code; the name may hold blanks and parentheses.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size()) return look;
  look.state = stat[name_end + 2];
  if (look.state == 'Z' || look.state == 'X') {
    while (!stat.empty() && stat.back() == '\n') stat.remove_suffix(1);
    look.exit_status = ToNumber(stat.substr(stat.rfind(' ') + 1), 0);
    return look;
  }
  look.syscall = ToNumber(ReadAgain(syscall_.get(), buffer, sizeof(buffer)), -1);
  return look;
}

}  // namespace ipcrig
