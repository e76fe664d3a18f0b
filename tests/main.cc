// SPDX-License-Identifier: Apache-2.0
//
// main() of the test program. It runs scenarios, so it is also executed again as their worker.
#include <sched.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/worker.h"

int main(int argc, char** argv) {
  ipcrig::BecomeWorkerIfAsked(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  testing::InitGoogleMock(&argc, argv);
  // The tool's user has an IPC namespace that the tool must not touch. Where that can be one of its
  // own, what other programs make and remove meanwhile is not taken for the tool's.
  (void)unshare(CLONE_NEWIPC);
  return RUN_ALL_TESTS();
}
