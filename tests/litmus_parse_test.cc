// SPDX-License-Identifier: Apache-2.0
//
// The text of litmus tests: what people have, and errors that point at the fault.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "litmus/shipped.h"
#include "litmus/test.h"

namespace ipcrig::litmus {
namespace {

litmus::Test ReadTest(const std::string& text) {
  auto parsed = ParseLitmus(text, "t.litmus");
  if (!parsed.ok()) {
    ADD_FAILURE() << parsed.error().Text();
    return {};
  }
  return *parsed;
}

std::string LitmusErrorOf(const std::string& text) {
  const auto parsed = ParseLitmus(text, "t.litmus");
  return parsed.ok() ? "no error" : parsed.error().Text();
}

// A test of one process with this body.
std::string ErrorOfBody(const std::string& body) {
  return LitmusErrorOf("C T\n{}\nP0 (int *x, const int *y, sem s) {\n  " + body + "\n}\n");
}

TEST(LitmusParse, EveryShippedTestIsReadAndSaysWhatItIs) {
  EXPECT_GT(ShippedTests().size(), 30U);
  for (const ShippedTest& shipped : ShippedTests()) {
    const litmus::Test test = ReadTest(std::string(shipped.text));
    EXPECT_GT(test.doc.size(), 20U) << shipped.name;
    EXPECT_NE(test.quantifier, Quantifier::kNone) << shipped.name;
    EXPECT_EQ(FindShipped(test.name), &shipped) << "a file is named after its test";
  }
}

// As in tools/memory-model/litmus-tests of Linux.
TEST(LitmusParse, TestsOfTheKernelAreRead) {
  const litmus::Test test = ReadTest(R"(C MP+fencewmbonceonce+fencermbonceonce

(*
 * Result: Never
 *)

{}

P0(int *buf, int *flag) // Producer
{
  WRITE_ONCE(*buf, 1);
  smp_wmb();
  WRITE_ONCE(*flag, 1);
}

P1(int *buf, int *flag) // Consumer
{
  int r0;
  int r1;

  r0 = READ_ONCE(*flag);
  smp_rmb();
  r1 = READ_ONCE(*buf);
}

exists (1:r0=1 /\ 1:r1=0) (* Bad outcome. *)
)");
  ASSERT_EQ(test.processes.size(), 2U);
  EXPECT_EQ(test.name, "MP+fencewmbonceonce+fencermbonceonce");
  EXPECT_EQ(test.condition, "exists (1:r0=1 /\\ 1:r1=0)");
  EXPECT_EQ(test.processes[0].body[1].pairs, unsigned{kStoreStore});
  EXPECT_EQ(test.processes[1].body[0].order, Order::kRelaxed);
  EXPECT_EQ(PrintState(test, {1, 0}), "1:r0=1; 1:r1=0;");
  EXPECT_TRUE(Holds(test, {1, 0}));
  EXPECT_FALSE(Holds(test, {1, 1}));
}

// As herd7 and litmus7 print and read them.
TEST(LitmusParse, TestsOfLitmus7AreRead) {
  const litmus::Test test = ReadTest(R"(C SB+rfi
"PodWR Fre PodWR Fre"
Cycle=Fre PodWR Fre PodWR
Hash=5ee8bb6f2e1f6d0e
{ [x]=0; int y = 5; }
P0 (atomic_int* y, atomic_int* x) {
  atomic_store_explicit(x,1,memory_order_seq_cst);
  int r0 = atomic_load_explicit(y,memory_order_acquire);
}
P1 (volatile int* y) { *y = 1; }
locations [x;]
exists (0:r0=0 /\ not (y=1 \/ [y]=5) \/ true)
)");
  ASSERT_EQ(test.observed.size(), 3U);
  EXPECT_EQ(test.locations[0].initial, 5);
  EXPECT_EQ(PrintState(test, {0, 1, 2}), "0:r0=0; [x]=1; [y]=2;");
  EXPECT_EQ(test.processes[0].body[0].order, Order::kSeqCst);
  EXPECT_EQ(test.processes[1].body[0].order, Order::kPlain);
}

TEST(LitmusParse, ConstIsAReadOnlyAttachAndCallsAreIpc) {
  const litmus::Test test = ReadTest(
      "C T\n{ m=1; }\nP0 (const int *x, sem m, futex f) {\n  semop(m, -1);\n  int r0 = *x;\n"
      "  semop(m, 1);\n  futex_wake(f);\n}\nP1 (int *x, futex f) { futex_wait(f); *x = 1; }\n");
  EXPECT_TRUE(test.processes[0].read_only[0]);
  EXPECT_FALSE(test.processes[1].read_only[0]);
  EXPECT_EQ(test.ipc[0].initial, 1);
  EXPECT_EQ(test.processes[0].body[0].action, Action::kWait);
  EXPECT_EQ(test.processes[0].body[2].action, Action::kPost);
  EXPECT_EQ(test.processes[0].body[2].text, "semop(m, 1)");
  EXPECT_EQ(test.processes[0].body[2].line, 6);
  EXPECT_EQ(test.observed.size(), 1U);  // without a condition: all registers
}

TEST(LitmusParse, ErrorsPointAtTheFault) {
  EXPECT_EQ(LitmusErrorOf(""),
            "t.litmus:1:1: a test begins with \"C NAME\"; "
            "tests in assembler are not read");
  EXPECT_THAT(LitmusErrorOf("X86 SB\n"), testing::HasSubstr("t.litmus:1:1: a test begins"));
  EXPECT_EQ(ErrorOfBody("sempo(s, 1);"), "t.litmus:4:3: unknown statement sempo");
  EXPECT_EQ(ErrorOfBody("*x = 1"), "t.litmus:5:1: expected ';' before \"}\"");
  EXPECT_EQ(ErrorOfBody("*y = 1;"), "t.litmus:4:3: y is const here");
  EXPECT_THAT(ErrorOfBody("*z = 1;"), testing::HasSubstr("4:4: z is no location"));
  EXPECT_THAT(ErrorOfBody("*x = r9;"), testing::HasSubstr("4:8: a number, or a register"));
  EXPECT_THAT(ErrorOfBody("*x = 99999999999;"), testing::HasSubstr("4:8: expected a decimal"));
  EXPECT_THAT(ErrorOfBody("if (r0) *x = 1;"), testing::HasSubstr("no branches"));
  EXPECT_THAT(ErrorOfBody("semop(s, 2);"), testing::HasSubstr("4:12: semop(s, 1) is a V"));
  EXPECT_THAT(ErrorOfBody("msgsnd(s);"), testing::HasSubstr("4:10: no parameter msg s"));
  EXPECT_THAT(ErrorOfBody("semop(s, 1);"), testing::HasSubstr("more posts than waits of s"));
  EXPECT_THAT(ErrorOfBody("int r0 = *x; r0 = *x;"), testing::HasSubstr("r0 is loaded twice"));
  EXPECT_THAT(ErrorOfBody("int r0 = 1;"),
              testing::HasSubstr("4:12: a register gets the value of a load"));
  EXPECT_THAT(ErrorOfBody("int r0 = atomic_load_explicit(x, memory_order_release);"),
              testing::HasSubstr("a load is relaxed"));
  EXPECT_THAT(ErrorOfBody("*x = 1; /* for ever"), testing::HasSubstr("this comment has no end"));
  EXPECT_THAT(LitmusErrorOf("C T\n{}\nP0 (spinlock_t *x) {}\n"),
              testing::HasSubstr("3:5: a parameter is"));
  EXPECT_THAT(LitmusErrorOf("C T\n{ 0:r0=1; }\n"), testing::HasSubstr("2:3: registers begin as 0"));
  EXPECT_THAT(LitmusErrorOf("C T\n{ z=1; }\nP0 (int *x) { *x = 1; }\n"),
              testing::HasSubstr("2:3: z is no"));
  EXPECT_THAT(LitmusErrorOf("C T\n{}\nP1 (int *x) { }\n"), testing::HasSubstr("3:1: expected P0"));
  const std::string good = "C T\n{}\nP0 (int *x) { *x = 1; }\n";
  EXPECT_THAT(LitmusErrorOf(good + "exists (1:r0=1)"),
              testing::HasSubstr("4:9: P1 has no register r0"));
  EXPECT_THAT(LitmusErrorOf(good + "exists (x=1"),
              testing::HasSubstr("expected ')' before the end"));
  EXPECT_THAT(LitmusErrorOf(good + "forall (x=1) x"), testing::HasSubstr("expected the end"));
  EXPECT_THAT(LitmusErrorOf(good + "exists " + std::string(1000, '(')),
              testing::HasSubstr("too many"));
  EXPECT_THAT(LitmusErrorOf(std::string(1 << 17, ' ')), testing::HasSubstr("more than 64 KiB"));
}

}  // namespace
}  // namespace ipcrig::litmus
