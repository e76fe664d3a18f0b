// SPDX-License-Identifier: Apache-2.0
#include "trace/program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/require.h"
#include "trace/filter.h"

namespace ipcrig {
namespace {

// What the child tells of itself, where there is anything to tell. When it was executed, its end of
// the socket is closed.
struct StartReport {
  int filter_error = 0;
  int exec_error = 0;
};

[[noreturn]] void Become(const TraceOptions& options, const std::vector<std::string>& command,
                         bool traced, int socket) {
  StartReport report;
  if (!options.foreground) {
    setpgid(0, 0);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
  }
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // should the supervisor be killed
  if (traced) {
    auto listener = InstallFilter(options.watch);
    SendDescriptor(socket, listener.ok() ? listener->get() : -1);
    if (!listener.ok()) report.filter_error = listener.error().errno_value;
    if (!listener.ok()) (void)!write(socket, &report, sizeof(report));
  }
  sigprocmask(SIG_SETMASK, &options.mask, nullptr);
  execvp(argv[0], argv.data());
  report.exec_error = errno;
  (void)!write(socket, &report, sizeof(report));
  constexpr int kNotExecutable = 126;
  constexpr int kNotFound = 127;
  _exit(report.exec_error == ENOENT ? kNotFound : kNotExecutable);
}

}  // namespace

StartedProgram StartProgram(const TraceOptions& options, const std::vector<std::string>& command,
                            bool traced) {
  int ends[2];
  IPC_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socket pair");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  StartedProgram started;
  started.pid = fork();
  IPC_REQUIRE(started.pid >= 0, "no process for the program");
  if (started.pid == 0) Become(options, command, traced, theirs.get());
  theirs.Reset();
  if (traced) started.listener = ReceiveDescriptor(ours.get());
  StartReport report;
  while (read(ours.get(), &report, sizeof(report)) == sizeof(report)) {
    started.filter_error = report.filter_error;
    started.exec_error = report.exec_error;
  }
  return started;
}

}  // namespace ipcrig
