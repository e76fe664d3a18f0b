// SPDX-License-Identifier: Apache-2.0
#include "exec/proc.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ipcrig {
namespace {

std::string_view ReadAgain(int fd, char* buffer, size_t size) {
  const ssize_t length = fd < 0 ? -1 : pread(fd, buffer, size, 0);
  return {buffer, length < 0 ? 0 : static_cast<size_t>(length)};
}

// Of stat: pid (comm) state ... exit_code; the name may hold blanks and parentheses.
char StateIn(std::string_view stat) {
  const size_t name_end = stat.rfind(')');
  return name_end == std::string_view::npos || name_end + 2 >= stat.size() ? '?'
                                                                           : stat[name_end + 2];
}

int FirstNumber(std::string_view digits, int otherwise) {
  int number = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// An emulator of another architecture gives a program other numbers of system calls than the kernel
// that runs it, whose numbers stand in /proc.
bool ReadNumbers() {
  const UniqueFd own(open("/proc/self/syscall", O_RDONLY | O_CLOEXEC));
  char buffer[256];
  const std::string_view text = ReadAgain(own.get(), buffer, sizeof(buffer));
  return text.empty() || FirstNumber(text, -1) == SYS_pread64;
}

// The calls that a program is likely to hang in.
constexpr std::pair<int, std::string_view> kCalls[] = {
    {SYS_msgrcv, "msgrcv"},
    {SYS_msgsnd, "msgsnd"},
    {SYS_semop, "semop"},
    {SYS_semtimedop, "semop"},
    {SYS_wait4, "wait"},
    {SYS_waitid, "wait"},
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_futex, "futex"},
    {SYS_nanosleep, "nanosleep"},
    {SYS_clock_nanosleep, "nanosleep"},
    {SYS_rt_sigsuspend, "sigsuspend"},
    {SYS_rt_sigtimedwait, "sigwait"},
    {SYS_pselect6, "select"},
    {SYS_ppoll, "poll"},
    {SYS_epoll_pwait, "epoll_wait"},
    {SYS_accept, "accept"},
    {SYS_accept4, "accept"},
    {SYS_recvfrom, "recv"},
    {SYS_recvmsg, "recv"},
#ifdef SYS_poll  // of the older architectures
    {SYS_pause, "pause"},
    {SYS_select, "select"},
    {SYS_poll, "poll"},
    {SYS_epoll_wait, "epoll_wait"},
#endif
};

std::string CallName(int number) {
  for (const auto& [call, name] : kCalls) {
    if (call == number) return std::string(name);
  }
  return fmt::format("system call {}", number);
}

}  // namespace

std::string Describe(const ProcLook& look) {
  if (look.state != 'S' || look.syscall < 0) return fmt::format("state {}", look.state);
  return "asleep in " + CallName(look.syscall);
}

bool SyscallNumbersAreOurs() {
  static const bool ours = ReadNumbers();
  return ours;
}

ProcWatch::ProcWatch(int proc_pid)
    : stat_(open(fmt::format("/proc/{}/stat", proc_pid).c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!SyscallNumbersAreOurs()) return;
  syscall_.Reset(open(fmt::format("/proc/{}/syscall", proc_pid).c_str(), O_RDONLY | O_CLOEXEC));
}

bool ProcWatch::IsAsleep() const {
  char buffer[1024];
  return StateIn(ReadAgain(stat_.get(), buffer, sizeof(buffer))) == 'S';
}

ProcLook ProcWatch::Look() const {
  char buffer[1024];
  ProcLook look;
  std::string_view stat = ReadAgain(stat_.get(), buffer, sizeof(buffer));
  look.state = StateIn(stat);
  if (look.state == 'Z' || look.state == 'X') {
    while (!stat.empty() && stat.back() == '\n') stat.remove_suffix(1);
    look.exit_status = FirstNumber(stat.substr(stat.rfind(' ') + 1), 0);
    return look;
  }
  look.syscall = FirstNumber(ReadAgain(syscall_.get(), buffer, sizeof(buffer)), -1);
  return look;
}

}  // namespace ipcrig
