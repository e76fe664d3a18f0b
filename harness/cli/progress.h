// SPDX-License-Identifier: Apache-2.0
//
// Progress: the line at the bottom of a terminal while a command lasts. It is not shown in a pipe,
// nor in the first second, and ends where the terminal does.
//
//   Progress progress;
//   progress.Show("[3/10] a.ipc");   // again and again
//   progress.Clear();                // before anything else is printed
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "cli/cli.h"

namespace ipcrig {

// The columns of a terminal, 100 for anything else.
inline size_t TerminalColumns(int descriptor) {
  constexpr size_t kFewest = 40;
  winsize size = {};
  if (isatty(descriptor) == 0 || ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 100;
  return std::max<size_t>(size.ws_col, kFewest);
}

class Progress {
 public:
  Progress() : start_(MonotonicSeconds()), terminal_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  double seconds() const { return MonotonicSeconds() - start_; }
  bool visible() const { return terminal_ && seconds() >= 1; }
  void Show(const std::string& text) {
    if (!visible()) return;
    fmt::print(stderr, "\r\x1b[K{}", text.substr(0, TerminalColumns(STDERR_FILENO) - 1));
    drawn_ = true;
  }
  void Clear() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
    drawn_ = false;
  }

 private:
  double start_;
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace ipcrig
