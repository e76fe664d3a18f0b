// SPDX-License-Identifier: Apache-2.0
//
// The model of IPC and PID namespaces, and of semaphore adjustments that leave one.
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(ModelNamespace, ANewOneIsEmptyAndHasItsOwnKeysAndLimits) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(msgmnb, 100)
A  q = msgget(77, IPC_CREAT|0600)
A  seg = shmget(77, 4096, IPC_CREAT|0600)
A  s = semget(77, 1, IPC_CREAT|0600)
B  unshare(CLONE_NEWIPC)                 -> 0
B  msgget(77, 0600)                      -> ENOENT
B  shmget(77, 4096, 0600)                -> ENOENT
B  semget(77, 1, 0600)                   -> ENOENT
B  read_sysctl(msgmnb)                   -> 16384
B  r = msgget(77, IPC_CREAT|0600)
B  msgctl(r, IPC_STAT)                   -> {qbytes=16384}
B  sysctl(msgmnb, 200)
A  read_sysctl(msgmnb)                   -> 100
B  msgctl(0, MSG_INFO)                   -> {msgpool=1}
A  shmctl(0, SHM_INFO)                   -> {used_ids=1}
B  shmctl(0, SHM_INFO)                   -> {used_ids=0, shm_tot=0}
ipcs
)"),
            "pass");
}

TEST(ModelNamespace, AnIdIsANumberThatNamesAnotherObject) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(msg_next_id, 5)
A  q = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "outer", 0)
B  unshare(CLONE_NEWIPC)
B  msgrcv(q, 9, 0, IPC_NOWAIT)           -> EINVAL
B  sysctl(msg_next_id, 5)
B  q = msgget(IPC_PRIVATE, 0600)         -> 5
B  msgsnd(q, 1, "inner", 0)
A  msgrcv(q, 9, 0, 0)                    -> {1, "outer"}
B  msgrcv(q, 9, 0, 0)                    -> {1, "inner"}
)"),
            "pass");
}

TEST(ModelNamespace, CloneAndSetnsEnterOne) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(77, IPC_CREAT|0600)
A  fork(B)
B  msgget(77, 0)                         -> ok
A  clone(C, CLONE_NEWIPC)
C  msgget(77, 0)                         -> ENOENT
C  msgget(88, IPC_CREAT|0600)            -> ok
D  setns(C, CLONE_NEWIPC)                -> 0
D  msgget(88, 0)                         -> ok
D  setns(A, CLONE_NEWIPC)                -> 0
D  msgget(77, 0)                         -> ok
D  msgget(88, 0)                         -> ENOENT
C  fork(E)
E  msgget(88, 0)                         -> ok
)"),
            "pass");
}

TEST(ModelNamespace, IsForThePrivilegedAndNotForShareres) {
  EXPECT_EQ(VerdictOf(R"(
A  clone(C, CLONE_NEWIPC|CLONE_SYSVSEM)  -> EINVAL
B  setuid(1000)
B  unshare(CLONE_NEWIPC)                 -> EPERM
B  unshare(CLONE_SYSVSEM)                -> 0
B  clone(D, CLONE_NEWIPC)                -> EPERM
)"),
            "pass");
}

TEST(ModelNamespace, AnAttachOutlivesTheMove) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
B  at = shmat(seg, NULL, 0)
B  unshare(CLONE_NEWIPC)
B  store(at, 0, "still")                 -> 0
A  shmctl(seg, IPC_STAT)                 -> {nattch=1}
B  shmctl(seg, IPC_STAT)                 -> EINVAL
B  shmdt(at)                             -> 0
A  shmctl(seg, IPC_STAT)                 -> {nattch=0, lpid=B}
)"),
            "pass");
}

TEST(ModelNamespace, ASleeperOfAnotherOneIsNotServed) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(sem_next_id, 5)
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, -1, 0}])                -> blocks
C  unshare(CLONE_NEWIPC)
C  sysctl(sem_next_id, 5)
C  s = semget(IPC_PRIVATE, 1, 0600)
C  semctl(s, 0, GETNCNT)                 -> 0
C  semop(s, [{0, 1, 0}])
C  semctl(s, 0, IPC_RMID)
A  semctl(s, 0, GETNCNT)                 -> 1
A  semop(s, [{0, 1, 0}])
B  returns                               -> 0
)"),
            "pass");
}

