// SPDX-License-Identifier: Apache-2.0
//
// The model of shared memory, and the contents of segments.
#include <gtest/gtest.h>

#include "model/memory.h"
#include "simulated_kernel.h"

namespace ipcrig {
namespace {

TEST(ModelShm, AMarkedSegmentLivesUntilItsLastDetach) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(77, 4096, IPC_CREAT|0600)
A  at = shmat(seg, NULL, 0)
B  in = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_RMID)     -> 0
A  shmctl(seg, IPC_STAT)     -> {nattch=2, key=0, mode=896}
ipcs
)"
                      "A  shmget(77, 0, 0)  -> ENOENT\n"
                      "C  again = shmat(seg, NULL, 0)  -> ok\n"
                      "A  shmdt(at)\nC  exit(0)\n"
                      "A  shmctl(seg, IPC_STAT)  -> {nattch=1}\n"
                      "B  shmdt(in)\n"
                      "A  shmctl(seg, IPC_STAT)  -> EINVAL\nipcs\n"),
            "pass");
}

TEST(ModelShm, ARemovedSegmentIsGoneAtOnceWhereNobodyIsAttached) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(77, 4096, IPC_CREAT|0600)
A  shmctl(seg, IPC_RMID)
A  shmctl(seg, IPC_RMID)                    -> EINVAL
A  at = shmat(seg, NULL, 0)                 -> EINVAL
A  seg = shmget(77, 8192, IPC_CREAT|0600)   -> ok
A  shmctl(seg, IPC_STAT)                    -> {segsz=8192, nattch=0, lpid=0}
)"),
            "pass");
}

TEST(ModelShm, AForkedChildInheritsAttaches) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  ro = shmat(seg, NULL, SHM_RDONLY)
A  fork(B)
A  shmctl(seg, IPC_STAT)  -> {nattch=4, lpid=A}
B  store(at, 0, "child")
B  store(ro, 0, "x")      -> SIGSEGV
A  load(ro, 0, 5)         -> "child"
B  shmdt(at)
A  shmctl(seg, IPC_STAT)  -> {nattch=3, lpid=B}
A  kill(B, SIGKILL)
A  shmctl(seg, IPC_STAT)  -> {nattch=2, lpid=B}
)"),
            "pass");
}

TEST(ModelShm, ExecDropsAttachesAndNothingElse) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 0, "kept")
A  exec(self)
A  load(at, 0, 4)         -> SIGSEGV
A  shmdt(at)              -> EINVAL
A  shmctl(seg, IPC_STAT)  -> {nattch=0}
A  at = shmat(seg, NULL, 0)
A  load(at, 0, 4)         -> "kept"
A  shmctl(seg, IPC_RMID)
A  exec(self)
ipcs
)"),
            "pass");
}

TEST(ModelShm, AReadOnlyAttachCanBeReadAndNotWritten) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  ro = shmat(seg, NULL, SHM_RDONLY)
A  store(at, 0, "shared")
A  load(ro, 0, 6)       -> "shared"
A  store(ro, 0, "x")    -> SIGSEGV
A  fill(ro, 0, 8, 1)    -> SIGSEGV
A  verify(ro, 6, 4090, 0)  -> 0
)"),
            "pass");
}

TEST(ModelShm, AnAccessStopsAtTheEndOfTheAttachAndWhatCameBeforeIsDone) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 10, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 4094, "abcd")  -> SIGSEGV
A  load(at, 4094, 2)        -> "ab"
A  load(at, 4094, 3)        -> SIGSEGV
A  fill(at, 4000, 200, 7)   -> SIGSEGV
A  verify(at, 4000, 96, 7)  -> 0
A  load(at, 0, 0)           -> ""
A  load(NULL, 0, 1)         -> SIGSEGV
A  store(at-1, 0, "x")      -> SIGSEGV
)"),
            "pass");
}

TEST(ModelShm, ANewSegmentIsZeroToTheEndOfItsLastPage) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4097, 0600)
A  at = shmat(seg, NULL, 0)
A  verify(at, 0, 8192, 0)  -> 0
A  verify(at, 0, 8192, 1)  -> 8192
A  load(at, 8192, 1)       -> SIGSEGV
A  shmctl(seg, IPC_STAT)   -> {segsz=4097}
)"),
            "pass");
}

