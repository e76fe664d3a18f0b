// SPDX-License-Identifier: Apache-2.0
#include "trace/posix.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/unique_fd.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShared = "/dev/shm";
constexpr const char* kQueues = "/dev/mqueue";

// Whether a file of the machine's /dev/shm is named somewhere in the text.
bool NamesShared(const std::string& text) {
  const std::string place = std::string(kShared) + "/";
  for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + 1)) {
    const size_t end = text.find_first_of("/ :;,\"'", at + place.size());
    std::error_code error;
    if (end != at + place.size() && fs::exists(text.substr(at, end - at), error)) return true;
  }
  return false;
}

bool IsIndependentOfShared(const std::vector<std::string>& command) {
  std::error_code error;
  if (fs::current_path(error).string().starts_with(kShared)) return false;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (NamesShared(*variable)) return false;
  }
  return std::none_of(command.begin(), command.end(), NamesShared);
}

// The file system of message queues as a mount that is nowhere (Linux 5.2): not every machine has
// a directory for it. A path to it, or an empty one where that is not permitted.
std::string DetachedQueues() {
  const UniqueFd context(fsopen("mqueue", FSOPEN_CLOEXEC));
  if (!context.ok() || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return "";
  }
  const int queues = fsmount(context.get(), FSMOUNT_CLOEXEC, 0);
  return queues < 0 ? "" : fmt::format("/proc/self/fd/{}", queues);
}

std::set<std::string> NamesIn(const std::string& directory) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    names.insert(it->path().filename().string());
  }
  return names;
}

}  // namespace

// Where a mount is refused, such as of a directory that is not there, the view is the machine's.
void PosixView::Mount(const std::vector<std::string>& command) {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV;
  // What is mounted outside is still seen here, and nothing the other way.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return;
  (void)mount("mqueue", kQueues, "mqueue", kFlags | MS_NOEXEC, nullptr);
  if (IsIndependentOfShared(command)) (void)mount("tmpfs", kShared, "tmpfs", kFlags, "mode=1777");
}

void PosixView::Remember() { before_ = NamesIn(kShared); }

std::vector<std::string> PosixView::New() const {
  std::vector<std::string> added;
  for (const std::string& name : NamesIn(kShared)) {
    if (!before_.contains(name)) added.push_back(fmt::format("{}/{}", kShared, name));
  }
  const std::string queues = DetachedQueues();
  for (const std::string& name : queues.empty() ? std::set<std::string>() : NamesIn(queues)) {
    added.push_back(fmt::format("{}/{}", kQueues, name));
  }
  return added;
}

}  // namespace ipcrig
