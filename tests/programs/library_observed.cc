// SPDX-License-Identifier: Apache-2.0
//
// What observe_test.cc runs: programs that are right, over a System V IPC that may have a fault
// (library_faulty.c). Each asks only whether what was observed conforms.
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <csignal>

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

TEST_F(Observed, Interrupted) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  ipcrig::Send(queue, {1, "there"});
  ipcrig::Receive(queue);
  EXPECT_THAT(history_, ConformsToSysV());
}

// Half of the children have what their parent has attached, the others attach it themselves.
TEST_F(Observed, Memory) {
  const int segment = shmget(7, 100, IPC_CREAT | 0600);
  void* mine = shmat(segment, nullptr, 0);
  for (const char* name : {"inherits", "attaches", "inherits_too"}) {
    Fork(name, [=] {
      shmid_ds status = {};
      void* more = name[0] == 'a' ? shmat(shmget(7, 1, 0), nullptr, SHM_RDONLY) : mine;
      shmctl(segment, IPC_STAT, &status);
      shmdt(more);
    });
  }
  AwaitProcesses();
  shmid_ds status = {};
  shmctl(segment, IPC_STAT, &status);
  shmctl(segment, IPC_RMID, nullptr);
  shmdt(mine);
  shmget(7, 1, 0);
  shmctl(segment, IPC_STAT, &status);
  EXPECT_THAT(history_, ConformsToSysV());
}

TEST_F(Observed, Status) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Process& server = Fork("server", [&] {
    ipcrig::Receive(queue);
    Change(set, 1);
    Change(set, -2);
  });
  ipcrig::Send(queue, {1, "go"});
  ASSERT_TRUE(server.AwaitBlocked(Call::kSemop));
  msqid_ds queue_status = {};
  semid_ds set_status = {};
  msgctl(queue, IPC_STAT, &queue_status);
  semctl(set, 0, IPC_STAT, &set_status);
  semctl(set, 0, GETPID);
  semctl(set, 0, GETNCNT);
  EXPECT_THAT(history_, ConformsToSysV());
  server.Kill();
}

}  // namespace