TEST(ModelShm, ContentsStayWhileTheSegmentExists) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  store(at, 4090, "over the pages")
A  exit(0)
B  at = shmat(seg, NULL, SHM_RDONLY)
B  load(at, 4090, 14)
)");
  EXPECT_EQ(run.OutcomeOf("B").bytes, "over the pages");
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("B").bytes[7] = '\0';
  EXPECT_EQ(run.Verdict(), "conformance");
}

constexpr std::string_view kChosenAddress = R"(
A  big = shmget(IPC_PRIVATE, 16384, 0600)
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  hole = shmat(big, NULL, 0)
A  other = shmat(big, NULL, 0)
A  shmdt(hole)
A  at = shmat(seg, other, 0)     -> EINVAL
A  at = shmat(seg, other+4096, 0)  -> EINVAL
A  at = shmat(seg, other-1, 0)   -> EINVAL
A  at = shmat(seg, other+1, SHM_RND)  -> EINVAL
)";

TEST(ModelShm, AnAddressInUseIsRefused) { EXPECT_EQ(VerdictOf(kChosenAddress), "pass"); }

TEST(ModelShm, AnAddressInAFormerAttachIsFree) {
  Observed run(R"(
A  big = shmget(IPC_PRIVATE, 16384, 0600)
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  hole = shmat(big, NULL, 0)
A  shmdt(hole)
A  at = shmat(seg, hole+4097, SHM_RND)
)");
  EXPECT_EQ(run.OutcomeOf("A").value % 4096, 0);
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  run.OutcomeOf("A") = Outcome::Failed(22);
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelShm, AnAddressThatNobodyKnowsOfMayBeFreeOrNot) {
  constexpr std::string_view kText = R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  next = shmat(seg, at+1048576, 0)
ipcs
)";
  for (const bool refused : {false, true}) {
    SimulationOptions options;
    if (refused) options.bug = PlantedBug::kBigSegmentRefused;
    Observed run(kText, options);
    EXPECT_EQ(run.OutcomeOf("A").kind == Outcome::Kind::kFailed, refused);
    EXPECT_EQ(run.Verdict(), "pass") << run.Text();
    run.OutcomeOf("A") = Outcome::Failed(12);
    EXPECT_EQ(run.Verdict(), "conformance");
  }
}

TEST(ModelShm, AFreeAddressIsAWholePageThatIsNotInUse) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 8192, 0600)
A  at = shmat(seg, NULL, 0)
A  again = shmat(seg, NULL, 0)
)");
  const int64_t first = (int64_t{1} << 45);
  for (const auto& [address, verdict] :
       {std::pair{first + 8192, "pass"}, std::pair{first + 4096, "conformance"},
        std::pair{first + 8193, "conformance"}, std::pair{int64_t{0}, "conformance"}}) {
    run.OutcomeOf("A").value = address;
    EXPECT_EQ(run.Verdict(), verdict) << address << run.Text();
  }
}

TEST(ModelShm, ABigSegmentMayBeRefusedForWantOfMemory) {
  constexpr std::string_view kText = R"(
A  seg = shmget(IPC_PRIVATE, 1099511627776, 0600)
A  shmctl(seg, IPC_STAT)
ipcs
)";
  EXPECT_EQ(VerdictOf(kText), "pass");
  EXPECT_EQ(VerdictOf(kText, {.bug = PlantedBug::kBigSegmentRefused}), "pass");
  Observed small("A  seg = shmget(IPC_PRIVATE, 4096, 0600)\n");
  small.OutcomeOf("A") = Outcome::Failed(12);
  EXPECT_EQ(small.Verdict(), "conformance");
}

