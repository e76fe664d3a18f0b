// SPDX-License-Identifier: Apache-2.0
#include "golden.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "command.h"

namespace ipcrig {

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(IPCRIG_SOURCE_DIR "/tests/golden/") + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(text, Contents(path)) << "differs from " << path;
}

}  // namespace ipcrig
