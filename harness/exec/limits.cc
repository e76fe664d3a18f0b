// SPDX-License-Identifier: Apache-2.0
#include "exec/limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/unique_fd.h"

namespace ipcrig {
namespace {

std::string PathOf(const SysctlName& name) {
  const std::string word(name.word());
  const bool of_sem = word.starts_with("sem") && word != "sem_next_id";  // four in one file
  return "/proc/sys/kernel/" + (of_sem ? "sem" : word);
}

std::string ContentsOf(const std::string& path) {
  char buffer[256];
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t length = fd.ok() ? read(fd.get(), buffer, sizeof(buffer)) : -1;
  return {buffer, length < 0 ? 0 : static_cast<size_t>(length)};
}

}  // namespace

SavedLimits SavedLimits::Of(const Scenario& scenario) {
  SavedLimits saved;
  for (const Step& step : scenario.steps) {
    const auto* sysctl = std::get_if<Sysctl>(&step.op);
    if (sysctl == nullptr || step.kind != Step::Kind::kCall) continue;
    const std::string path = PathOf(sysctl->name);
    const auto known = [&](const File& file) { return file.path == path; };
    if (std::any_of(saved.files_.begin(), saved.files_.end(), known)) continue;
    saved.files_.push_back({path, ContentsOf(path)});
  }
  return saved;
}

bool SavedLimits::PutBack() const {
  return std::all_of(files_.begin(), files_.end(), [](const File& file) {
    if (ContentsOf(file.path) == file.text) return true;
    const UniqueFd fd(open(file.path.c_str(), O_WRONLY | O_CLOEXEC));
    (void)!write(fd.get(), file.text.data(), file.text.size());
    return ContentsOf(file.path) == file.text;
  });
}

}  // namespace ipcrig
