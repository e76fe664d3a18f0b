// SPDX-License-Identifier: Apache-2.0
#include "cli/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/io.h"

namespace ipcrig {
namespace {

constexpr int kLookMs = 200;  // how late `stop` may be seen
constexpr int kNotExecuted = 127;

// The program, in a process group of its own.
[[noreturn]] void Execute(const std::vector<std::string>& arguments, const std::string& temporary,
                          int output) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!temporary.empty()) setenv("TMPDIR", temporary.c_str(), 1);
  dup2(output, STDERR_FILENO);
  dup2(output, STDOUT_FILENO);
  std::vector<char*> argv;
  for (const std::string& one : arguments) argv.push_back(const_cast<char*>(one.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(kNotExecuted);
}

// SIGTERM, which the end of its parent sends, too, is the program's end.
[[noreturn]] void Guard(const std::vector<std::string>& arguments, const std::string& temporary,
                        int output, pid_t parent) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  prctl(PR_SET_NAME, "ipcrig-guard");
  std::error_code error;
  if (!temporary.empty()) std::filesystem::create_directories(temporary, error);
  const pid_t program = getppid() == parent ? fork() : -1;
  if (program == 0) Execute(arguments, temporary, output);
  close(output);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGCHLD);
  int status = kNotExecuted << 8;
  if (program > 0) {
    siginfo_t ended = {};
    while (waitid(P_PID, program, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {
      int number = 0;
      if (sigwait(&awaited, &number) == 0 && number == SIGTERM) kill(program, SIGKILL);
    }
    kill(-program, SIGKILL);  // what it has left behind
    waitpid(program, &status, 0);
  }
  if (!temporary.empty()) std::filesystem::remove_all(temporary, error);
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

std::unique_ptr<Child> Child::Start(const std::vector<std::string>& arguments,
                                    const std::string& temporary) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return nullptr;
  auto child = std::unique_ptr<Child>(new Child);
  child->output_.Reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  const pid_t self = getpid();
  child->guard_ = fork();
  if (child->guard_ < 0) return nullptr;
  if (child->guard_ == 0) Guard(arguments, temporary, write_end.get(), self);
  return child;
}

Child::~Child() {
  if (guard_ <= 0) return;
  kill(guard_, SIGTERM);
  End();
}

int Child::ForEachLine(const volatile sig_atomic_t& stop,
                       const std::function<void(const std::string&)>& f) {
  bool open = true;
  while (open && stop == 0) {
    pollfd readable = {output_.get(), POLLIN, 0};
    poll(&readable, 1, kLookMs);
    open = ReadAvailable(output_.get(), text_);
    for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      f(text_.substr(0, end));
      text_.erase(0, end + 1);
    }
  }
  if (stop != 0) kill(guard_, SIGTERM);
  return End();
}

int Child::End() {
  int status = 0;
  while (waitpid(guard_, &status, 0) < 0 && errno == EINTR) {
  }
  guard_ = -1;
  return status;
}

}  // namespace ipcrig
