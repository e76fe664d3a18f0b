// SPDX-License-Identifier: Apache-2.0
#include "trace/inspect.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "base/shell_word.h"
#include "base/unique_fd.h"
#include "exec/proc.h"
#include "exec/semun.h"
#include "exec/views.h"
#include "ops/abi.h"
#include "trace/calls.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (ssize_t length = 1; fd.ok() && length > 0;) {
    length = read(fd.get(), buffer, sizeof(buffer));
    if (length > 0) text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

// The word after a label of /proc/PID/status.
std::string_view StatusField(std::string_view status, std::string_view label) {
  const size_t at = status.find(label);
  if (at == std::string_view::npos) return {};
  status.remove_prefix(at + label.size());
  status.remove_prefix(std::min(status.find_first_not_of(" \t"), status.size()));
  return status.substr(0, status.find('\n'));
}

template <typename Number>
Number ToNumber(std::string_view digits, int base = 10) {
  Number number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  return number;
}

bool HasBit(pid_t process, std::string_view label, int signal) {
  const std::string status = ReadFile(fmt::format("/proc/{}/status", process));
  const auto mask = ToNumber<uint64_t>(StatusField(status, label), 16);
  return (mask >> (signal - 1) & 1) != 0;
}

// The words of a command line, those that need it in quotes.
std::string CommandLine(pid_t process) {
  std::string raw = ReadFile(fmt::format("/proc/{}/cmdline", process));
  // Who writes its title there fills the rest with zeros.
  raw.erase(raw.find_last_not_of('\0') + 1);
  std::string line;
  for (size_t at = 0; at < raw.size();) {
    const size_t end = std::min(raw.find('\0', at), raw.size());
    const std::string word = raw.substr(at, end - at);
    if (!line.empty()) line += ' ';
    line += ShellWord(word);
    at = end + 1;
  }
  return line;
}

// Whether a process is a zombie, or less. `fields` are those of /proc/PID/stat from its state on.
// One whose first thread has ended looks like a zombie, and lives on in its others.
bool HasEnded(const std::string& fields) {
  constexpr int kFromStateToThreads = 17;
  if (fields[0] != 'Z') return fields[0] == 'X';
  size_t at = 0;
  for (int i = 0; i < kFromStateToThreads && at != std::string::npos; ++i) {
    at = fields.find(' ', at + 1);
  }
  return at == std::string::npos || ToNumber<int>(fields.substr(at + 1, 12)) <= 1;
}

// In the order of their ids: the first is that of the process.
std::vector<pid_t> ThreadsOf(pid_t process) {
  std::vector<pid_t> threads;
  std::error_code error;
  fs::directory_iterator it(fmt::format("/proc/{}/task", process), error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    threads.push_back(ToNumber<pid_t>(it->path().filename().string()));
  }
  std::sort(threads.begin(), threads.end());
  return threads;
}

// The System V IPC call that a thread is in. That a program has 32 bits is seen from its file.
std::optional<IpcCall> CallOf(pid_t thread) {
  std::istringstream words(ReadFile(fmt::format("/proc/{}/syscall", thread)));
  int number = -1;
  uint64_t registers[6] = {};
  if (!SyscallNumbersAreOurs() || !(words >> number >> std::hex)) return std::nullopt;
  for (uint64_t& one : registers) words >> one;
  const UniqueFd file(open(fmt::format("/proc/{}/exe", thread).c_str(), O_RDONLY | O_CLOEXEC));
  unsigned char head[EI_NIDENT] = {};
  const bool narrow =
      file.ok() && read(file.get(), head, sizeof(head)) > 0 && head[EI_CLASS] == ELFCLASS32;
  return DecodeCall(narrow ? kCompatArch : kNativeArch, number, registers);
}

// How many processes sleep because of the values of a set.
int Waiters(const ObjectRow& row) {
  int waiting = 0;
  for (int i = 0; i < static_cast<int>(row[Column::kSize].value_or(0)); ++i) {
    waiting += std::max(semctl(row.id, i, GETNCNT), 0) + std::max(semctl(row.id, i, GETZCNT), 0);
  }
  return waiting;
}

std::string Values(const ObjectRow& row) {
  constexpr size_t kMostValues = 16;
  const auto count = static_cast<size_t>(row[Column::kSize].value_or(0));
  std::vector<unsigned short> values(count);
  semun arg = {};
  arg.buf = values.data();
  if (count == 0 || semctl(row.id, 0, GETALL, arg) != 0) return "";
  std::string text = count == 1 ? "value" : "values";
  for (size_t i = 0; i < std::min(count, kMostValues); ++i) text += fmt::format(" {}", values[i]);
  if (count > kMostValues) text += " ...";
  const int waiting = Waiters(row);
  return waiting == 0 ? text : text + fmt::format(", {} waiting", waiting);
}

}  // namespace

std::optional<pid_t> ProcessOf(pid_t thread) {
  const std::string status = ReadFile(fmt::format("/proc/{}/status", thread));
  if (status.empty()) return std::nullopt;
  return ToNumber<pid_t>(StatusField(status, "\nTgid:"));
}

std::string ImageOf(pid_t thread) {
  constexpr int kFromStateToArguments = 45;  // fields of /proc/PID/stat
  const std::string stat = ReadFile(fmt::format("/proc/{}/stat", thread));
  size_t at = stat.rfind(')');
  for (int i = 0; i <= kFromStateToArguments && at != std::string::npos; ++i) {
    at = stat.find(' ', at + 1);
  }
  std::error_code error;
  const fs::path file = fs::read_symlink(fmt::format("/proc/{}/exe", thread), error);
  return at == std::string::npos ? file.string() : file.string() + stat.substr(at);
}

