// SPDX-License-Identifier: Apache-2.0
//
// main() of the test program. It runs scenarios, so it is also executed again as their worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/worker.h"

int main(int argc, char** argv) {
  ipcrig::BecomeWorkerIfAsked(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
