// SPDX-License-Identifier: Apache-2.0
//
// What a piece of a test would have failed with.
//
//   const std::vector<Seen> failures = FailuresOf([] { EXPECT_EQ(1, 2); });
//   ASSERT_EQ(failures.size(), 1U);
#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

namespace ipcrig::library_test {

struct Seen {
  std::string file;  // its name only
  int line = 0;
  std::string text;
};

inline std::vector<Seen> FailuresOf(const std::function<void()>& body) {
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    body();
  }
  std::vector<Seen> seen;
  for (int i = 0; i < results.size(); ++i) {
    const testing::TestPartResult& result = results.GetTestPartResult(i);
    const std::string file = result.file_name() == nullptr ? "" : result.file_name();
    seen.push_back({file.substr(file.rfind('/') + 1), result.line_number(), result.message()});
  }
  return seen;
}

// That everybody sleeps for ever is seen only where the test has no other thread that might wake
// them: ThreadSanitizer has; and where nobody catches SIGALRM: valgrind does.
inline bool HasOneThread() {
  const char* preloaded = getenv("LD_PRELOAD");
  if (preloaded != nullptr && std::string(preloaded).find("vgpreload") != std::string::npos) {
    return false;
  }
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads)) == 1;
}

inline std::string AllOf(const std::vector<Seen>& failures) {
  std::string text;
  for (const Seen& seen : failures) {
    text += seen.file + ":" + std::to_string(seen.line) + ": " + seen.text + "\n";
  }
  return text;
}

}  // namespace ipcrig::library_test
