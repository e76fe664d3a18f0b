// SPDX-License-Identifier: Apache-2.0
//
// The model of mappings: what mprotect(2), munmap(2), mremap(2), mlock(2), madvise(2) do to an
// attach and to shm_nattch, and what /proc/PID/maps says of it.
#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(ModelMappings, EachPieceOfAnAttachCounts) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at+4096, 4096, PROT_READ)             -> 0
A  shmctl(seg, IPC_STAT)                          -> {nattch=3}
A  mprotect(at+4096, 4096, PROT_READ)             -> 0
A  shmctl(seg, IPC_STAT)                          -> {nattch=3}
A  mprotect(at+4096, 4096, PROT_READ|PROT_WRITE)  -> 0
A  shmctl(seg, IPC_STAT)                          -> {nattch=3}
A  shmdt(at)                                      -> 0
A  shmctl(seg, IPC_STAT)                          -> {nattch=0}
)"),
            "pass");
}

TEST(ModelMappings, ABorderThatMovesMakesNoPiece) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at, 4096, PROT_READ)
A  mprotect(at+4096, 4096, PROT_READ)
A  shmctl(seg, IPC_STAT)               -> {nattch=2}
A  maps(at+4096)                       -> {offset=0, length=8192, prot=1}
A  maps(at+8192)                       -> {offset=8192, length=4096, prot=3}
A  mprotect(at+4096, 4096, PROT_READ|PROT_WRITE)
A  shmctl(seg, IPC_STAT)               -> {nattch=2}
A  maps(at)                            -> {offset=0, length=4096, prot=1}
A  maps(at+4096)                       -> {offset=4096, length=8192, prot=3}
)"),
            "pass");
}

TEST(ModelMappings, PiecesOfTwoAttachesNeverJoin) {
  EXPECT_EQ(VerdictOf(R"(
A  big = shmget(IPC_PRIVATE, 8192, 0600)
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  hole = shmat(big, NULL, 0)
A  shmdt(hole)
A  at = shmat(seg, hole, 0)            -> ok
A  next = shmat(seg, hole+4096, 0)     -> ok
A  mprotect(at, 8192, PROT_READ)
A  mprotect(at, 8192, PROT_READ|PROT_WRITE)
A  shmctl(seg, IPC_STAT)               -> {nattch=2}
A  maps(at)                            -> {length=4096}
A  shmdt(at)
A  store(next, 0, "x")                 -> 0
)"),
            "pass");
}

TEST(ModelMappings, ANattchIsNotLeakedBySequencesOfMprotect) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at+4096, 4096, 0)
A  mprotect(at, 8192, PROT_WRITE)
A  shmctl(seg, IPC_RMID)
A  shmdt(at)                -> 0
A  shmctl(seg, IPC_STAT)    -> EINVAL
ipcs
)"),
            "pass");
}

TEST(ModelMappings, ProtectionIsWhatAnAccessNeeds) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at+4096, 4096, 0)                -> 0
A  load(at, 4096, 1)                         -> SIGSEGV
A  store(at, 4095, "ab")                     -> SIGSEGV
A  load(at, 4095, 1)                         -> "a"
A  mprotect(at+4096, 4096, PROT_READ)        -> 0
A  load(at, 4096, 1)                         -> "\x00"
A  store(at, 4096, "x")                      -> SIGSEGV
A  mprotect(at, 8192, PROT_READ|PROT_WRITE)  -> 0
A  store(at, 4096, "x")                      -> 0
)"),
            "pass");
}

TEST(ModelMappings, AReadOnlyAttachStaysReadOnly) {
  EXPECT_EQ(VerdictOf(R"(
A  big = shmget(IPC_PRIVATE, 8192, 0600)
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  hole = shmat(big, NULL, 0)
A  shmdt(hole)
A  at = shmat(seg, hole, 0)
A  mprotect(at, 4096, PROT_READ)
A  ro = shmat(seg, hole+4096, SHM_RDONLY)
A  mprotect(ro, 4096, PROT_READ|PROT_WRITE)  -> EACCES
A  mprotect(at, 8192, PROT_READ|PROT_WRITE)  -> EACCES
A  store(at, 0, "x")                         -> 0
A  store(ro, 0, "x")                         -> SIGSEGV
A  mprotect(ro, 4096, PROT_READ|PROT_EXEC)   -> 0
A  maps(ro)                                  -> {prot=5}
A  mprotect(ro, 4096, 0)                     -> 0
A  mprotect(ro, 4096, PROT_READ)             -> 0
A  load(ro, 0, 1)                            -> "x"
)"),
            "pass");
}

