// SPDX-License-Identifier: Apache-2.0
#include "exec/tool.h"

#include <fcntl.h>
#include <spawn.h>
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

}  // namespace

Result<std::string> RunTool(std::vector<std::string> arguments) {
  IPC_REQUIRE(!arguments.empty(), "a tool without a name");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"pipe", errno};
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char locale[] = "LC_ALL=C";
  char zone[] = "TZ=UTC";
  char* const environment[] = {path, locale, zone, nullptr};
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  to.Reset();
  if (error != 0) return Error{arguments.front(), error};
  std::string text = ReadAll(from.get());
  int status = 0;
  waitpid(pid, &status, 0);
  if (status == 0) return text;
  std::string command = arguments.front();
  for (size_t i = 1; i < arguments.size(); ++i) command += " " + arguments[i];
  return Error{fmt::format("{} ended with status {}", command, status)};
}

}  // namespace ipcrig
