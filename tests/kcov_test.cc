// SPDX-License-Identifier: Apache-2.0
//
// Kcov (exec/kcov.h): what code of the kernel a run reaches.
#include "exec/kcov.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "exec/server.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

using Counters = std::vector<uint8_t>;

size_t Distinct(const Counters& counters) {
  return counters.size() -
         static_cast<size_t>(std::count(counters.begin(), counters.end(), uint8_t{0}));
}

TEST(Kcov, CountsHowOftenEachPlaceIsReached) {
  std::vector<unsigned long> area(1U << 16);
  area[0] = 303;
  area[1] = area[2] = 0xffffffff81000010;
  area[3] = 0xffffffff81000020;
  std::fill(area.begin() + 4, area.begin() + 304, 0xffffffff81000030);
  Counters counters(Kcov::kPlaces);
  CountPlaces(area.data(), counters.data());
  EXPECT_EQ(area[0], 0U);
  std::sort(counters.rbegin(), counters.rend());
  EXPECT_EQ(counters[0], 255);
  EXPECT_EQ(counters[1], 2);
  EXPECT_EQ(counters[2], 1);
  EXPECT_EQ(counters[3], 0);
}

// On a kernel that is built for it, as root.
TEST(Kcov, SeesWhatTheCallsOfEachProcessReach) {
  auto kcov = Kcov::Open();
  if (!kcov.ok()) GTEST_SKIP() << kcov.error().Text();
  auto server =
      Server::Start({.timeout_ms = 5000, .ipcs_program = false, .programs = {}, .kcov = &*kcov});
  if (!server.ok()) GTEST_SKIP() << server.error().Text();
  const auto reached_by = [&](const char* text) {
    Counters counters(Kcov::kPlaces);
    for (int i = 0; i < 2; ++i) {  // in the second run nobody begins
      std::fill(counters.begin(), counters.end(), uint8_t{0});
      EXPECT_TRUE(server->Run(ScenarioOf(text), Ending::kKeep).ok());
      kcov->Take(counters.data());
    }
    return Distinct(counters);
  };
  const size_t none = reached_by("A  p = pipe()\n");
  const size_t get = reached_by("A  q = msgget(IPC_PRIVATE, 0600)\n");
  if (get == none) GTEST_SKIP() << "ipc/ is not instrumented";
  const size_t send = reached_by("A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\n");
  const size_t receive = reached_by(
      "A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\nB  msgrcv(q, 9, 0, 0)\n");
  const size_t forked = reached_by(
      "A  q = msgget(IPC_PRIVATE, 0600)\nA  msgsnd(q, 1, \"x\", 0)\nA  fork(B)\n"
      "B  msgrcv(q, 9, 0, 0)\n");
  EXPECT_LT(none, get);
  EXPECT_LT(get, send);
  EXPECT_LT(send, receive);
  EXPECT_LT(send, forked);
}

}  // namespace
}  // namespace ipcrig