TEST(ModelUndo, IsAppliedAtOnceByUnshareAndSetns) {
  for (const char* call :
       {"unshare(CLONE_SYSVSEM)", "unshare(CLONE_NEWIPC)", "setns(A, CLONE_NEWIPC)"}) {
    EXPECT_EQ(VerdictOf(std::string(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semctl(s, 0, SETVAL, 5)
B  semop(s, [{0, -3, SEM_UNDO}])
C  semop(s, [{0, -5, 0}])                -> blocks
B  )") + call + R"(
C  returns                               -> 0
A  semctl(s, 0, GETVAL)                  -> 0
B  exit(0)
A  semctl(s, 0, GETVAL)                  -> 0
)"),
              "pass")
        << call;
  }
}

TEST(ModelUndo, UnshareOfThePidNamespaceLeavesItAlone) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 1, SEM_UNDO}])
B  unshare(CLONE_NEWPID)
A  semctl(s, 0, GETVAL)                  -> 1
B  exit(0)
A  semctl(s, 0, GETVAL)                  -> 0
)"),
            "pass");
}

TEST(ModelUndo, OfSharersIsAppliedWhenTheLastOneLeaves) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  semop(s, [{0, 2, SEM_UNDO}])
B  clone(C, CLONE_SYSVSEM)
C  semop(s, [{0, 3, SEM_UNDO}])
C  exit(0)
A  semctl(s, 0, GETVAL)                  -> 5
B  clone(D, CLONE_SYSVSEM)
B  unshare(CLONE_SYSVSEM)
A  semctl(s, 0, GETVAL)                  -> 5
B  semop(s, [{0, 1, SEM_UNDO}])
B  exit(0)
A  semctl(s, 0, GETVAL)                  -> 5
A  kill(D, SIGKILL)
A  semctl(s, 0, GETVAL)                  -> 0
)"),
            "pass");
}

TEST(ModelUndo, IsNotForASetThatHasTheIdOfTheOldOne) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(sem_next_id, 5)
A  s = semget(IPC_PRIVATE, 1, 0600)      -> 5
B  semop(s, [{0, 1, SEM_UNDO}])
A  semctl(s, 0, IPC_RMID)
A  sysctl(sem_next_id, 5)
A  s = semget(IPC_PRIVATE, 1, 0600)      -> 5
A  semctl(s, 0, SETVAL, 7)
B  exit(0)
A  semctl(s, 0, GETVAL)                  -> 7
A  semctl(s, 0, IPC_STAT)                -> {otime=0}
)"),
            "pass");
}

TEST(ModelPidNamespace, PidsAreThoseOfTheReader) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
A  unshare(CLONE_NEWPID)
A  fork(B)
B  shmctl(seg, IPC_STAT)                 -> {cpid=0, lpid=0}
B  at = shmat(seg, NULL, 0)
B  shmctl(seg, IPC_STAT)                 -> {cpid=0, lpid=1}
A  shmctl(seg, IPC_STAT)                 -> {cpid=A, lpid=B}
B  semop(s, [{0, 1, 0}])
B  semctl(s, 0, GETPID)                  -> 1
C  semop(s, [{0, 1, 0}])
B  semctl(s, 0, GETPID)                  -> 0
ipcs
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelPidNamespace, TwoNestedOnesDoNotSeeEachOther) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  clone(B, CLONE_NEWPID)
A  clone(C, CLONE_NEWPID)
B  msgsnd(q, 1, "x", 0)
B  msgctl(q, IPC_STAT)                   -> {lspid=1, lrpid=0}
C  msgctl(q, IPC_STAT)                   -> {lspid=0}
C  msgrcv(q, 9, 0, 0)
B  msgctl(q, IPC_STAT)                   -> {lspid=1, lrpid=0}
A  msgctl(q, IPC_STAT)                   -> {lspid=B, lrpid=C}
)"),
            "pass");
}

TEST(ModelPidNamespace, ItsFirstProcessDiesOfSigkillOnly) {
  EXPECT_EQ(VerdictOf(R"(
A  clone(B, CLONE_NEWPID)
A  kill(B, SIGTERM)                      -> 0
B  q = msgget(IPC_PRIVATE, 0600)         -> ok
B  sigaction(SIGUSR1, 0)
B  msgrcv(q, 9, 0, 0)                    -> blocks
A  kill(B, SIGUSR1)
B  returns                               -> EINTR
A  kill(B, SIGKILL)                      -> 0
A  wait(B)                               -> SIGKILL
)"),
            "pass");
}

TEST(ModelPidNamespace, OneIsEnough) {
  EXPECT_EQ(VerdictOf(R"(
A  unshare(CLONE_NEWPID)                 -> 0
A  unshare(CLONE_NEWPID)                 -> EINVAL
A  clone(B, CLONE_NEWPID)                -> EINVAL
A  thread(T)                             -> EINVAL
)"),
            "pass");
}

}  // namespace
}  // namespace ipcrig
