// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "library/rig_state.h"

namespace ipcrig {
inline namespace v0 {
namespace {

namespace fs = std::filesystem;

// Files of /proc are read whole, in one piece where they are short; errno is that of the read.
std::string ReadProc(const std::string& path) {
  std::string text;
  errno = 0;
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  for (ssize_t length = sizeof(buffer); fd.ok() && length == sizeof(buffer);) {
    length = read(fd.get(), buffer, sizeof(buffer));
    if (length > 0) text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename());
  }
  return names;
}

// Whether the thread sleeps for ever in a call that is ours: "220 0x1 0x7ff.. 0x1 0x0 ..." of
// proc(5).
bool AddSleep(const std::string& text, std::set<Call>& calls) {
  std::istringstream words(text);
  long number = -1;
  if (!(words >> number)) return false;  // "running"
  const Call call = CallOfNumber(number);
  if (call == Call::kNone) return false;
  calls.insert(call);
  std::string timeout;
  for (int i = 0; i < 4; ++i) words >> timeout;
  return number != SYS_semtimedop || timeout == "0x0";
}

// The state of proc(5), /proc/PID/stat, X for one that is gone; and whether the thread is on its
// way out. There it may sleep, too, and its last call still seems to be the one in which it does.
struct ThreadStat {
  char state = 'X';
  bool exiting = false;
};

ThreadStat StatOf(const std::string& place) {
  constexpr unsigned long kExiting = 4;  // PF_EXITING of Linux
  ThreadStat stat;
  const std::string text = ReadProc(place + "/stat");
  const size_t name = text.rfind(") ");  // "42 (name) S parent group session tty tpgid flags ..."
  if (name == std::string::npos) return stat;
  std::istringstream words(text.substr(name + 2));
  unsigned long flags = 0;
  std::string skipped;
  words >> stat.state;
  for (int i = 0; i < 5; ++i) words >> skipped;
  words >> flags;
  stat.exiting = (flags & kExiting) != 0;
  return stat;
}

std::string SwitchLines(const std::string& status) {
  std::istringstream lines(status);
  std::string switches;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("ctxt_switches") != std::string::npos) switches += line;
  }
  return switches;
}

// Whether an alarm(2) may wake it: SigCgt of proc(5) has a bit for each signal.
bool CatchesAlarms(const std::string& status) {
  const size_t at = status.find("SigCgt:");
  if (at == std::string::npos) return false;
  const uint64_t caught = strtoull(status.c_str() + at + strlen("SigCgt:"), nullptr, 16);
  return (caught >> (SIGALRM - 1) & 1U) != 0;
}

}  // namespace

Call CallOfNumber(long number) {
  switch (number) {
    case SYS_msgrcv:
      return Call::kMsgrcv;
    case SYS_msgsnd:
      return Call::kMsgsnd;
    case SYS_semop:
    case SYS_semtimedop:
      return Call::kSemop;
    default:
      return Call::kNone;
  }
}

const char* CallText(Call call) {
  static constexpr const char* kNames[] = {"none",   "shmget", "shmat",  "shmdt",
                                           "shmctl", "msgget", "msgsnd", "msgrcv",
                                           "msgctl", "semget", "semop",  "semctl"};
  return kNames[static_cast<int>(call)];
}

ProcessLook LookAt(pid_t pid, Depth depth) {
  const AdminForNow admin;
  ProcessLook look;
  look.stuck = true;
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  for (const std::string& thread : NamesIn(tasks)) {
    look.alive = true;
    const std::string place = fmt::format("{}/{}", tasks, thread);
    const std::string text = ReadProc(place + "/syscall");
    if (text.empty() && errno != 0 && errno != ESRCH && errno != ENOENT) {
      look.unreadable = place + "/syscall: " + strerror(errno);
    }
    const bool for_ever = !StatOf(place).exiting && AddSleep(text, look.calls);
    look.stuck = look.stuck && for_ever;
    if (depth == Depth::kCalls) continue;
    const std::string status = ReadProc(place + "/status");
    look.switches += SwitchLines(status);
    look.stuck = look.stuck && ReadProc(place + "/children").empty() && !CatchesAlarms(status) &&
                 ReadProc(fmt::format("/proc/{}/timers", pid)).empty();
  }
  return look;
}

ThreadLook LookAtThread(pid_t pid, pid_t thread) {
  const AdminForNow admin;
  const std::string place = fmt::format("/proc/{}/task/{}", pid, thread);
  ThreadLook look;
  const char before = StatOf(place).state;
  look.gone = before == 'X' || before == 'Z';
  look.stopped = before == 'T' || before == 't';
  std::istringstream words(ReadProc(place + "/syscall"));
  long number = -1;
  // What sleeps before and after slept in between.
  const ThreadStat after = StatOf(place);
  const bool sleeps = before == 'S' && after.state == 'S' && !after.exiting;
  if (sleeps && words >> number) look.asleep = CallOfNumber(number);
  return look;
}

bool IsGone(pid_t pid) {
  for (const std::string& thread : NamesIn(fmt::format("/proc/{}/task", pid))) {
    const auto number = static_cast<pid_t>(strtol(thread.c_str(), nullptr, 10));
    if (!LookAtThread(pid, number).gone) return false;
  }
  return true;
}

bool Rig::State::Stuck() {
  if (NamesIn("/proc/self/task").size() != 1) return false;
  // Somebody's orphan, say a daemon, may wake them.
  for (const pid_t child : OwnChildren()) {
    const bool outer = std::count(outer_children.begin(), outer_children.end(), child) != 0;
    const bool ours = std::any_of(processes.begin(), processes.end(),
                                  [&](const auto& process) { return process->pid() == child; });
    if (!outer && !ours) return false;
  }
  std::string seen[2];
  // Who has not run from the first look to the second was asleep in between, all at once.
  for (std::string& switches : seen) {
    for (const auto& process : processes) {
      if (process->HasEnded()) continue;
      const ProcessLook look = LookAt(process->pid(), Depth::kAll);
      if (!look.stuck || !look.alive) return false;
      switches += look.switches + ";";
    }
  }
  return !seen[0].empty() && seen[0] == seen[1];
}

std::vector<pid_t> OwnChildren() {
  std::vector<pid_t> children;
  for (const std::string& thread : NamesIn("/proc/self/task")) {
    std::istringstream words(ReadProc("/proc/self/task/" + thread + "/children"));
    for (pid_t pid = 0; words >> pid;) children.push_back(pid);
  }
  return children;
}

}  // namespace v0
}  // namespace ipcrig
