// SPDX-License-Identifier: Apache-2.0
#include "exec/tool.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/unique_fd.h"

namespace ipcrig {
namespace {

std::string ReadAll(int fd) {
  std::string text;
  char buffer[16384];
  for (ssize_t length = 1; length > 0;) {
    length = read(fd, buffer, sizeof(buffer));
    if (length > 0) text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

// posix_spawnp(3) would ask for the disposition of every signal first, a hundred system calls where
// there is nothing to change. The child borrows our memory until it executes: it tells us `error`.
pid_t Spawn(int output, char* const argv[], char* const environment[], volatile int& error) {
  const pid_t pid = vfork();
  if (pid < 0) error = errno;
  if (pid != 0) return pid;
  if (dup2(output, STDOUT_FILENO) >= 0) execvpe(argv[0], argv, environment);
  error = errno;
  _exit(127);
}

}  // namespace

Result<std::string> RunTool(std::vector<std::string> arguments) {
  IPC_REQUIRE(!arguments.empty(), "a tool without a name");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"pipe", errno};
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char locale[] = "LC_ALL=C";
  char zone[] = "TZ=UTC";
  char* const environment[] = {path, locale, zone, nullptr};
  volatile int error = 0;
  const pid_t pid = Spawn(to.get(), argv.data(), environment, error);
  to.Reset();
  std::string text = ReadAll(from.get());
  int status = 0;
  if (pid > 0) waitpid(pid, &status, 0);
  if (error != 0) return Error{arguments.front(), error};
  if (status == 0) return text;
  std::string command = arguments.front();
  for (size_t i = 1; i < arguments.size(); ++i) command += " " + arguments[i];
  return Error{fmt::format("{} ended with status {}", command, status)};
}

}  // namespace ipcrig
