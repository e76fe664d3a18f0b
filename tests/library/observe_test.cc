// SPDX-License-Identifier: Apache-2.0
//
// Calls that are observed: what is right conforms, however processes race, sleep and die; what is
// wrong is found, by programs/library_observed.cc; and what cannot be judged is said.
#include <pthread.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ipcrig/gtest.h>
#include <ipcrig/message.h>
#include <ipcrig/observe.h>

#include "said.h"

namespace ipcrig::library_test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ObserveTest : public IpcTest {
 protected:
  void SetUp() override {
    IpcTest::SetUp();
    Observe(history_);
  }
  History history_;
};

bool Change(int set, short by, short flags = 0) {
  sembuf operation = {0, by, flags};
  return semop(set, &operation, 1) == 0;
}

TEST_F(ObserveTest, ProducersAndConsumersConform) {
  constexpr int kKey = 7;
  constexpr int kMessages = 40;
  const int queue = msgget(kKey, IPC_CREAT | 0600);
  for (const char* name : {"a", "b"}) {
    Fork(name, [=] {
      const int mine = msgget(kKey, 0);
      for (int i = 0; i < kMessages; ++i) Send(mine, {1 + i % 3, name + std::to_string(i)});
    });
  }
  Fork("any", [=] {
    for (int i = 0; i < kMessages; ++i) Receive(queue);
  });
  Fork("low", [=] {
    for (int i = 0; i < kMessages; ++i) Receive(queue, -3);
  });
  AwaitProcesses();
  EXPECT_EQ(msgctl(queue, IPC_RMID, nullptr), 0);
  EXPECT_THAT(history_, ConformsToSysV());
  const CallLog log = history_.Log();
  EXPECT_EQ(log.processes, 5);
  EXPECT_EQ(log.calls, 2 + 2 + 4 * kMessages);
  EXPECT_EQ(log.not_judged, "");
  EXPECT_THAT(log.text, HasSubstr("{\"process\": \"low\", \"pid\": "));
  EXPECT_THAT(log.text, HasSubstr("observe_test.cc:"));
}

TEST_F(ObserveTest, SemaphoresConform) {
  const int set = semget(IPC_PRIVATE, 2, 0600);
  unsigned short values[2] = {2, 0};
  EXPECT_EQ(semctl(set, 0, SETALL, values), 0);
  for (const char* name : {"a", "b", "c"}) {
    Fork(name, [=] {
      for (int i = 0; i < 20; ++i) {
        sembuf both[2] = {{0, -1, SEM_UNDO}, {1, 1, 0}};
        semop(set, both, 2);
        Change(set, 1, SEM_UNDO);
        const timespec soon = {0, 1000};
        sembuf zero = {1, 0, 0};
        semtimedop(set, &zero, 1, &soon);
      }
    });
  }
  AwaitProcesses();
  EXPECT_EQ(semctl(set, 1, GETVAL), 60);
  EXPECT_EQ(semctl(set, 0, GETALL, values), 0);
  EXPECT_EQ(semctl(set, 0, IPC_RMID), 0);
  EXPECT_THAT(history_, ConformsToSysV());
}

// At every moment that a process can be killed.
TEST_F(ObserveTest, WhoIsKilledConforms) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Change(set, 1);
  for (int n = 1; n <= 4; ++n) {
    const When when = n % 2 == 0 ? When::kBefore : When::kAfter;
    Process& writer = Fork(
        "writer",
        [=] {
          while (Change(set, -1, SEM_UNDO)) {
            Send(queue, {1, "x" + std::to_string(n)});
            Change(set, 1, SEM_UNDO);
          }
        },
        KillAt{Call::kSemop, n, when});
    EXPECT_THAT(writer.Wait(), DiesOf(SIGKILL));
    EXPECT_EQ(semctl(set, 0, GETVAL), 1);
  }
  Process& sleeper = Fork("sleeper", [=] {
    Change(set, -1, SEM_UNDO);
    Receive(queue, 99);
  });
  EXPECT_TRUE(sleeper.AwaitBlocked(Call::kMsgrcv));
  sleeper.Kill();
  sleeper.Wait();
  EXPECT_EQ(semctl(set, 0, GETVAL), 1);
  EXPECT_THAT(history_, ConformsToSysV());
  msgctl(queue, IPC_RMID, nullptr);
  semctl(set, 0, IPC_RMID);
}