TEST(ModelMappings, MprotectFailsAsItsManPageSays) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at+1, 4096, PROT_READ)  -> EINVAL
A  mprotect(at, 0, PROT_READ)       -> 0
A  munmap(at+4096, 4096)            -> 0
A  mprotect(at, 12288, PROT_READ)   -> ENOMEM
A  store(at, 0, "x")                -> SIGSEGV
A  store(at, 8192, "x")             -> 0
)"),
            "pass");
}

TEST(ModelMappings, MunmapOfAPartSplitsAndShmdtTakesTheRest) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 16384, 0600)
A  at = shmat(seg, NULL, 0)
A  munmap(at, 1)             -> 0
A  shmctl(seg, IPC_STAT)     -> {nattch=1}
A  load(at, 0, 1)            -> SIGSEGV
A  munmap(at+8192, 4096)     -> 0
A  shmctl(seg, IPC_STAT)     -> {nattch=2}
A  munmap(at+8192, 4096)     -> 0
A  munmap(at+1, 4096)        -> EINVAL
A  munmap(at+4096, 0)        -> EINVAL
A  shmdt(at+4096)            -> EINVAL
A  shmdt(at)                 -> 0
A  shmctl(seg, IPC_STAT)     -> {nattch=0}
A  load(at, 12288, 1)        -> SIGSEGV
A  shmdt(at)                 -> EINVAL
)"),
            "pass");
}

TEST(ModelMappings, TheLastPieceThatGoesDestroysAMarkedSegment) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_RMID)
A  munmap(at, 4096)
A  shmctl(seg, IPC_STAT)     -> {nattch=1}
A  munmap(at+4096, 4096)
A  shmctl(seg, IPC_STAT)     -> EINVAL
)"),
            "pass");
}

TEST(ModelMappings, PiecesAreInheritedAndGoWithTheProcess) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  mprotect(at, 4096, PROT_READ)
A  fork(B)
A  shmctl(seg, IPC_STAT)     -> {nattch=4, lpid=A}
B  store(at, 0, "x")         -> SIGSEGV
B  exit(0)
A  shmctl(seg, IPC_STAT)     -> {nattch=2, lpid=B}
A  exec(self)
A  shmctl(seg, IPC_STAT)     -> {nattch=0, lpid=A}
)"),
            "pass");
}

TEST(ModelMappings, ASplitIsAnAttachAndADetach) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
B  at = shmat(seg, NULL, 0)
A  in = shmat(seg, NULL, 0)
B  munmap(at, 4096)
A  shmctl(seg, IPC_STAT)     -> {lpid=B, nattch=2}
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  const auto& numbers = run.OutcomeOf("A").numbers;
  EXPECT_EQ(numbers.at(10), numbers.at(11)) << "shm_atime and shm_dtime are of the same call";
}

TEST(ModelMappings, LockedPagesAreAPiece) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  mlock(at+5000, 1)                      -> 0
A  shmctl(seg, IPC_STAT)                  -> {nattch=3}
A  mlock(at+4096, 4096)                   -> 0
A  shmctl(seg, IPC_STAT)                  -> {nattch=3}
A  madvise(at, 12288, MADV_DONTNEED)      -> EINVAL
A  madvise(at+4096, 4096, MADV_REMOVE)    -> EINVAL
A  munlock(at, 12288)                     -> 0
A  madvise(at, 12288, MADV_DONTNEED)      -> 0
A  shmctl(seg, IPC_STAT)                  -> {nattch=3}
A  munmap(at+4096, 4096)
A  mlock(at, 12288)                       -> ENOMEM
A  madvise(at, 4096, MADV_DONTNEED)       -> EINVAL
A  munlock(at+4096, 1)                    -> ENOMEM
)"),
            "pass");
}

