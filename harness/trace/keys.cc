// SPDX-License-Identifier: Apache-2.0
#include "trace/keys.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <climits>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "base/unique_fd.h"
#include "ops/abi.h"

namespace ipcrig {
namespace {

constexpr off_t kLargestFile = off_t{256} << 20;
constexpr int kMostEntries = 200000;  // of a directory

// Whether any of the byte strings is in the file.
bool FileHolds(const std::string& path, const std::vector<std::string>& needles) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (!fd.ok() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (info.st_size <= 0 || info.st_size > kLargestFile) return false;
  const auto size = static_cast<size_t>(info.st_size);
  void* text = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (text == MAP_FAILED) return false;
  bool holds = false;
  for (const std::string& needle : needles) {
    holds = holds || memmem(text, size, needle.data(), needle.size()) != nullptr;
  }
  munmap(text, size);
  return holds;
}

bool IsElf(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char magic[4] = {};
  return fd.ok() && read(fd.get(), magic, sizeof(magic)) == sizeof(magic) &&
         memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

// The files that the words of a command line name, as seen from the process.
std::vector<std::string> FilesOf(const TracedProcess& process) {
  std::vector<std::string> files;
  std::istringstream words(process.command);
  for (std::string word; words >> word;) {
    if (word[0] != '/') word = fmt::format("/proc/{}/cwd/{}", process.pid, word);
    struct stat info = {};
    if (stat(word.c_str(), &info) == 0) files.push_back(word);
  }
  return files;
}

bool StandsInProgram(const TracedProcess& process, const Still& still, int key) {
  const std::vector<std::string> bytes = {
      std::string(reinterpret_cast<const char*>(&key), sizeof(key))};
  std::set<std::string> modules = {process.executable};
  for (const std::string& file : CodeFiles(still.maps)) {
    // Between them, the libraries of the system have every number.
    if (!file.starts_with("/lib") && !file.starts_with("/usr/lib")) modules.insert(file);
  }
  for (const std::string& module : modules) {
    if (FileHolds(module, bytes)) return true;
  }
  const auto number = static_cast<unsigned>(key);
  const std::vector<std::string> words = {fmt::format("{}", number), fmt::format("{:x}", number),
                                          fmt::format("{:X}", number)};
  for (const std::string& file : FilesOf(process)) {
    if (!IsElf(file) && FileHolds(file, words)) return true;
  }
  return false;
}

void AddFitting(const std::string& directory, unsigned key,
                std::map<uint64_t, std::string>& fitting) {
  struct stat info = {};
  if (stat(directory.c_str(), &info) != 0 || (minor(info.st_dev) & 0xff) != (key >> 16 & 0xff)) {
    return;
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), closedir);
  if (entries == nullptr) return;
  int left = kMostEntries;
  while (const dirent* entry = readdir(entries.get())) {
    if (left-- == 0) return;
    const bool fits = (entry->d_ino & 0xffff) == (key & 0xffff);
    if (fits && strcmp(entry->d_name, "..") != 0) {
      fitting.emplace(entry->d_ino, fmt::format("{}/{}", directory, entry->d_name));
    }
  }
}

std::vector<std::string> SameKey(const TracedProcess& process, int key) {
  std::set<std::string> directories = {DirectoryOf(process.executable),
                                       fmt::format("/proc/{}/cwd", process.pid)};
  for (const std::string& file : FilesOf(process)) directories.insert(DirectoryOf(file));
  std::map<uint64_t, std::string> fitting;  // by inode: two names of one file are no collision
  for (const auto& directory : directories) {
    char real[PATH_MAX];
    if (realpath(directory.c_str(), real) == nullptr) continue;
    AddFitting(real, static_cast<unsigned>(key), fitting);
  }
  std::vector<std::string> paths;
  for (const auto& [inode, path] : fitting) paths.push_back(path);
  return paths;
}

}  // namespace

void NoteKey(const TracedProcess& process, const Still& still, TracedCall& call) {
  const int key = call.call.key();
  if (key == IPC_PRIVATE) return;
  const auto flags = static_cast<unsigned>(call.call.flags());
  if ((flags & abi::kIpcExcl) == 0) call.fixed_key = StandsInProgram(process, still, key);
  const bool like_ftok = (static_cast<unsigned>(key) >> 24) != 0;
  if (!call.fixed_key && like_ftok) call.same_key = SameKey(process, key);
}

}  // namespace ipcrig
