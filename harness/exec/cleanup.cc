// SPDX-License-Identifier: Apache-2.0
#include "exec/cleanup.h"

#include <fcntl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include <fmt/format.h>

#include "base/unique_fd.h"

namespace ipcrig {
namespace {

constexpr int kMostRounds = 1000;  // generations of orphans

std::string ReadSmall(const std::string& path) {
  char buffer[4096];
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t length = fd.ok() ? read(fd.get(), buffer, sizeof(buffer)) : -1;
  return {buffer, length < 0 ? 0 : static_cast<size_t>(length)};
}

void ReapEnded() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// The children of this process, as /proc names them.
std::vector<int> Children() {
  std::vector<int> children;
  const std::string text = ReadSmall("/proc/thread-self/children");
  for (const char *at = text.data(), *end = at + text.size(); at < end;) {
    int pid = 0;
    const auto parsed = std::from_chars(at, end, pid);
    if (parsed.ec != std::errc()) break;
    children.push_back(pid);
    at = parsed.ptr + 1;
  }
  return children;
}

std::string Describe(int pid) {
  std::string name = ReadSmall(fmt::format("/proc/{}/comm", pid));
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return fmt::format("pid {} ({})", pid, name);
}

}  // namespace

Outcome RemoveObject(ObjectKind kind, int id) {
  const int value = kind == ObjectKind::kShm   ? shmctl(id, IPC_RMID, nullptr)
                    : kind == ObjectKind::kMsg ? msgctl(id, IPC_RMID, nullptr)
                                               : semctl(id, 0, IPC_RMID);
  return value == 0 ? Outcome::Returned(0) : Outcome::Failed(errno);
}

std::vector<std::string> EndOtherChildren(bool everybody) {
  std::vector<std::string> survivors;
  ReapEnded();
  for (int round = 0; round < kMostRounds; ++round) {
    const std::vector<int> children = Children();
    for (const int pid : children) survivors.push_back(Describe(pid));
    // In an init, -1 is everybody but itself; elsewhere only the children may be killed.
    if (everybody && kill(-1, SIGKILL) != 0 && errno == ESRCH) break;
    if (!everybody) {
      for (const int pid : children) kill(pid, SIGKILL);
    }
    if (children.empty() && !everybody) break;
    if (waitpid(-1, nullptr, 0) < 0 && errno == ECHILD) break;
    ReapEnded();
  }
  std::sort(survivors.begin(), survivors.end());
  survivors.erase(std::unique(survivors.begin(), survivors.end()), survivors.end());
  return survivors;
}

std::string ReadOutput(int fd) {
  std::string text(kMaxTextLength, '\0');
  const ssize_t length = pread(fd, text.data(), text.size(), 0);
  text.resize(length < 0 ? 0 : static_cast<size_t>(length));
  return text;
}

}  // namespace ipcrig