// At any moment at all, between two processes that never stop.
TEST_F(ObserveTest, WhoIsKilledAnywhereConforms) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  auto& sent = Shared<std::atomic<int>>(0);
  Process& sender = Fork("sender", [=, &sent] {
    while (sent < 3000) Send(queue, {1, std::to_string(sent++)});
    Receive(queue, 99);
  });
  Process& receiver = Fork("receiver", [=] {
    while (Receive(queue)) {
    }
  });
  while (sent < 300) sched_yield();
  sender.Kill();
  EXPECT_THAT(sender.Wait(), DiesOf(SIGKILL));
  EXPECT_TRUE(receiver.AwaitBlocked(Call::kMsgrcv));
  EXPECT_THAT(history_, ConformsToSysV());
  msgctl(queue, IPC_RMID, nullptr);
  EXPECT_THAT(history_, ConformsToSysV());  // also what came since
}

TEST_F(ObserveTest, WhoSleepsMaySleep) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Process& receiver = Fork("receiver", [=] { Receive(queue, 2); });
  Process& waiter = Fork("waiter", [=] {
    const timespec long_time = {3600, 0};
    sembuf two = {0, -2, 0};
    semtimedop(set, &two, 1, &long_time);
  });
  EXPECT_TRUE(receiver.AwaitBlocked(Call::kMsgrcv));
  EXPECT_TRUE(waiter.AwaitBlocked(Call::kSemop));
  Send(queue, {1, "not for it"});
  Change(set, 1);
  EXPECT_EQ(semctl(set, 0, GETNCNT), 1);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_THAT(history_.Log().text, HasSubstr("\"asleep\": true"));
  msgctl(queue, IPC_RMID, nullptr);
  semctl(set, 0, IPC_RMID);
}

TEST_F(ObserveTest, MessagesOfAllKinds) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  const std::string longest(8000, 'x');
  const std::string other(100, 'y');
  for (const std::string& text :
       {longest, other, std::string(), std::string("\0\xff\"\\\n", 5), other}) {
    Send(queue, {1, text});
  }
  EXPECT_EQ(Receive(queue)->text, longest);
  EXPECT_EQ(Receive(queue, 0, 0, 4), std::nullopt);  // E2BIG
  EXPECT_EQ(Receive(queue, 0, MSG_NOERROR, 4)->text, "yyyy");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Receive(queue));
  EXPECT_EQ(Receive(queue, 0, IPC_NOWAIT), std::nullopt);
  EXPECT_EQ(msgsnd(queue, nullptr, 1, 0), -1);
  EXPECT_EQ(msgsnd(queue, &queue, SIZE_MAX, 0), -1);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged, "2 msgsnd");  // of EFAULT, and a length beyond words
  msqid_ds status = {};
  EXPECT_EQ(msgctl(queue, IPC_STAT, &status), 0);
  status.msg_qbytes = 10;
  EXPECT_EQ(msgctl(queue, IPC_SET, &status), 0);
  Message full = {1, std::string(11, 'z')};
  EXPECT_FALSE(Send(queue, full, IPC_NOWAIT));  // EAGAIN
  EXPECT_EQ(msgctl(queue, IPC_RMID, nullptr), 0);
  EXPECT_FALSE(Send(queue, full));  // EINVAL
  EXPECT_THAT(history_, ConformsToSysV());
}

TEST_F(ObserveTest, ThreadsSignalsAndPrograms) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  Process& process = Fork("threads", [=] {
    int mine = queue;
    pthread_t thread;
    pthread_create(
        &thread, nullptr,
        [](void* id) -> void* {
          Send(*static_cast<int*>(id), {1, "of a thread"});
          return nullptr;
        },
        &mine);
    Receive(queue, 1);
    pthread_join(thread, nullptr);
    struct sigaction action = {};
    action.sa_handler = [](int) { msgget(99, 0); };
    sigaction(SIGUSR1, &action, nullptr);
    Step(1, [] {});
    EXPECT_FALSE(Receive(queue, 2));  // EINTR
  });
  Step(2, [] {});
  EXPECT_TRUE(process.AwaitBlocked(Call::kMsgrcv));
  kill(process.pid(), SIGUSR1);
  EXPECT_THAT(process.Wait(), Exits(0));
  EXPECT_THAT(Exec("ipcrm", {"ipcrm", "-q", std::to_string(queue)}).Wait(), Exits(0));
  EXPECT_THAT(history_, ConformsToSysV());
  const CallLog log = history_.Log();
  EXPECT_EQ(log.not_judged, "");
  EXPECT_THAT(log.text, HasSubstr("\"result\": \"EINTR\""));
  EXPECT_THAT(log.text, HasSubstr("\"threads_2\""));
  EXPECT_THAT(log.text, HasSubstr("{\"process\": \"ipcrm\", \"pid\": "));
}

