// SPDX-License-Identifier: Apache-2.0
#include "base/io.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace ipcrig {

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool ReadAvailable(int fd, std::string& text) {
  char buffer[65536];
  pollfd readable = {fd, POLLIN, 0};
  while (poll(&readable, 1, 0) > 0) {
    const ssize_t length = read(fd, buffer, sizeof(buffer));
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return false;
    text.append(buffer, static_cast<size_t>(length));
  }
  return true;
}

}  // namespace ipcrig
