// SPDX-License-Identifier: Apache-2.0
//
// Tests that fail as the library makes them fail: tests/library/googletest_test.cc runs them and
// reads what GoogleTest says.
#include <sys/msg.h>
#include <unistd.h>

#include <csignal>

#include <ipcrig/gtest.h>

namespace {

class Failing : public ipcrig::IpcTest {};

TEST_F(Failing, Leak) {
  EXPECT_GE(msgget(IPC_PRIVATE, 0600), 0);  // line 17; no tail call, which leaves no line
}

TEST_F(Failing, Child) {
  Fork("child", [] {
    EXPECT_EQ(1, 2) << "said in a child";  // line 22
    ASSERT_TRUE(false);                    // line 23
    ADD_FAILURE() << "not reached";
  });
}

TEST_F(Failing, HalfWay) {
  (void)msgget(IPC_PRIVATE, 0600);
  Fork("endless", [] { pause(); });
  ASSERT_TRUE(false) << "half-way";
}

class Passing : public ipcrig::IpcTest {};

TEST_F(Passing, One) {
  const int queue = msgget(1, IPC_CREAT | IPC_EXCL | 0600);
  ASSERT_THAT(queue, ipcrig::SyscallSucceeds());
  EXPECT_THAT(msgctl(queue, IPC_RMID, nullptr), ipcrig::SyscallSucceeds());
}

TEST_F(Passing, Two) {
  const int queue = msgget(1, IPC_CREAT | IPC_EXCL | 0600);
  ASSERT_THAT(queue, ipcrig::SyscallSucceeds());
  auto& reader = Fork("reader", [&] {
    char message[16];
    EXPECT_THAT(msgrcv(queue, message, 8, 0, 0), ipcrig::SyscallFailsWithErrno(EIDRM));
  });
  EXPECT_TRUE(reader.AwaitBlocked(ipcrig::Call::kMsgrcv));
  EXPECT_THAT(msgctl(queue, IPC_RMID, nullptr), ipcrig::SyscallSucceeds());
}

}  // namespace
