// SPDX-License-Identifier: Apache-2.0
//
// Golden files: texts that are compared byte by byte with those of tests/golden. To record them
// again:
//
//   UPDATE_GOLDEN=1 ctest --test-dir build -R 'Report|CallLog'
#pragma once

#include <string>

namespace ipcrig {

// A test failure where tests/golden/`name` does not hold `text`.
void ExpectGolden(const std::string& name, const std::string& text);

}  // namespace ipcrig
