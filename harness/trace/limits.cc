// SPDX-License-Identifier: Apache-2.0
#include "trace/limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>

#include <fmt/format.h>

#include "base/unique_fd.h"

namespace ipcrig {
namespace {

void SetLimit(const std::string& name, const std::string& value, std::vector<std::string>& notes) {
  const UniqueFd fd(open(("/proc/sys/kernel/" + name).c_str(), O_WRONLY | O_CLOEXEC));
  const bool set = fd.ok() && write(fd.get(), value.data(), value.size()) > 0;
  if (!set) notes.push_back(fmt::format("limit {} not set: {}", name, strerror(errno)));
}

}  // namespace

std::vector<std::string> SetLimits(const std::vector<std::pair<std::string, int64_t>>& limits) {
  std::vector<std::string> notes;
  std::map<std::string, int64_t> sem;
  for (const auto& [name, value] : limits) {
    if (name.starts_with("sem")) {
      sem[name] = value;
    } else {
      SetLimit(name, std::to_string(value), notes);
    }
  }
  if (sem.empty()) return notes;
  // /proc/sys/kernel/sem: SEMMSL, SEMMNS, SEMOPM and SEMMNI
  constexpr int64_t kUsual[4] = {32000, 1024000000, 500, 32000};
  constexpr const char* kNames[4] = {"semmsl", "semmns", "semopm", "semmni"};
  std::string text;
  for (int i = 0; i < 4; ++i) {
    text += fmt::format("{} ", sem.contains(kNames[i]) ? sem[kNames[i]] : kUsual[i]);
  }
  SetLimit("sem", text, notes);
  return notes;
}

}  // namespace ipcrig
