// SPDX-License-Identifier: Apache-2.0
//
// The model of mremap(2), of the flags of shmat(2), of SHM_LOCK and of shm_rmid_forced.
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

// Address space for moves, which a former attach has covered.
const std::string kSpare = R"(
A  big = shmget(IPC_PRIVATE, 65536, 0600)
A  spare = shmat(big, NULL, 0)
A  shmdt(spare)
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  fill(at, 0, 12288, 7)
)";

TEST(ModelMremap, AMoveKeepsTheNumberOfAttaches) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  to = mremap(at, 12288, 12288, MREMAP_MAYMOVE|MREMAP_FIXED, spare)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
A  load(at, 0, 1)          -> SIGSEGV
A  verify(to, 0, 12288, 7) -> 0
A  maps(to)                -> {offset=0, length=12288}
A  shmdt(at)               -> EINVAL
A  shmdt(to)               -> 0
)"),
            "pass");
}

TEST(ModelMremap, AMovedPartIsAPiece) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  to = mremap(at+4096, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, spare+8192)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=3}
A  maps(to)                -> {offset=4096, length=4096}
A  shmdt(to)               -> EINVAL
A  shmdt(at)               -> 0
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
A  shmdt(to-4096)          -> 0
A  shmctl(seg, IPC_STAT)   -> {nattch=0}
)"),
            "pass");
}

TEST(ModelMremap, AMoveBackJoinsTheNeighbour) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  to = mremap(at+4096, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, spare)
A  mremap(to, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, at+4096)
A  shmctl(seg, IPC_STAT)   -> {nattch=2}
A  maps(at)                -> {offset=0, length=8192}
)"),
            "pass");
}

TEST(ModelMremap, OldSizeZeroDuplicatesAnAttach) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  to = mremap(at, 0, 8192, MREMAP_MAYMOVE, NULL)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=2}
A  store(to, 0, "both")
A  load(at, 0, 4)          -> "both"
A  load(to, 8192, 1)       -> SIGSEGV
A  shmdt(to)               -> 0
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
A  mremap(at, 0, 4096, 0, NULL)  -> ENOMEM
)"),
            "pass");
}

TEST(ModelMremap, DontunmapLeavesTheOldMapping) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  to = mremap(at, 12288, 12288, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, NULL)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=2}
A  verify(at, 0, 12288, 7) -> 0
A  verify(to, 0, 12288, 7) -> 0
)"),
            "pass");
}

TEST(ModelMremap, DontunmapUnlocksTheOldMapping) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  mlock(at, 12288)
A  to = mremap(at, 12288, 12288, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, NULL)
A  madvise(at, 4096, MADV_DONTNEED)  -> 0
A  madvise(to, 4096, MADV_DONTNEED)  -> EINVAL
)"),
            "pass");
}

TEST(ModelMremap, ShrinkingUnmapsTheEnd) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  mremap(at, 12288, 4096, 0, NULL)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
A  load(at, 4096, 1)       -> SIGSEGV
A  load(at, 0, 1)          -> "\x07"
)"),
            "pass");
}

TEST(ModelMremap, TheSameSizeChangesNothing) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  mremap(at, 4096, 4096, 0, NULL)               -> ok
A  mremap(at+4096, 4096, 4096, MREMAP_MAYMOVE, NULL)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
)"),
            "pass");
}

TEST(ModelMremap, BeyondTheEndOfTheSegmentIsABusError) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  to = mremap(at, 12288, 20480, MREMAP_MAYMOVE, NULL)  -> ok
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
A  load(to, 12287, 1)      -> "\x07"
A  load(to, 12288, 1)      -> SIGBUS
A  store(to, 12288, "x")   -> SIGBUS
A  load(to, 20480, 1)      -> SIGSEGV
)"),
            "pass");
}

TEST(ModelMremap, GrowingInPlaceAndMovingAreBothRight) {
  Observed run(kSpare + "A  to = mremap(at, 12288, 16384, MREMAP_MAYMOVE, NULL)\n");
  run.DropSnapshots();
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  const int64_t at = run.history.events.at(10).outcome.value;  // of shmat
  run.OutcomeOf("A").value = at;
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("A").value = at + 4096;
  EXPECT_EQ(run.Verdict(), "conformance");
  run.OutcomeOf("A") = Outcome::Failed(ENOMEM);
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelMremap, FailsAsItsManPageSays) {
  EXPECT_EQ(VerdictOf(kSpare + R"(
A  mremap(at, 12288, 0, MREMAP_MAYMOVE, NULL)                          -> EINVAL
A  mremap(at+1, 4096, 8192, MREMAP_MAYMOVE, NULL)                      -> EINVAL
A  mremap(at, 4096, 4096, MREMAP_FIXED, spare)                         -> EINVAL
A  mremap(at, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, spare+1)        -> EINVAL
A  mremap(at, 8192, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, at+4096)        -> EINVAL
A  mremap(at, 4096, 8192, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, NULL)       -> EINVAL
A  mremap(at, 4096, 4096, MREMAP_DONTUNMAP, NULL)                      -> EINVAL
A  mremap(spare, 4096, 8192, MREMAP_MAYMOVE, NULL)                     -> EFAULT
A  mremap(at, 4096, 8192, 0, NULL)                                     -> ENOMEM
A  shmctl(seg, IPC_STAT)                                               -> {nattch=1}
)"),
            "pass");
}