unsigned long AttachesOf(int segment) {
  shmid_ds status = {};
  EXPECT_EQ(shmctl(segment, IPC_STAT, &status), 0);
  return status.shm_nattch;
}

// Attaches that are inherited, given up by exec, and made and undone by many at once.
TEST_F(ObserveTest, SharedMemoryConforms) {
  constexpr int kKey = 7;
  const int segment = shmget(kKey, 5000, IPC_CREAT | 0600);
  void* mine = shmat(segment, nullptr, 0);
  for (const char* name : {"a", "b", "c"}) {
    Fork(name, [=] {
      shmid_ds status = {};
      for (int i = 0; i < 10; ++i) {
        void* more = shmat(shmget(kKey, 5000, 0), nullptr, i % 2 == 0 ? SHM_RDONLY : 0);
        shmctl(segment, IPC_STAT, &status);
        shmdt(more);
      }
      shmdt(mine);
      shmdt(mine);            // EINVAL
      shmget(kKey, 5001, 0);  // EINVAL
    });
  }
  Exec("program", {"true"}).Wait();
  Exec("static", {LIBRARY_STATIC}).Wait();
  AwaitProcesses();
  EXPECT_EQ(AttachesOf(segment), 1U);
  EXPECT_EQ(shmctl(segment, IPC_RMID, nullptr), 0);
  EXPECT_EQ(shmget(kKey, 1, 0), -1);
  EXPECT_EQ(AttachesOf(segment), 1U);
  EXPECT_EQ(shmdt(mine), 0);
  EXPECT_EQ(shmctl(segment, IPC_RMID, nullptr), -1);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged, "");
}

// Who is killed detaches, at every point that it can be killed, and so do its children.
TEST_F(ObserveTest, WhoIsKilledDetaches) {
  const int segment = shmget(IPC_PRIVATE, 1, 0600);
  for (int n = 1; n <= 4; ++n) {
    Process& user = Fork(
        "user",
        [=] {
          void* at = shmat(segment, nullptr, 0);
          if (fork() == 0) {
            AttachesOf(segment);
            _exit(0);
          }
          shmdt(at);
          shmat(segment, nullptr, 0);
          shmat(segment, nullptr, SHM_RDONLY);
        },
        KillAt{n % 2 == 0 ? Call::kShmat : Call::kShmdt, 1 + n / 4,
               n % 3 == 0 ? When::kBefore : When::kAfter});
    user.Wait();
    AttachesOf(segment);
  }
  EXPECT_EQ(shmctl(segment, IPC_RMID, nullptr), 0);
  EXPECT_THAT(history_, ConformsToSysV());
}

TEST_F(ObserveTest, ThreadsShareAttachesAndAdjustments) {
  const int segment = shmget(IPC_PRIVATE, 1, 0600);
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Process& threads = Fork("threads", [=] {
    std::thread first([=] {
      shmat(segment, nullptr, 0);
      Change(set, 1, SEM_UNDO);
    });
    first.join();
    AttachesOf(segment);
    void* at = shmat(segment, nullptr, 0);
    std::thread([=] {
      shmdt(at);
      Change(set, 1, SEM_UNDO);
    }).join();
    AttachesOf(segment);
  });
  AwaitProcesses();
  EXPECT_EQ(AttachesOf(segment), 0U);
  EXPECT_EQ(semctl(set, 0, GETVAL), 0);
  EXPECT_EQ(semctl(set, 0, GETPID), threads.pid());
  EXPECT_EQ(shmctl(segment, IPC_RMID, nullptr), 0);
  EXPECT_EQ(semctl(set, 0, IPC_RMID), 0);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged, "");
}

// Linux notes a thread where one was asleep (L2 in scenarios/README.md), also in a handler.
TEST_F(ObserveTest, ThreadsThatReceiveConform) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  Process& process = Fork("threads", [=] {
    std::thread([=] { Receive(queue, 2); }).join();
    struct sigaction action = {};
    action.sa_handler = [](int) { Receive(msgget(7, 0), 3); };
    sigaction(SIGUSR1, &action, nullptr);
    Receive(queue, 4);
  });
  msqid_ds status = {};
  for (const long type : {2, 4}) {
    EXPECT_TRUE(process.AwaitBlocked(Call::kMsgrcv));
    Send(queue, {type, "x"});
    EXPECT_EQ(msgctl(queue, IPC_STAT, &status), 0);
  }
  EXPECT_THAT(process.Wait(), Exits(0));
  EXPECT_EQ(msgctl(queue, IPC_RMID, nullptr), 0);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged, "");
}