TEST(ModelMappings, LocksAreNotInherited) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  mlock(at, 4096)
A  fork(B)
B  madvise(at, 4096, MADV_DONTNEED)  -> 0
A  madvise(at, 4096, MADV_DONTNEED)  -> EINVAL
)"),
            "pass");
}

TEST(ModelMappings, LockingHasALimit) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 16777216, 0600)
A  at = shmat(seg, NULL, 0)
A  mlock(at, 16777216)              -> ENOMEM
A  setrlimit(RLIMIT_MEMLOCK, 0)
A  mlock(at, 4096)                  -> EPERM
A  munlock(at, 4096)                -> 0
)",
                      Unprivileged()),
            "pass");
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 16777216, 0600)
A  at = shmat(seg, NULL, 0)
A  mlock(at, 16777216)              -> 0
A  setrlimit(RLIMIT_MEMLOCK, 0)
A  mlock(at, 4096)                  -> 0
A  capset(CAP_SYS_ADMIN)
A  mlock(at, 4096)                  -> EPERM
)"),
            "pass");
}

TEST(ModelMappings, DontneedLeavesTheContents) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 4096, "kept")
A  madvise(at+4096, 4096, MADV_DONTNEED)  -> 0
A  load(at, 4096, 4)                      -> "kept"
A  shmctl(seg, IPC_STAT)                  -> {nattch=1}
A  madvise(at+1, 1, MADV_DONTNEED)        -> EINVAL
A  madvise(at, 0, MADV_DONTNEED)          -> 0
)"),
            "pass");
}

TEST(ModelMappings, RemoveClearsPagesForEverybody) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  ro = shmat(seg, NULL, SHM_RDONLY)
A  fill(at, 0, 12288, 7)
A  madvise(ro+4096, 4096, MADV_REMOVE)  -> EACCES
A  verify(at, 0, 12288, 7)              -> 0
A  mprotect(at, 12288, PROT_READ)
A  madvise(at+4096, 1, MADV_REMOVE)     -> 0
A  verify(ro, 0, 4096, 7)               -> 0
A  verify(ro, 4096, 4096, 0)            -> 0
A  verify(ro, 8192, 4096, 7)            -> 0
A  shmctl(seg, IPC_STAT)                -> {nattch=2}
)"),
            "pass");
}

TEST(ModelMappings, AChildHasNothingOfWhatIsNotForForks) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  madvise(at, 4096, MADV_DONTFORK)  -> 0
A  shmctl(seg, IPC_STAT)             -> {nattch=2}
A  fork(B)
A  shmctl(seg, IPC_STAT)             -> {nattch=3}
B  load(at, 0, 1)                    -> SIGSEGV
B  load(at, 4096, 1)                 -> "\x00"
A  madvise(at, 8192, MADV_DOFORK)    -> 0
A  fork(C)
A  shmctl(seg, IPC_STAT)             -> {nattch=5}
)"),
            "pass");
}

TEST(ModelMappings, MadviseGoesOnBehindAHole) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 12288, 0600)
A  at = shmat(seg, NULL, 0)
A  munmap(at+4096, 4096)
A  madvise(at, 12288, MADV_DONTFORK)  -> ENOMEM
A  fork(B)
A  shmctl(seg, IPC_STAT)              -> {nattch=2}
)"),
            "pass");
}

TEST(ModelMappings, MapsTellsKeyIdAndPlace) {
  Observed run(R"(
A  seg = shmget(77, 12288, IPC_CREAT|0700)
A  at = shmat(seg, NULL, SHM_EXEC)
A  munmap(at, 4096)
A  shmctl(seg, IPC_RMID)
A  maps(at)                      -> ENOENT
A  maps(at+12287)                -> {key=77, offset=4096, length=8192, prot=7}
)");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  EXPECT_EQ(run.OutcomeOf("A").numbers.at(1), run.history.events.at(2).outcome.value);
  run.OutcomeOf("A").numbers.at(0) = 0;
  EXPECT_EQ(run.Verdict(), "conformance");
}

}  // namespace
}  // namespace ipcrig