// An older shmdt went on into a piece of another segment at an equal offset.
TEST(ModelMremap, ShmdtLeavesPiecesOfOtherSegments) {
  EXPECT_EQ(VerdictOf(R"(
A  one = shmget(IPC_PRIVATE, 8192, 0600)
A  two = shmget(IPC_PRIVATE, 8192, 0600)
A  a = shmat(one, NULL, 0)
A  b = shmat(two, NULL, 0)
A  store(b, 4096, "two")
A  mremap(b+4096, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, a+4096)
A  shmdt(a)                -> 0
A  shmctl(one, IPC_STAT)   -> {nattch=0}
A  shmctl(two, IPC_STAT)   -> {nattch=2}
A  load(a, 4096, 3)        -> "two"
A  shmdt(a)                -> 0
A  shmctl(two, IPC_STAT)   -> {nattch=1}
)"),
            "pass");
}

TEST(ModelShmat, RemapReplacesWhatIsThere) {
  EXPECT_EQ(VerdictOf(R"(
A  one = shmget(IPC_PRIVATE, 12288, 0600)
A  two = shmget(IPC_PRIVATE, 4096, 0600)
A  a = shmat(one, NULL, 0)
A  b = shmat(two, a+4096, SHM_REMAP)          -> ok
A  shmctl(one, IPC_STAT)                      -> {nattch=2}
A  shmctl(two, IPC_STAT)                      -> {nattch=1}
A  store(b, 0, "two")
A  load(a, 4096, 3)                           -> "two"
A  shmat(two, NULL, SHM_REMAP)                -> EINVAL
A  shmat(two, 1, SHM_REMAP|SHM_RND)           -> EINVAL
A  shmat(two, a+4097, SHM_REMAP)              -> EINVAL
A  shmctl(two, IPC_STAT)                      -> {nattch=1}
)"),
            "pass");
}

TEST(ModelShmat, AMarkedSegmentSurvivesItsOwnReplacement) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 0, "kept")
A  shmctl(seg, IPC_RMID)
A  at = shmat(seg, at, SHM_REMAP)  -> ok
A  load(at, 0, 4)                  -> "kept"
A  shmctl(seg, IPC_STAT)           -> {nattch=1}
A  shmdt(at)
A  shmctl(seg, IPC_STAT)           -> EINVAL
)"),
            "pass");
}

TEST(ModelShmat, ExecutingNeedsItsPermissionAndUnknownFlagsNone) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  run = shmat(seg, NULL, SHM_EXEC)           -> EACCES
A  at = shmat(seg, NULL, SHM_UNKNOWN)         -> ok
A  maps(at)                                   -> {prot=3}
A  shmctl(seg, IPC_SET, {uid=1000, gid=1000, mode=0500})
A  run = shmat(seg, NULL, SHM_EXEC)           -> EACCES
A  run = shmat(seg, NULL, SHM_EXEC|SHM_RDONLY)  -> ok
A  maps(run)                                  -> {prot=5}
)",
                      Unprivileged()),
            "pass");
}

TEST(ModelShmat, ALimitOfAddressSpaceMayRefuseAnAttach) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  setrlimit(RLIMIT_AS, 1)
A  at = shmat(seg, NULL, 0)
)");
  run.DropSnapshots();
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("A") = Outcome::Failed(ENOMEM);
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  Observed without("A  seg = shmget(IPC_PRIVATE, 4096, 0600)\nA  at = shmat(seg, NULL, 0)\n");
  without.DropSnapshots();
  without.OutcomeOf("A") = Outcome::Failed(ENOMEM);
  EXPECT_EQ(without.Verdict(), "conformance");
}

