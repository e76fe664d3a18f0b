// SPDX-License-Identifier: Apache-2.0
//
// The model of identity: users, groups, capabilities, the limits of a namespace, and ids.
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(ModelIdentity, AnotherUserHasNoCapabilityAndNoWayBack) {
  EXPECT_EQ(VerdictOf(R"(
A  setuid(4294967295)    -> EINVAL
A  setgid(4294967295)    -> EINVAL
A  setgid(5)             -> 0
A  setuid(1000)          -> 0
A  setuid(0)             -> EPERM
A  setuid(1000)          -> 0
A  setgid(0)             -> EPERM
A  setgid(5)             -> 0
A  setgroups([])         -> EPERM
A  setuid(4294967295)    -> EINVAL
A  setgid(4294967295)    -> EINVAL
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_STAT)   -> {uid=1000, gid=5, cuid=1000, cgid=5}
)"),
            "pass");
}

TEST(ModelIdentity, AChildInheritsWhoItsParentIs) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  setuid(1000)
B  fork(C)
C  msgctl(q, IPC_RMID)   -> EPERM
C  setuid(0)             -> EPERM
A  fork(D)
D  msgctl(q, IPC_RMID)   -> 0
)"),
            "pass");
}

TEST(ModelIdentity, AllThreadsBecomeTheOtherUser) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  thread(T)
A  setuid(1000)
T  msgctl(q, IPC_RMID)   -> EPERM
)"),
            "pass");
}

// The owner, a member of the group, and others; each looks at its own three bits only.
TEST(ModelIdentity, TheFirstClassThatFitsDecides) {
  EXPECT_EQ(VerdictOf(R"(
A  setgid(10)
A  q = msgget(IPC_PRIVATE, 0)
A  msgctl(q, IPC_SET, {uid=1000, gid=20, mode=0264, qbytes=100})
B  setuid(1000)
B  msgsnd(q, 1, "owner", 0)              -> 0
B  msgrcv(q, 9, 0, IPC_NOWAIT)           -> EACCES
C  setgid(20)
C  setuid(1001)
C  msgrcv(q, 9, 0, 0)                    -> {1, "owner"}
C  msgsnd(q, 1, "group", 0)              -> 0
D  setuid(1002)
D  msgsnd(q, 1, "other", 0)              -> EACCES
D  msgrcv(q, 9, 0, 0)                    -> {1, "group"}
)"),
            "pass");
}

TEST(ModelIdentity, TheCreatorsGroupAndSupplementaryGroupsCount) {
  EXPECT_EQ(VerdictOf(R"(
A  setgid(10)
A  seg = shmget(IPC_PRIVATE, 4096, 0640)
A  shmctl(seg, IPC_SET, {uid=0, gid=20, mode=0640})
B  setgid(10)
B  setuid(1000)
B  shmat(seg, NULL, SHM_RDONLY)          -> ok
B  shmat(seg, NULL, 0)                   -> EACCES
C  setgroups([30, 20])
C  setgid(40)
C  setuid(1000)
C  shmat(seg, NULL, SHM_RDONLY)          -> ok
D  setgroups([30])
D  setgid(40)
D  setuid(1000)
D  shmat(seg, NULL, SHM_RDONLY)          -> EACCES
)"),
            "pass");
}

TEST(ModelIdentity, OwnerAndCreatorChangeAndRemove) {
  EXPECT_EQ(VerdictOf(R"(
B  setuid(1000)
C  setuid(1001)
B  s = semget(IPC_PRIVATE, 1, 0600)
C  semctl(s, 0, IPC_SET, {uid=1001, gid=0, mode=0600})  -> EPERM
C  semctl(s, 0, IPC_RMID)                               -> EPERM
B  semctl(s, 0, IPC_SET, {uid=1001, gid=0, mode=0})     -> 0
B  semctl(s, 0, IPC_STAT)                               -> EACCES
C  semctl(s, 0, IPC_STAT)                               -> EACCES
C  semctl(s, 0, IPC_SET, {uid=1001, gid=0, mode=0400})  -> 0
B  semctl(s, 0, IPC_STAT)                               -> {uid=1001, cuid=1000, mode=0400}
C  semctl(s, 0, GETVAL)                                 -> 0
B  semctl(s, 0, IPC_SET, {uid=4294967295, gid=0, mode=0})  -> EINVAL
B  semctl(s, 0, IPC_SET, {uid=0, gid=4294967295, mode=0})  -> EINVAL
B  semctl(s, 0, IPC_RMID)                               -> 0
)"),
            "pass");
}

