// SPDX-License-Identifier: Apache-2.0
//
// What a program says that is run by sh(1), and how it ends.
//
//   const Said said = Run("build/tests/library_failing --gtest_filter=Failing.Leak");
//   EXPECT_EQ(said.status, 1);
#pragma once

#include <sys/wait.h>

#include <cstdio>
#include <string>

namespace ipcrig::library_test {

struct Said {
  std::string output;  // standard output and standard error
  int status = -1;     // of exit(3); -1 where it was killed
};

inline Said Run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  Said said;
  char buffer[4096];
  for (size_t n = 1; pipe != nullptr && n > 0;) {
    n = fread(buffer, 1, sizeof(buffer), pipe);
    said.output.append(buffer, n);
  }
  const int status = pclose(pipe);
  said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

}  // namespace ipcrig::library_test
