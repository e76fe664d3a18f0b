// SPDX-License-Identifier: Apache-2.0
//
// What observe_test.cc runs: programs that are right, over a System V IPC that may have a fault
// (library_faulty.c). Each asks only whether what was observed conforms.
#include <sys/msg.h>
#include <sys/sem.h>

#include <ipcrig/gtest.h>
#include <ipcrig/message.h>
#include <ipcrig/observe.h>

namespace {

using ipcrig::Call;
using ipcrig::ConformsToSysV;
using ipcrig::Process;

class Observed : public ipcrig::IpcTest {
 protected:
  void SetUp() override {
    IpcTest::SetUp();
    AllowLeaks();
    Observe(history_);
  }
  ipcrig::History history_;
};

bool Change(int set, short by, short flags = 0) {
  sembuf operation = {0, by, flags};
  return semop(set, &operation, 1) == 0;
}

TEST_F(Observed, Queue) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  for (const char* text : {"one", "two", "three"}) ipcrig::Send(queue, {1, text});
  Process& consumer = Fork("consumer", [&] {
    for (int i = 0; i < 2; ++i) ipcrig::Receive(queue);  // this line is in the report
  });
  consumer.Wait();
  EXPECT_THAT(history_, ConformsToSysV());
}

TEST_F(Observed, Poll) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  ipcrig::Send(queue, {1, "there"});
  ipcrig::Receive(queue, 0, IPC_NOWAIT);
  EXPECT_THAT(history_, ConformsToSysV());
}

TEST_F(Observed, Semaphore) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Process& waiter = Fork("waiter", [&] { Change(set, -1); });
  ASSERT_TRUE(waiter.AwaitBlocked(Call::kSemop));
  Change(set, 1);
  EXPECT_THAT(history_, ConformsToSysV());
  waiter.Kill();
}

TEST_F(Observed, Undo) {
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Change(set, 1);
  Process& holder = Fork("holder", [&] { Change(set, -1, SEM_UNDO); });
  holder.Wait();
  semctl(set, 0, GETVAL);
  EXPECT_THAT(history_, ConformsToSysV());
}

}  // namespace