TEST(ModelIdentity, CapabilitiesAreForWhatTheirManPageSays) {
  EXPECT_EQ(VerdictOf(R"(
B  setuid(1000)
B  q = msgget(IPC_PRIVATE, 0)
A  msgctl(q, IPC_STAT)                   -> {mode=0}
C  capset(CAP_IPC_OWNER)
C  msgctl(q, IPC_STAT)                   -> {mode=0}
C  msgsnd(q, 1, "x", 0)                  -> 0
C  msgctl(q, IPC_SET, {uid=1000, gid=0, mode=0, qbytes=1})   -> EPERM
C  msgctl(q, IPC_RMID)                   -> EPERM
C  capset(CAP_SYS_ADMIN)
C  msgctl(q, IPC_RMID)                   -> EPERM
D  capset(CAP_SYS_ADMIN)
D  msgctl(q, IPC_STAT)                   -> EACCES
D  msgctl(q, MSG_STAT)                   -> EACCES
D  msgctl(q, MSG_STAT_ANY)               -> {mode=0, qnum=1}
D  msgctl(q, IPC_SET, {uid=1000, gid=0, mode=0, qbytes=16385})  -> EPERM
D  msgctl(q, IPC_SET, {uid=1000, gid=0, mode=0, qbytes=16384})  -> 0
E  capset(CAP_SYS_ADMIN|CAP_SYS_RESOURCE)
E  msgctl(q, IPC_SET, {uid=1000, gid=0, mode=0, qbytes=16385})  -> 0
D  msgctl(q, IPC_RMID)                   -> 0
)"),
            "pass");
}

TEST(ModelIdentity, RootGetsItsCapabilitiesBackByExec) {
  EXPECT_EQ(VerdictOf(R"(
B  setuid(1000)
B  q = msgget(IPC_PRIVATE, 0600)
A  capset(0)
A  msgctl(q, IPC_RMID)                   -> EPERM
A  exec(self)
A  msgctl(q, IPC_RMID)                   -> 0
)"),
            "pass");
}

TEST(ModelIdentity, AMappingOutlivesThePermissionForIt) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0666)
B  setuid(1000)
B  at = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_SET, {uid=0, gid=0, mode=0})
B  store(at, 0, "x")                     -> 0
B  shmat(seg, NULL, 0)                   -> EACCES
B  shmget(IPC_PRIVATE, 10, 0600)         -> ok
)"),
            "pass");
}

TEST(ModelIdentity, ErrorsOfGetComeInTheirOrder) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(77, 4096, IPC_CREAT|0600)
A  s = semget(77, 1, IPC_CREAT|0600)
B  setuid(1000)
B  shmget(77, 4096, 0600)                         -> EACCES
B  shmget(77, 4097, 0600)                         -> EINVAL
B  shmget(77, 4097, IPC_CREAT|IPC_EXCL|0600)      -> EEXIST
B  shmget(77, 4096, IPC_EXCL)                     -> ok
B  semget(77, 2, 0600)                            -> EINVAL
B  semget(77, 1, 0600)                            -> EACCES
B  semget(77, 1, 0)                               -> ok
)"),
            "pass");
}

TEST(ModelIdentity, AnotherUsersProcessGetsNoSignal) {
  EXPECT_EQ(VerdictOf(R"(
A  setuid(0)
B  setuid(1000)
C  setuid(1001)
D  setuid(1000)
B  kill(C, SIGTERM)      -> EPERM
B  kill(A, SIGKILL)      -> EPERM
B  kill(C, SIGCONT)      -> 0
B  kill(D, SIGTERM)      -> 0
A  kill(B, SIGTERM)      -> 0
)"),
            "pass");
}

