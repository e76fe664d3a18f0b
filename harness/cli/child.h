// SPDX-License-Identifier: Apache-2.0
//
// Child: a program that has processes of its own, whose output is read line by line.
//
//   const auto child = Child::Start({"build/fuzz/kernel_fuzz", "-fork=1", "corpus"}, "found/tmp");
//   if (child == nullptr) ...                       // errno says why
//   const int status = child->ForEachLine(stop, [](const std::string& line) { ... });
//
// Between this process and the program stands a guard: when this process is gone, by SIGKILL too,
// the guard ends the program with all that belongs to its process group, and removes the program's
// temporary directory.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace ipcrig {

class Child {
 public:
  // `temporary`: becomes the program's TMPDIR, and is made and removed with it; "" for none. To be
  // called while this process has one thread. nullptr where it fails.
  static std::unique_ptr<Child> Start(const std::vector<std::string>& arguments,
                                      const std::string& temporary = "");
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  // Calls f for each line of standard output and error, until the program has ended; where `stop`
  // becomes something else than 0 it is ended. The wait status; a signal is the status 128 + it.
  int ForEachLine(const volatile sig_atomic_t& stop,
                  const std::function<void(const std::string&)>& f);

 private:
  Child() = default;
  int End();

  pid_t guard_ = -1;
  UniqueFd output_;
  std::string text_;
};

}  // namespace ipcrig