TEST(ModelShmLock, IsSeenInTheModeAndNowhereElse) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  shmctl(seg, SHM_LOCK)                                  -> 0
A  shmctl(seg, SHM_LOCK)                                  -> 0
A  shmctl(seg, IPC_SET, {uid=0, gid=0, mode=0640})
A  shmctl(seg, IPC_STAT)                                  -> {mode=1440}
A  shmctl(seg, SHM_UNLOCK)                                -> 0
A  shmctl(seg, SHM_UNLOCK)                                -> 0
A  shmctl(seg, IPC_STAT)                                  -> {mode=416}
A  shmctl(seg+32768, SHM_LOCK)                            -> EINVAL
A  shmctl(-1, SHM_LOCK)                                   -> EINVAL
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
}

TEST(ModelShmLock, NeedsTheOwnerAndALimit) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 16777216, 0666)
B  setuid(1000)
B  shmctl(seg, SHM_LOCK)            -> EPERM
B  shmctl(seg, SHM_UNLOCK)          -> EPERM
A  shmctl(seg, IPC_SET, {uid=1000, gid=0, mode=0600})
B  shmctl(seg, SHM_LOCK)            -> ENOMEM
B  setrlimit(RLIMIT_MEMLOCK, 0)
B  shmctl(seg, SHM_LOCK)            -> EPERM
B  shmctl(seg, SHM_UNLOCK)          -> 0
A  shmctl(seg, SHM_LOCK)            -> 0
B  shmctl(seg, SHM_UNLOCK)          -> 0
)"),
            "pass");
}

TEST(ModelShmLock, TheLimitCountsPages) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4097, 0600)
A  setrlimit(RLIMIT_MEMLOCK, 8191)
A  shmctl(seg, SHM_LOCK)            -> ENOMEM
A  setrlimit(RLIMIT_MEMLOCK, 8192)
A  shmctl(seg, SHM_LOCK)            -> ok
)",
                      Unprivileged()),
            "pass");
}

TEST(ModelRmidForced, ASegmentGoesWithItsLastDetachOrItsCreator) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(shm_rmid_forced, 1)
A  one = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(one, NULL, 0)
A  shmctl(one, IPC_STAT)   -> {mode=384}
A  shmdt(at)
A  shmctl(one, IPC_STAT)   -> EINVAL
B  two = shmget(IPC_PRIVATE, 4096, 0600)
B  three = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(three, NULL, 0)
A  shmctl(two, IPC_STAT)   -> {nattch=0}
B  exit(0)
A  shmctl(two, IPC_STAT)   -> EINVAL
A  shmctl(three, IPC_STAT) -> {nattch=1}
A  exec(self)
A  shmctl(three, IPC_STAT) -> EINVAL
)"),
            "pass");
}

TEST(ModelRmidForced, AFailedAttachIsALastDetach) {
  EXPECT_EQ(VerdictOf(R"(
A  other = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(other, NULL, 0)
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  sysctl(shm_rmid_forced, 1)
A  shmctl(seg, IPC_STAT)   -> {nattch=0}
A  shmat(seg, at, 0)       -> EINVAL
A  shmctl(seg, IPC_STAT)   -> EINVAL
)"),
            "pass");
}

TEST(ModelRmidForced, TurningItOnDestroysOrphansOnly) {
  EXPECT_EQ(VerdictOf(R"(
B  orphan = shmget(IPC_PRIVATE, 4096, 0600)
B  held = shmget(IPC_PRIVATE, 4096, 0600)
A  mine = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(held, NULL, 0)
B  exit(0)
A  sysctl(shm_rmid_forced, 2)   -> EINVAL
A  sysctl(shm_rmid_forced, 1)   -> 0
A  shmctl(orphan, IPC_STAT)     -> EINVAL
A  shmctl(held, IPC_STAT)       -> {nattch=1}
A  shmctl(mine, IPC_STAT)       -> {nattch=0}
)"),
            "pass");
}

TEST(ModelRmidForced, ASegmentGoesWithTheThreadThatCreatedIt) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(shm_rmid_forced, 1)
A  thread(T)
T  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  shmctl(seg, IPC_STAT)  -> {cpid=A}
T  thread_exit()
A  shmctl(seg, IPC_STAT)  -> EINVAL
)"),
            "pass");
}

TEST(ModelRmidForced, LeavingTheNamespaceOrphansOrNot) {
  EXPECT_EQ(VerdictOf(R"(
A  sysctl(shm_rmid_forced, 1)
A  clone(C, CLONE_NEWIPC)
B  one = shmget(IPC_PRIVATE, 4096, 0600)
B  unshare(CLONE_NEWIPC)
A  shmctl(one, IPC_STAT)  -> EINVAL
D  two = shmget(IPC_PRIVATE, 4096, 0600)
D  setns(C, CLONE_NEWIPC)
A  shmctl(two, IPC_STAT)  -> {nattch=0}
D  exit(0)
A  shmctl(two, IPC_STAT)  -> EINVAL
)"),
            "pass");
}

}  // namespace
}  // namespace ipcrig