TEST(ModelLimits, OfSegments) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(shmmax, 8192)                           -> 0
A  seg = shmget(77, 8192, IPC_CREAT|0600)         -> ok
A  shmget(IPC_PRIVATE, 8193, 0600)                -> EINVAL
A  sysctl(shmmax, 100)
A  shmget(77, 8192, 0600)                         -> ok
A  at = shmat(seg, NULL, 0)                       -> ok
A  shmget(IPC_PRIVATE, 101, 0600)                 -> EINVAL
A  sysctl(shmall, 3)
A  other = shmget(IPC_PRIVATE, 100, 0600)         -> ok
A  shmget(IPC_PRIVATE, 100, 0600)                 -> ENOSPC
A  shmctl(seg, IPC_RMID)
A  shmget(IPC_PRIVATE, 100, 0600)                 -> ENOSPC
A  shmdt(at)
A  shmget(IPC_PRIVATE, 100, 0600)                 -> ok
A  sysctl(shmall, 1000)
A  sysctl(shmmni, 2)
A  shmget(IPC_PRIVATE, 1, 0600)                   -> ENOSPC
A  shmget(IPC_PRIVATE, 1, SHM_HUGETLB|SHM_HUGE_63|0600)  -> EINVAL
A  shmctl(other, IPC_RMID)
A  shmget(IPC_PRIVATE, 1, 0600)                   -> ok
A  read_sysctl(shmmni)                            -> 2
)"),
            "pass");
}

TEST(ModelLimits, OfQueues) {
  EXPECT_EQ(VerdictOf(R"(
A  old = msgget(IPC_PRIVATE, 0600)
A  sysctl(msgmnb, 100)
A  sysctl(msgmax, 10)
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_STAT)                            -> {qbytes=100}
A  msgctl(old, IPC_STAT)                          -> {qbytes=16384}
A  msgsnd(old, 1, data(1, 11), 0)                 -> EINVAL
A  msgsnd(old, 1, data(1, 10), 0)                 -> 0
A  sysctl(msgmax, 5)
A  msgrcv(old, 100, 0, 0)                         -> ok
A  sysctl(msgmni, 2)
A  msgget(IPC_PRIVATE, 0600)                      -> ENOSPC
A  sysctl(msgmni, 0)
A  msgctl(q, IPC_RMID)                            -> 0
A  msgget(IPC_PRIVATE, 0600)                      -> ENOSPC
)"),
            "pass");
}

TEST(ModelLimits, OfSets) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(77, 4, IPC_CREAT|0600)
A  sysctl(semmsl, 3)
A  semget(IPC_PRIVATE, 4, 0600)                   -> EINVAL
A  semget(77, 4, 0600)                            -> EINVAL
A  semget(77, 3, 0600)                            -> ok
A  sysctl(semmns, 6)
A  semget(IPC_PRIVATE, 3, 0600)                   -> ENOSPC
A  t = semget(IPC_PRIVATE, 2, 0600)               -> ok
A  semctl(s, 0, IPC_RMID)
A  semget(IPC_PRIVATE, 3, 0600)                   -> ok
A  sysctl(semopm, 1)
A  semop(t, [{0, 1, 0}, {1, 1, 0}])               -> E2BIG
A  semop(t, [{0, 1, 0}*2])                        -> E2BIG
A  semop(t, [{0, 1, 0}])                          -> 0
A  sysctl(semmns, 100)
A  sysctl(semmni, 2)
A  semget(IPC_PRIVATE, 1, 0600)                   -> ENOSPC
)"),
            "pass");
}

TEST(ModelLimits, SleepersAreNotMeasuredAgain) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "full", 0)
B  semop(s, [{0, 1, 0}, {0, -2, 0}])  -> blocks
C  msgsnd(q, 2, "more", 0)            -> blocks
A  sysctl(semopm, 1)
A  sysctl(msgmax, 1)
A  semop(s, [{0, 1, 0}])
B  returns                            -> 0
A  msgrcv(q, 9, 1, 0)                 -> {1, "full"}
C  returns                            -> 0
)"),
            "pass");
}

TEST(ModelLimits, TakeValuesOfTheirRange) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(shmmax, -1)         -> EINVAL
A  sysctl(shmmni, 32768)      -> 0
A  sysctl(shmmni, 32769)      -> EINVAL
A  sysctl(msgmni, 32769)      -> EINVAL
A  sysctl(msgmax, 2147483647) -> 0
A  sysctl(msgmax, 2147483648) -> EINVAL
A  sysctl(msgmnb, -1)         -> EINVAL
A  sysctl(semmni, 32768)      -> 0
A  sysctl(semmni, 32769)      -> ERANGE
A  sysctl(semmni, -1)         -> ERANGE
A  read_sysctl(semmni)        -> 32768
A  sysctl(shm_next_id, -1)    -> EINVAL
A  sysctl(msg_next_id, 2147483648)  -> EINVAL
A  read_sysctl(msgmax)        -> 2147483647
A  read_sysctl(shm_next_id)   -> -1
)"),
            "pass");
}

