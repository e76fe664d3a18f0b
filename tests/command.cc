// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/require.h"

namespace ipcrig {
namespace {

constexpr uid_t kNobody = 65534;

[[noreturn]] void Execute(const std::vector<std::string>& arguments, const CommandOptions& options,
                          int output) {
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (const std::string& variable : options.environment) {
    const size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  if (options.as_nobody && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(126);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

std::string ReadAll(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t length = 1; length > 0;) {
    length = read(file, buffer, sizeof(buffer));
    if (length > 0) text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

// The parent and the name of a living process; false for zombies.
bool ReadStat(const std::string& pid, int& parent, std::string& name) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t open = text.find('(');
  const size_t close = text.rfind(')');
  if (close == std::string::npos || close + 4 >= text.size()) return false;
  name = text.substr(open + 1, close - open - 1);
  parent = atoi(text.c_str() + close + 4);
  return text[close + 2] != 'Z' && text[close + 2] != 'X';
}

}  // namespace

CommandProcess::CommandProcess(const std::vector<std::string>& arguments,
                               const CommandOptions& options) {
  int ends[2];
  IPC_REQUIRE(pipe2(ends, O_CLOEXEC) == 0, "no pipe for a command");
  output_.Reset(ends[0]);
  const UniqueFd to(ends[1]);
  pid_ = fork();
  IPC_REQUIRE(pid_ >= 0, "no process for a command");
  if (pid_ == 0) Execute(arguments, options, to.get());
}

CommandProcess::~CommandProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

void CommandProcess::Signal(int signal) const { kill(pid_, signal); }

CommandResult CommandProcess::Wait() {
  CommandResult result;
  result.output = ReadAll(output_.get());
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

CommandResult RunCommand(const std::vector<std::string>& arguments, const CommandOptions& options) {
  return CommandProcess(arguments, options).Wait();
}

CommandResult RunIpcrig(std::vector<std::string> arguments, const CommandOptions& options) {
  arguments.insert(arguments.begin(), IPCRIG_BINARY);
  return RunCommand(arguments, options);
}

std::string WhyNotAsNobody() {
  if (geteuid() != 0) return "only root can become another user";
  if (RunIpcrig({"--version"}, {.as_nobody = true}).exit_code == 0) return "";
  return "the build directory is not accessible to others";
}

std::string AnswerOfChild(const std::function<std::string()>& work) {
  int ends[2];
  IPC_REQUIRE(pipe2(ends, O_CLOEXEC) == 0, "no pipe for a child");
  const pid_t child = fork();
  IPC_REQUIRE(child >= 0, "no child");
  if (child == 0) {
    const std::string answer = work();
    const ssize_t written = write(ends[1], answer.data(), answer.size());
    _exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string answer = ReadAll(ends[0]);
  close(ends[0]);
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0 ? answer : "the child ended with status " + std::to_string(status);
}

void BecomeReaper() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<std::string> LivingDescendants() {
  while (waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  std::map<int, std::pair<int, std::string>> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename().string();
    int parent = 0;
    std::string name;
    if (pid[0] >= '0' && pid[0] <= '9' && ReadStat(pid, parent, name))
      all[atoi(pid.c_str())] = {parent, name};
  }
  std::vector<std::string> names;
  for (const auto& [pid, info] : all) {
    int at = info.first;
    while (at != getpid() && all.contains(at)) at = all[at].first;
    if (at == getpid()) names.push_back(info.second);
  }
  return names;
}

std::vector<std::string> LastingDescendants() {
  for (int i = 0; i < 100000 && !LivingDescendants().empty(); ++i) sched_yield();
  return LivingDescendants();
}

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

ScratchDirectory::ScratchDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "ipcrig-test-XXXXXX").string();
  IPC_REQUIRE(mkdtemp(name.data()) != nullptr, "no directory for a test");
  chmod(name.c_str(), 0755);
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string ScratchDirectory::Write(const std::string& name, const std::string& contents) const {
  std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << contents;
  return path;
}

}  // namespace ipcrig