uint64_t IpcNamespaceOf(pid_t thread) {
  struct stat file = {};
  return stat(fmt::format("/proc/{}/ns/ipc", thread).c_str(), &file) == 0 ? file.st_ino : 0;
}

pid_t TracerOf(pid_t thread) {
  const std::string status = ReadFile(fmt::format("/proc/{}/status", thread));
  return ToNumber<pid_t>(StatusField(status, "\nTracerPid:"));
}

std::optional<TracedProcess> LookAtProcess(pid_t process) {
  const std::string status = ReadFile(fmt::format("/proc/{}/status", process));
  if (status.empty()) return std::nullopt;
  TracedProcess look;
  look.pid = process;
  look.parent = ToNumber<int>(StatusField(status, "\nPPid:"));
  // A process whose first thread has ended has its memory in the others.
  const std::vector<pid_t> threads = ThreadsOf(process);
  const pid_t alive = threads.empty() ? process : threads.back();
  look.command = CommandLine(alive);
  if (look.command.empty()) look.command = StatusField(status, "Name:");
  std::error_code error;
  const fs::path link = fmt::format("/proc/{}/exe", alive);
  look.executable = fs::read_symlink(link, error).string();
  struct stat file = {};
  look.set_id = stat(link.c_str(), &file) == 0 && (file.st_mode & (S_ISUID | S_ISGID)) != 0;
  return look;
}

std::string WhatItDoes(pid_t process) {
  std::string first;
  for (const pid_t thread : ThreadsOf(process)) {
    const ProcLook look = ProcWatch(thread).Look();
    if (look.state == 'Z' || look.state == 'X' || look.state == '?') continue;
    if (first.empty()) first = Describe(look);
    const auto call = CallOf(thread);
    if (look.state == 'S' && call && call->MaySleep()) {
      const bool operates = call->kind() == ObjectKind::kSem;
      return fmt::format("asleep in {}", operates ? "semop" : CallText(call->name));
    }
  }
  return first;
}

std::vector<pid_t> Descendants() {
  std::map<pid_t, pid_t> parents;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const auto pid = ToNumber<pid_t>(it->path().filename().string());
    if (pid <= 0) continue;
    const std::string stat = ReadFile(fmt::format("/proc/{}/stat", pid));
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || name_end + 4 >= stat.size()) continue;
    if (HasEnded(stat.substr(name_end + 2))) continue;
    parents[pid] = ToNumber<pid_t>(stat.substr(name_end + 4, 12));
  }
  std::vector<pid_t> below;
  for (const auto& [pid, parent] : parents) {
    pid_t at = parent;
    for (size_t depth = 0; at != getpid() && depth < parents.size(); ++depth) {
      const auto up = parents.find(at);
      if (up == parents.end()) break;
      at = up->second;
    }
    if (at == getpid()) below.push_back(pid);
  }
  return below;
}

bool HasHandler(pid_t process, int signal) { return HasBit(process, "\nSigCgt:", signal); }

bool Ignores(pid_t process, int signal) {
  if (HasHandler(process, signal)) return false;
  if (HasBit(process, "\nSigIgn:", signal)) return true;
  return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT;
}

std::string ContentOf(const ObjectRow& row) {
  const auto cell = [&](Column column) { return row[column].value_or(0); };
  switch (row.kind) {
    case ObjectKind::kShm:
      return fmt::format(
          "attached {}{}", cell(Column::kNattch),
          (cell(Column::kStatus) & abi::kShmDest) != 0 ? ", marked for removal" : "");
    case ObjectKind::kMsg:
      return fmt::format("{} message{}, {} bytes", cell(Column::kQnum),
                         cell(Column::kQnum) == 1 ? "" : "s", cell(Column::kCbytes));
    default:
      return Values(row);
  }
}

std::optional<ObjectRow> LookAtObject(ObjectKind kind, int id) {
  ObjectRow row{kind, id};
  const auto permissions = [&row](const ipc_perm& perm) {
    row[Column::kKey] = perm.__key;
    row[Column::kUid] = perm.uid;
    row[Column::kCuid] = perm.cuid;
    row[Column::kMode] = perm.mode & abi::kModeMask;
    row[Column::kStatus] = perm.mode & ~abi::kModeMask;
  };
  if (shmid_ds shm = {}; kind == ObjectKind::kShm) {
    if (shmctl(id, IPC_STAT, &shm) != 0) return std::nullopt;
    permissions(shm.shm_perm);
    row[Column::kSize] = static_cast<int64_t>(shm.shm_segsz);
    row[Column::kNattch] = static_cast<int64_t>(shm.shm_nattch);
    row[Column::kCpid] = shm.shm_cpid;
  } else if (msqid_ds msg = {}; kind == ObjectKind::kMsg) {
    if (msgctl(id, IPC_STAT, &msg) != 0) return std::nullopt;
    permissions(msg.msg_perm);
    row[Column::kQnum] = static_cast<int64_t>(msg.msg_qnum);
    row[Column::kCbytes] = static_cast<int64_t>(msg.__msg_cbytes);
  } else {
    semid_ds sem = {};
    semun arg = {};
    arg.buf = &sem;
    if (semctl(id, 0, IPC_STAT, arg) != 0) return std::nullopt;
    permissions(sem.sem_perm);
    row[Column::kSize] = static_cast<int64_t>(sem.sem_nsems);
    row[Column::kOtime] = sem.sem_otime;
  }
  return row;
}

bool ReadMemory(pid_t process, uint64_t address, void* to, size_t size) {
  iovec local = {to, size};
  iovec remote = {reinterpret_cast<void*>(address), size};  // NOLINT(performance-no-int-to-ptr)
  return process_vm_readv(process, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace ipcrig