TEST(ModelLimits, BelongToRootAndTheNextIdsToCapabilities) {
  EXPECT_EQ(VerdictOf(R"(
B  setuid(1000)
B  sysctl(shmmax, 1)          -> EACCES
B  sysctl(sem_next_id, 1)     -> EACCES
B  read_sysctl(msgmnb)        -> 16384
C  capset(0)
C  sysctl(shmmax, 8192)       -> 0
C  sysctl(sem_next_id, 1)     -> EACCES
D  capset(CAP_SYS_ADMIN)
D  sysctl(sem_next_id, 1)     -> 0
A  read_sysctl(shmmax)        -> 8192
)"),
            "pass");
}

TEST(ModelIds, NextIdIsTheIdOnce) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  sysctl(shm_next_id, seg+98304)
A  next = shmget(77, 4096, IPC_CREAT|0600)   -> ok
A  read_sysctl(shm_next_id)                  -> -1
A  shmctl(next, IPC_RMID)
A  sysctl(shm_next_id, 65541)
A  next = shmget(IPC_PRIVATE, 4096, 0600)    -> 65541
A  sysctl(shm_next_id, 65541)
A  shmget(IPC_PRIVATE, 4096, 0600)           -> 65542
A  sysctl(msg_next_id, 7)
A  sysctl(msgmni, 0)
A  msgget(IPC_PRIVATE, 0600)                 -> ENOSPC
A  read_sysctl(msg_next_id)                  -> 7
A  sysctl(msgmni, 10)
A  msgget(77, IPC_CREAT|0600)                -> 7
A  sysctl(msg_next_id, 9)
A  msgget(77, IPC_CREAT|0600)                -> 7
A  read_sysctl(msg_next_id)                  -> 9
)"),
            "pass");
}

TEST(ModelIds, AnIdOfNextIdMayComeBack) {
  Observed run(R"(
A  sysctl(msg_next_id, 1)
A  q = msgget(IPC_PRIVATE, 0600)  -> 1
A  msgctl(q, IPC_RMID)
A  q = msgget(IPC_PRIVATE, 0600)
A  q = msgget(IPC_PRIVATE, 0600)
)");
  run.DropSnapshots();
  run.OutcomeOf("A").value = 1;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelIds, AnIdOfARemovedObjectIsInvalidForEver) {
  Observed run(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_RMID)
A  r = msgget(IPC_PRIVATE, 0600)
A  msgsnd(q, 1, "x", 0)            -> EINVAL
A  msgrcv(q, 9, 0, 0)              -> EINVAL
A  msgctl(q, IPC_STAT)             -> EINVAL
A  msgctl(q, IPC_RMID)             -> EINVAL
A  msgctl(r+32768, IPC_STAT)       -> EINVAL
A  s = semget(IPC_PRIVATE, 1, 0600)
A  semop(s+32768, [{0, 1, 0}])     -> EINVAL
A  semctl(s+32768, 0, GETVAL)      -> EINVAL
A  semctl(s+65536, 0, IPC_RMID)    -> EINVAL
A  seg = shmget(IPC_PRIVATE, 1, 0600)
A  shmat(seg+32768, NULL, 0)       -> EINVAL
A  shmctl(seg+32768, SHM_LOCK)     -> EINVAL
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelIds, KeysOfTheThreeKindsAreIndependent) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(77, IPC_CREAT|IPC_EXCL|0600)       -> ok
A  s = semget(77, 1, IPC_CREAT|IPC_EXCL|0600)    -> ok
A  seg = shmget(77, 1, IPC_CREAT|IPC_EXCL|0600)  -> ok
A  msgctl(q, IPC_RMID)
A  msgget(77, 0)                                 -> ENOENT
A  semget(77, 1, 0)                              -> ok
A  msgget(77, IPC_EXCL)                          -> ENOENT
A  shmget(77, 1, IPC_EXCL)                       -> ok
)"),
            "pass");
}

}  // namespace
}  // namespace ipcrig