// What each object notes of who did what last.
TEST_F(ObserveTest, StatusConforms) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  const int set = semget(IPC_PRIVATE, 2, 0600);
  for (const char* name : {"a", "b", "c"}) {
    Fork(name, [=] {
      msqid_ds queue_status = {};
      semid_ds set_status = {};
      for (int i = 0; i < 10; ++i) {
        Send(queue, {1, name});
        EXPECT_EQ(msgctl(queue, IPC_STAT, &queue_status), 0);
        Change(set, 1);
        semctl(set, 0, GETPID);
        Receive(queue);
        EXPECT_EQ(semctl(set, 0, IPC_STAT, &set_status), 0);
        Change(set, -1, SEM_UNDO);
        semctl(set, 0, GETNCNT);
        semctl(set, 0, GETZCNT);
      }
    });
  }
  AwaitProcesses();
  EXPECT_EQ(semctl(set, 1, GETPID), 0);
  EXPECT_EQ(msgctl(queue, IPC_RMID, nullptr), 0);
  EXPECT_EQ(semctl(set, 0, IPC_RMID), 0);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged, "");
}

// Sleepers that a handler interrupts, again and again, while others use what they wait for.
TEST_F(ObserveTest, WhoIsInterruptedConforms) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  const int set = semget(IPC_PRIVATE, 1, 0600);
  Process& sleeper = Fork("sleeper", [=] {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    Step(1, [] {});
    for (int i = 0; i < 20; ++i) {
      Receive(queue, 2);
      Change(set, -1);
    }
  });
  Step(2, [] {});
  Fork("other", [=] {
    for (int i = 0; i < 5; ++i) {
      Send(queue, {2, "x"});
      semctl(set, 0, GETNCNT);
      Change(set, 1);
    }
  });
  while (!sleeper.HasEnded()) {
    kill(sleeper.pid(), SIGUSR1);
    sched_yield();
  }
  AwaitProcesses();
  EXPECT_EQ(msgctl(queue, IPC_RMID, nullptr), 0);
  EXPECT_EQ(semctl(set, 0, IPC_RMID), 0);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged, "");
}

TEST_F(ObserveTest, WhatIsNotJudgedIsSaid) {
  const int segment = shmget(IPC_PRIVATE, 1, 0600);
  EXPECT_EQ(shmctl(segment, SHM_LOCK, nullptr), 0);
  EXPECT_EQ(shmctl(segment, IPC_RMID, nullptr), 0);
  EXPECT_THAT(history_.Log().problem, HasSubstr("no call was made that can be judged"));
  EXPECT_EQ(msgget(1, 0), -1);
  testing::internal::CaptureStderr();
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "ipcrig: what was judged conforms; not judged: 2 shmctl, 1 shmget (SHM_LOCK)\n");
}

// The rest is judged all the same.
TEST_F(ObserveTest, TooManyWhoInheritMemoryAreSaid) {
  const int segment = shmget(IPC_PRIVATE, 1, 0600);
  void* at = shmat(segment, nullptr, 0);
  for (int i = 0; i < 20; ++i) Fork("heir", [] {});
  AwaitProcesses();
  EXPECT_EQ(shmdt(at), 0);
  EXPECT_EQ(shmctl(segment, IPC_RMID, nullptr), 0);
  EXPECT_EQ(msgget(1, 0), -1);
  EXPECT_THAT(history_, ConformsToSysV());
  EXPECT_EQ(history_.Log().not_judged,
            "1 shmat, 1 shmctl, 1 shmdt, 1 shmget (too many processes inherit it)");
}

TEST_F(ObserveTest, WhatCannotBeJudgedDoesNotConform) {
  EXPECT_THAT(Judge(History().Log()).report, HasSubstr("call Observe(history) first"));
  const int set = semget(IPC_PRIVATE, 1, 0600);
  History late;
  Observe(late);
  EXPECT_THAT(Judge(late.Log()).report, HasSubstr("Observe() comes first"));
  EXPECT_THAT(history_, ConformsToSysV());
  sembuf many[17] = {};
  EXPECT_EQ(semop(set, many, 17), 0);
  EXPECT_THAT(history_, Not(ConformsToSysV()));
  EXPECT_THAT(history_.Log().problem, HasSubstr("a semop has more arguments"));
  semctl(set, 0, IPC_RMID);
}

