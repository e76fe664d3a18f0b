// SPDX-License-Identifier: Apache-2.0
//
// A call that blocks is observed to block, and an end is observed to be one.
#include "exec/proc.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

constexpr int kMostLooks = 1000000;

// Looks until the process is in this state.
ProcLook LookUntil(const ProcWatch& watch, char state) {
  ProcLook look = watch.Look();
  for (int i = 0; i < kMostLooks && look.state != state; ++i) look = watch.Look();
  return look;
}

TEST(ProcWatch, SeesTheCallThatAProcessSleepsInAndHowItEnds) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    char byte = 0;
    _exit(read(ends[0], &byte, 1) == 0 ? 7 : 8);  // end of file once the parent closes its end
  }
  const ProcWatch watch(child);
  const ProcLook asleep = LookUntil(watch, 'S');
  EXPECT_EQ(asleep.state, 'S');
  EXPECT_FALSE(asleep.exit_status.has_value());
  if (watch.SeesSyscalls()) {
    EXPECT_EQ(asleep.syscall, SYS_read);
    EXPECT_EQ(Describe(asleep), "asleep in read");
  }
  close(ends[1]);
  const ProcLook ended = LookUntil(watch, 'Z');
  EXPECT_EQ(ended.state, 'Z');
  EXPECT_EQ(ended.exit_status, 7 << 8);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(watch.Look().state, '?');
  close(ends[0]);
}

TEST(ProcWatch, SeesARunningProcessRun) {
  const pid_t child = fork();
  if (child == 0) {
    for (;;) __asm__ volatile("" ::: "memory");
  }
  const ProcWatch watch(child);
  EXPECT_EQ(LookUntil(watch, 'R').state, 'R');
  EXPECT_EQ(Describe({'R', -1, std::nullopt}), "state R");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(ProcWatch, OfNobodySeesNothing) {
  const ProcWatch watch(0x7ffffff);
  EXPECT_EQ(watch.Look().state, '?');
  EXPECT_FALSE(watch.SeesSyscalls());
}

}  // namespace
}  // namespace ipcrig