TEST(ModelShm, TimesAreWithinTheStepThatSetThem) {
  Observed run(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  at = shmat(seg, NULL, 0)
A  shmctl(seg, IPC_STAT)
)");
  run.DropSnapshots();
  int64_t& atime = run.OutcomeOf("A").numbers.at(10);
  ++atime;  // the second that followed
  EXPECT_EQ(run.Verdict(), "pass") << run.Text();
  ++atime;
  EXPECT_EQ(run.Verdict(), "conformance");
  atime -= 3;
  EXPECT_EQ(run.Verdict(), "conformance");
}

TEST(ModelShm, CallsFailAsTheirManPagesSay) {
  SimulationOptions options;
  options.facts.shmmax = 1 << 20;
  options.facts.shmmni = 2;
  options.facts.shmall = 300;
  EXPECT_EQ(VerdictOf(R"(
A  shmget(77, 10, 0)                          -> ENOENT
A  shmget(IPC_PRIVATE, 0, 0600)               -> EINVAL
A  shmget(IPC_PRIVATE, 1048577, 0600)         -> EINVAL
A  seg = shmget(77, 1048576, IPC_CREAT|0600)  -> ok
A  shmget(77, 10, IPC_CREAT|IPC_EXCL|0600)    -> EEXIST
A  shmget(77, 1048577, 0)                     -> EINVAL
A  shmget(77, 0, 0)                           -> ok
A  shmget(IPC_PRIVATE, 184321, 0600)          -> ENOSPC
A  shmget(IPC_PRIVATE, 180224, 0600)          -> ok
A  shmget(IPC_PRIVATE, 1, 0600)               -> ENOSPC
A  at = shmat(-1, NULL, 0)                    -> EINVAL
A  at = shmat(4711, NULL, 0)                  -> EINVAL
A  shmdt(NULL)                                -> EINVAL
A  at = shmat(seg, NULL, 0)
A  shmdt(at+4096)                             -> EINVAL
A  shmdt(at)                                  -> 0
A  shmdt(at)                                  -> EINVAL
)",
                      options),
            "pass");
}

TEST(ModelShm, AttachingNeedsThePermissionForItsKind) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(77, 4096, IPC_CREAT|0400)
A  shmget(77, 0, 0600)               -> EACCES
A  at = shmat(seg, NULL, 0)          -> EACCES
A  at = shmat(seg, NULL, SHM_RDONLY)  -> ok
A  shmctl(seg, IPC_SET, {uid=1000, gid=1000, mode=0200})
A  shmctl(seg, IPC_STAT)             -> EACCES
A  load(at, 0, 1)                    -> "\x00"
)",
                      {.facts = UnprivilegedFacts()}),
            "pass");
}

TEST(ModelShm, InAUserNamespaceOnlyTheOwnIdsCanBeSet) {
  SimulationOptions options;
  options.facts.user_namespace = 1;
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  shmctl(seg, IPC_SET, {uid=1, gid=0, mode=0600})  -> EINVAL
A  shmctl(seg, IPC_SET, {uid=0, gid=0, mode=0400})  -> 0
)",
                      options),
            "pass");
}

TEST(Memory, IsZeroWhereNobodyWrote) {
  const Memory memory;
  EXPECT_EQ(memory.Read(int64_t{1} << 40, 3), std::string(3, '\0'));
  EXPECT_EQ(memory.CountOther(0, 10, '\0'), 0);
  EXPECT_EQ(memory.CountOther(0, 10, 'x'), 10);
}

TEST(Memory, WritesAcrossPages) {
  Memory memory;
  memory.Write(4094, "abcd");
  EXPECT_EQ(memory.Read(4093, 6), std::string("\0abcd\0", 6));
  memory.Fill(4095, 2, 'x');
  EXPECT_EQ(memory.Read(4094, 4), "axxd");
  EXPECT_EQ(memory.CountOther(4094, 4, 'x'), 2);
}

TEST(Memory, CopiesAreIndependent) {
  Memory memory;
  memory.Write(0, "one");
  Memory copy = memory;
  EXPECT_TRUE(copy == memory);
  copy.Write(0, "two");
  EXPECT_EQ(memory.Read(0, 3), "one");
  EXPECT_FALSE(copy == memory);
}

}  // namespace
}  // namespace ipcrig