TEST_F(ObserveTest, AFullLogDoesNotConform) {
  // Messages that are too long for the queue, but are written down.
  const std::vector<char> longest(sizeof(long) + 65'000, 1);
  for (int i = 0; i < 1'100; ++i) msgsnd(0, longest.data(), 65'000, 0);
  EXPECT_THAT(Judge(history_.Log()).report, HasSubstr("the log is full after 1100 calls"));
}

TEST_F(ObserveTest, AnotherUserDoesNotConform) {
  if (geteuid() != 0) GTEST_SKIP() << "cannot be another user";
  Fork("other", [] {
    EXPECT_EQ(seteuid(65534), 0);
    msgget(1, 0);
  });
  AwaitProcesses();
  EXPECT_THAT(history_.Log().problem, HasSubstr("made a call as another user"));
}

TEST(ObserveTwice, AHistoryOutlivesItsRigAndKnowsNoOther) {
  History first;
  {
    Rig rig;
    if (!rig.ok()) GTEST_SKIP() << rig.why();
    rig.Observe(first);
    msgget(1, 0);
    Rig inner;
    msgget(2, 0);
  }
  EXPECT_THAT(first, ConformsToSysV());
  EXPECT_EQ(first.Log().calls, 1);
}

Said RunObserved(const std::string& fault, const std::string& filter) {
  return Run("FAULT=" + fault + " " LIBRARY_OBSERVED " --gtest_filter=Observed." + filter);
}

TEST(ObserveFaults, WithoutAFaultAllConforms) {
  const Said said = RunObserved("", "* --gtest_repeat=20");
  EXPECT_EQ(said.status, 0) << said.output;
}

struct Planted {
  const char* fault;
  const char* test;
  const char* said;
};

class ObserveFault : public testing::TestWithParam<Planted> {};

TEST_P(ObserveFault, IsFound) {
  const auto& [fault, test, text] = GetParam();
  char directory[] = "/tmp/ipcrig-observed-XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const Said said = RunObserved(std::string(fault) + " TMPDIR=" + directory, test);
  if (said.output.find("no IPC namespace") != std::string::npos) {
    rmdir(directory);
    GTEST_SKIP() << said.output;
  }
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.output, HasSubstr("Expected: conforms to System V IPC\n"));
  EXPECT_THAT(said.output, HasSubstr(text));
  EXPECT_THAT(said.output, HasSubstr("  made at   "));
  // What it saved says the same.
  const size_t at = said.output.find("check-history ");
  ASSERT_NE(at, std::string::npos) << said.output;
  const size_t begin = said.output.find('/', at);
  const std::string path = said.output.substr(begin, said.output.find('\n', begin) - begin);
  EXPECT_EQ(WEXITSTATUS(system((IPCRIG_BINARY " check-history " + path + " >/dev/null").c_str())),
            1);
  EXPECT_EQ(unlink(path.c_str()), 0) << path;
  EXPECT_EQ(rmdir(directory), 0) << "it has saved more than it says";
}

INSTANTIATE_TEST_SUITE_P(
    All, ObserveFault,
    testing::Values(
        Planted{"swap", "Queue", "its message was received before that of the next one"},
        Planted{"twice", "Queue", "observed  {1, \"one\"}"},
        Planted{"drop", "Queue", "observed  {1, \"two\"}"},
        Planted{"cut", "Queue", "observed  {1, \"on\"}"},
        Planted{"stale", "Poll", "observed  ENOMSG"},
        Planted{"deaf", "Semaphore", "lost wake-up: semop can go on and still sleeps"},
        Planted{"undo", "Undo", "observed  0"}, Planted{"eintr", "Interrupted", "observed  EINTR"},
        Planted{"nattch", "Memory", "shmctl(2): IPC_STAT"}, Planted{"detach", "Memory", "IPC_STAT"},
        Planted{"remove", "Memory", "shmget(7, 1, 0"},
        Planted{"lspid", "Status", "msgctl(2): IPC_STAT"},
        Planted{"sempid", "Status", "semctl(2): GETPID"},
        Planted{"otime", "Status", "semctl(2): IPC_STAT"},
        Planted{"ncnt", "Status", "semctl(2): GETNCNT"}),
    [](const auto& planted) { return std::string(planted.param.fault); });

}  // namespace
}  // namespace ipcrig::library_test
