// SPDX-License-Identifier: Apache-2.0
//
// The namespace, what is left in it, and the matchers. Each failure that the library can report is
// provoked here.
#include <fcntl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <ipcrig/gtest.h>

#include "failures.h"

namespace ipcrig::library_test {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

ino_t IpcNamespaceNumber() {
  struct stat status = {};
  stat("/proc/thread-self/ns/ipc", &status);
  return status.st_ino;
}

class RigTest : public IpcTest {};

TEST_F(RigTest, IsEmptyAtFirst) { EXPECT_TRUE(Objects().empty()); }

// Two tests of one key would meet, were they in one namespace.
constexpr key_t kSameKey = 0x4711;
void MakeTheSameKey() {
  const int queue = msgget(kSameKey, IPC_CREAT | IPC_EXCL | 0600);
  ASSERT_THAT(queue, SyscallSucceeds());
}
TEST_F(RigTest, HasItsOwnKeys) {
  MakeTheSameKey();
  AllowLeaks();
}
TEST_F(RigTest, HasItsOwnKeysAgain) {
  MakeTheSameKey();
  AllowLeaks();
}

TEST_F(RigTest, IsLeftForTheOuterNamespace) {
  const ino_t outer = IpcNamespaceNumber();
  {
    const Rig inner;
    EXPECT_NE(IpcNamespaceNumber(), outer);
    EXPECT_THAT(msgget(kSameKey, 0), SyscallFailsWithErrno(ENOENT));
  }
  EXPECT_EQ(IpcNamespaceNumber(), outer);
}

TEST_F(RigTest, KeepsTheUserThatItFound) {
  EXPECT_EQ(geteuid(), getuid());
  const int queue = msgget(IPC_PRIVATE, 0000);
  msqid_ds status;
  // The user namespace gives no right over objects that the user had not before.
  if (geteuid() == 0) {
    EXPECT_THAT(msgctl(queue, IPC_STAT, &status), SyscallSucceeds());
  } else {
    EXPECT_THAT(msgctl(queue, IPC_STAT, &status), SyscallFailsWithErrno(EACCES));
  }
  EXPECT_THAT(msgctl(queue, IPC_RMID, nullptr), SyscallSucceeds());
}

TEST_F(RigTest, TellsWhatIsLeftAtTheLineThatCreatedIt) {
  int line = 0;
  const auto failures = FailuresOf([&] {
    const Rig rig;
    line = __LINE__ + 1;
    const int queue = msgget(0x1234, IPC_CREAT | 0600);
    (void)msgsnd(queue, "\1\0\0\0\0\0\0\0five", 4, 0);
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_EQ(failures[0].file, "rig_test.cc");
  EXPECT_EQ(failures[0].line, line);
  EXPECT_THAT(failures[0].text,
              HasSubstr("left behind: message queue 0, key 0x00001234, 1 message (4 bytes)\n"
                        "  created by the test (pid "));
  EXPECT_THAT(failures[0].text, HasSubstr(", in "));
}

TEST_F(RigTest, TellsOfEachKindAndOfAForgottenDetach) {
  const auto failures = FailuresOf([] {
    const Rig rig;
    (void)semget(IPC_PRIVATE, 2, 0600);
    const int removed = shmget(IPC_PRIVATE, 4096, 0600);
    (void)shmat(removed, nullptr, 0);
    (void)shmctl(removed, IPC_RMID, nullptr);
    (void)shmget(IPC_PRIVATE, 1, 0600);
  });
  const std::string text = AllOf(failures);
  EXPECT_EQ(failures.size(), 3U) << text;
  EXPECT_THAT(text, HasSubstr("semaphore set 0, key IPC_PRIVATE, 2 semaphores"));
  EXPECT_THAT(text, HasSubstr("4096 bytes, attached 1 time, removed but attached"));
  EXPECT_THAT(text, HasSubstr("1 byte, attached 0 times"));
}

TEST_F(RigTest, SaysNothingOfWhatWasRemoved) {
  const auto failures = FailuresOf([] {
    const Rig rig;
    const int set = semget(IPC_PRIVATE, 1, 0600);
    semctl(set, 0, IPC_RMID);
  });
  EXPECT_TRUE(failures.empty()) << AllOf(failures);
}

TEST_F(RigTest, IsNotAskedForLeaksThatAreAllowed) {
  const auto failures = FailuresOf([] {
    Rig rig;
    (void)msgget(IPC_PRIVATE, 0600);
    rig.AllowLeaks();
  });
  EXPECT_TRUE(failures.empty()) << AllOf(failures);
}

TEST_F(RigTest, ACallThatFindsIsNotTheOneThatCreated) {
  int line = 0;
  const auto failures = FailuresOf([&] {
    const Rig rig;
    line = __LINE__ + 1;
    (void)semget(1, 1, IPC_CREAT | 0600);
    (void)semget(1, 1, IPC_CREAT | 0600);
  });
  ASSERT_EQ(failures.size(), 1U) << AllOf(failures);
  EXPECT_EQ(failures[0].line, line);
}

TEST_F(RigTest, MatchersTellErrno) {
  EXPECT_THAT(msgget(7, 0600), SyscallFailsWithErrno(ENOENT));
  EXPECT_THAT(msgget(7, 0600), SyscallFailsWithErrno(AnyOf(EIDRM, ENOENT)));
  EXPECT_THAT(shmat(-1, nullptr, 0), SyscallFailsWithErrno(EINVAL));
  EXPECT_THAT(msgget(7, 0600), Not(SyscallSucceeds()));
  std::string text = AllOf(FailuresOf([] { EXPECT_THAT(msgget(7, 0600), SyscallSucceeds()); }));
  EXPECT_THAT(text, HasSubstr("Expected: not -1 (success)\n  Actual: -1 (of type int), a failure "
                              "with errno 2 (No such file or directory)"));
  text = AllOf(FailuresOf([] { EXPECT_THAT(msgget(7, 0600), SyscallFailsWithErrno(EIDRM)); }));
  EXPECT_THAT(text, HasSubstr("with errno 2 (No such file or directory)"));
  text = AllOf(FailuresOf([] { EXPECT_THAT(0, SyscallFailsWithErrno(EIDRM)); }));
  EXPECT_THAT(text, HasSubstr("a success"));
}

TEST_F(RigTest, LeavesNoIpcTellsWhatIsLeft) {
  const int kept = msgget(IPC_PRIVATE, 0600);
  EXPECT_THAT([] { semctl(semget(IPC_PRIVATE, 1, 0600), 0, IPC_RMID); }, LeavesNoIpc());
  const auto leaks = [] { (void)semget(IPC_PRIVATE, 1, 0600); };
  const auto failures = FailuresOf([&] { EXPECT_THAT(leaks, LeavesNoIpc()); });
  EXPECT_THAT(AllOf(failures), HasSubstr("it leaves semaphore set 2, key IPC_PRIVATE"));
  EXPECT_THAT(AllOf(failures), HasSubstr("rig_test.cc:"));
  msgctl(kept, IPC_RMID, nullptr);
  AllowLeaks();
}

TEST_F(RigTest, DeathTestsAreInTheNamespaceOfTheTest) {
  const int queue = msgget(IPC_PRIVATE, 0600);
  EXPECT_EXIT(_exit(msgctl(queue, IPC_RMID, nullptr) == 0 ? 7 : 1), testing::ExitedWithCode(7), "");
}

using RigDeathTest = RigTest;

TEST_F(RigDeathTest, ThreadsafeStyleHasANamespaceOfItsOwn) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(_exit(msgget(kSameKey, IPC_CREAT | IPC_EXCL | 0600) >= 0 ? 7 : 1),
              testing::ExitedWithCode(7), "");
}

TEST_F(RigDeathTest, WithoutAHandlerAFailureIsPrintedAndAborts) {
  EXPECT_EXIT(
      {
        SetHooks({});
        Rig rig;
        (void)msgget(IPC_PRIVATE, 0600);
        rig.~Rig();
      },
      testing::KilledBySignal(SIGABRT), "rig_test.cc:.*left behind: message queue 0");
}

}  // namespace
}  // namespace ipcrig::library_test
