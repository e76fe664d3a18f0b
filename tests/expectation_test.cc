// SPDX-License-Identifier: Apache-2.0
#include "ops/expectation.h"

#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

using OutcomeKind = Outcome::Kind;
using Want = Expectation::Kind;

constexpr int kPids[] = {101, 102};

Names TwoNames() { return {{"A", "B"}, {{"q", Kind::kQueue}, {"at", Kind::kAddress}}}; }

Op OpOf(std::string_view call) {
  Names names = TwoNames();
  Reader in(call, names);
  const Op op = ReadOp(in);
  EXPECT_TRUE(in.ok()) << call << ": " << in.error().message;
  return op;
}

const Op kMsgrcv = OpOf("msgrcv(q, 100, 0, 0)");
const Op kMsgsnd = OpOf("msgsnd(q, 1, \"x\", 0)");
const Op kMsgStat = OpOf("msgctl(q, IPC_STAT)");
const Op kShmStat = OpOf("shmctl(0, IPC_STAT)");
const Op kGetall = OpOf("semctl(0, 0, GETALL)");
const Op kLoad = OpOf("load(at, 0, 5)");
const Op kPipe = OpOf("pipe()");
const Op kWait = OpOf("wait(B)");
const Op kExec = OpOf("exec(\"x\")");
const Op kExit = OpOf("exit(3)");

Expectation Parse(const Op& op, std::string_view text) {
  Names names = TwoNames();
  Reader in(text, names);
  Expectation expect = ReadExpectation(in, op);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error().message;
  EXPECT_TRUE(in.AtEnd()) << text;
  return expect;
}

// Parses, and is printed as it was.
Expectation Normal(const Op& op, const std::string& text, Want kind) {
  const Expectation expect = Parse(op, text);
  EXPECT_EQ(expect.kind, kind) << text;
  const Names names = TwoNames();
  Writer out{names, ""};
  PrintExpectation(out, op, expect);
  EXPECT_EQ(out.out, text);
  return expect;
}

std::string ErrorOf(const Op& op, std::string_view text) {
  Names names = TwoNames();
  Reader in(text, names);
  ReadExpectation(in, op);
  return in.ok() ? "" : std::to_string(in.error().column) + ": " + in.error().message;
}

bool Fits(const Expectation& expect, const Outcome& outcome, const Op& op = kWait) {
  return Agrees(expect, op, outcome, kPids);
}

Outcome Returned(int64_t value, std::vector<int64_t> numbers, std::string bytes = "") {
  return {OutcomeKind::kReturned, value, std::move(numbers), std::move(bytes)};
}

// The status word of waitpid(2).
Outcome Waited(int status) { return Returned(102, {status}); }

TEST(Expectation, NoneAgreesWithEverything) {
  const Expectation none;
  EXPECT_TRUE(Fits(none, Outcome::Returned(-5)));
  EXPECT_TRUE(Fits(none, Outcome::Failed(EINVAL)));
  EXPECT_TRUE(Fits(none, {OutcomeKind::kKilled, SIGKILL}));
}

TEST(Expectation, BlocksAgreesWithNoOutcome) {
  const Expectation blocks = Normal(kMsgrcv, "blocks", Want::kBlocks);
  EXPECT_FALSE(Fits(blocks, Outcome::Returned(0)));
  EXPECT_FALSE(Fits(blocks, Outcome::Failed(EINTR)));
}

TEST(Expectation, OkAgreesWithAnySuccess) {
  const Expectation ok = Normal(kMsgrcv, "ok", Want::kOk);
  EXPECT_TRUE(Fits(ok, Outcome::Returned(0)));
  EXPECT_TRUE(Fits(ok, Returned(7, {1}, "x")));
  EXPECT_FALSE(Fits(ok, Outcome::Failed(EINVAL)));
  EXPECT_FALSE(Fits(ok, {OutcomeKind::kFaulted, SIGSEGV}));
  EXPECT_FALSE(Fits(ok, {OutcomeKind::kExited, 0}));
}

TEST(Expectation, AnErrnoAgreesWithThatFailureOnly) {
  const Expectation eidrm = Normal(kMsgrcv, "EIDRM", Want::kError);
  EXPECT_TRUE(Fits(eidrm, Outcome::Failed(EIDRM)));
  EXPECT_FALSE(Fits(eidrm, Outcome::Failed(EINVAL)));
  EXPECT_FALSE(Fits(eidrm, Outcome::Returned(EIDRM)));
  EXPECT_FALSE(Fits(eidrm, {OutcomeKind::kExited, EIDRM}));
}

TEST(Expectation, ANumberAgreesWithThatReturnValueOnly) {
  for (const std::string text : {"5", "0", "-1", "-9223372036854775808", "9223372036854775807"}) {
    const Expectation number = Normal(kMsgsnd, text, Want::kNumber);
    EXPECT_TRUE(Fits(number, Outcome::Returned(std::stoll(text))));
    EXPECT_FALSE(Fits(number, Outcome::Returned(4)));
    EXPECT_FALSE(Fits(number, Outcome::Failed(static_cast<int>(number.number))));
  }
}

TEST(Expectation, ATextAgreesWithTheseBytesOnly) {
  const Expectation text = Normal(kLoad, R"("a\x00\n")", Want::kText);
  EXPECT_TRUE(Fits(text, Returned(3, {}, std::string("a\0\n", 3))));
  EXPECT_FALSE(Fits(text, Returned(3, {}, "a")));
  EXPECT_FALSE(Fits(text, Outcome::Failed(EFAULT)));
  const Expectation generated = Normal(kLoad, "data(1, 100)", Want::kText);
  std::string bytes = generated.text.Bytes();
  EXPECT_TRUE(Fits(generated, Returned(100, {}, bytes)));
  bytes[99] ^= 1;
  EXPECT_FALSE(Fits(generated, Returned(100, {}, bytes)));
}

TEST(Expectation, AMessageAgreesInTypeAndText) {
  const Expectation message = Normal(kMsgrcv, R"({2, "two"})", Want::kMessage);
  EXPECT_TRUE(Fits(message, Returned(3, {2}, "two")));
  EXPECT_FALSE(Fits(message, Returned(3, {1}, "two")));
  EXPECT_FALSE(Fits(message, Returned(3, {2}, "twx")));
  EXPECT_FALSE(Fits(message, Returned(3, {}, "two")));
  EXPECT_FALSE(Fits(message, Outcome::Failed(ENOMSG)));
  Normal(kMsgrcv, "{9223372036854775807, data(1, 8192)}", Want::kMessage);
}

TEST(Expectation, AListAgreesElementByElement) {
  const Expectation list = Normal(kGetall, "[1, 0]", Want::kList);
  EXPECT_TRUE(Fits(list, Returned(0, {1, 0})));
  EXPECT_FALSE(Fits(list, Returned(0, {1})));
  EXPECT_FALSE(Fits(list, Returned(0, {1, 0, 0})));
  EXPECT_FALSE(Fits(list, Returned(0, {0, 1})));
  EXPECT_FALSE(Fits(list, Outcome::Failed(EIDRM)));
  EXPECT_TRUE(Fits(Normal(kGetall, "[]", Want::kList), Returned(0, {})));
}

TEST(Expectation, FieldsAgreeOneByOneAndOthersAreFree) {
  const Expectation fields = Normal(kMsgStat, "{qnum=2, mode=0600}", Want::kFields);
  // key uid gid cuid cgid mode cbytes qnum qbytes lspid lrpid stime rtime ctime
  std::vector<int64_t> numbers = {1, 0, 0, 0, 0, 0600, 6, 2, 16384, 101, 0, 5, 0, 5};
  EXPECT_TRUE(Fits(fields, Returned(0, numbers)));
  numbers[6] = 7;
  EXPECT_TRUE(Fits(fields, Returned(0, numbers))) << "cbytes is not expected";
  numbers[7] = 3;
  EXPECT_FALSE(Fits(fields, Returned(0, numbers)));
  numbers[7] = 2;
  numbers[5] = 0644;
  EXPECT_FALSE(Fits(fields, Returned(0, numbers)));
  EXPECT_FALSE(Fits(fields, Returned(0, {1, 0}))) << "a short answer";
  EXPECT_FALSE(Fits(fields, Outcome::Failed(EACCES)));
}

TEST(Expectation, AProcessNameInAFieldIsItsPid) {
  const Expectation fields = Normal(kShmStat, "{cpid=A, lpid=B, nattch=1}", Want::kFields);
  // key uid gid cuid cgid mode segsz cpid lpid nattch ...
  EXPECT_TRUE(Fits(fields, Returned(0, {0, 0, 0, 0, 0, 0, 1, 101, 102, 1})));
  EXPECT_FALSE(Fits(fields, Returned(0, {0, 0, 0, 0, 0, 0, 1, 102, 102, 1})));
  EXPECT_FALSE(Fits(fields, Returned(0, {0, 0, 0, 0, 0, 0, 1, 0, 1, 1})))
      << "a process is not its index";
}

TEST(Expectation, UnknownFieldsListTheKnownOnes) {
  EXPECT_EQ(ErrorOf(kPipe, "{size=1}"), "2: unknown field size; this call answers capacity");
  EXPECT_EQ(ErrorOf(kShmStat, "{cpid=C}"),
            "7: unknown process C: no line above starts or forks it");
  EXPECT_EQ(ErrorOf(kShmStat, "{}"), "2: expected a name");
  EXPECT_EQ(ErrorOf(kShmStat, "{nattch=1"), "10: expected '}' before the end of the line");
  EXPECT_EQ(ErrorOf(kMsgsnd, "{qnum=1}"), "1: msgsnd answers no fields");
}

TEST(Expectation, AnExitStatusIsNotASignal) {
  const Expectation exit = Normal(kExit, "exit 9", Want::kExit);
  EXPECT_TRUE(Fits(exit, {OutcomeKind::kExited, 9}));
  EXPECT_FALSE(Fits(exit, {OutcomeKind::kExited, 8}));
  EXPECT_FALSE(Fits(exit, {OutcomeKind::kKilled, 9}));
  EXPECT_FALSE(Fits(exit, Outcome::Failed(9)));
  EXPECT_FALSE(Fits(exit, Outcome::Returned(9)));
  const Expectation killed = Normal(kWait, "SIGKILL", Want::kSignal);
  EXPECT_TRUE(Fits(killed, {OutcomeKind::kKilled, SIGKILL}));
  EXPECT_FALSE(Fits(killed, {OutcomeKind::kKilled, SIGTERM}));
  EXPECT_FALSE(Fits(killed, {OutcomeKind::kExited, SIGKILL}));
  EXPECT_FALSE(Fits(killed, Outcome::Failed(SIGKILL)));
}

TEST(Expectation, ASignalIsAlsoThatOfAnAccess) {
  const Expectation fault = Normal(kLoad, "SIGSEGV", Want::kSignal);
  EXPECT_TRUE(Fits(fault, {OutcomeKind::kFaulted, SIGSEGV}));
  EXPECT_FALSE(Fits(fault, {OutcomeKind::kFaulted, SIGBUS}));
  EXPECT_FALSE(Fits(fault, Outcome::Returned(SIGSEGV)));
}

TEST(Expectation, AWaitStatusIsTakenApart) {
  const Expectation exit3 = Normal(kWait, "exit 3", Want::kExit);
  EXPECT_TRUE(Fits(exit3, Waited(3 << 8)));
  EXPECT_FALSE(Fits(exit3, Waited(3)));
  EXPECT_FALSE(Fits(exit3, Waited(0)));
  EXPECT_TRUE(Fits(Normal(kWait, "exit 255", Want::kExit), Waited(255 << 8)));
  const Expectation killed = Parse(kWait, "SIGKILL");
  EXPECT_TRUE(Fits(killed, Waited(SIGKILL)));
  EXPECT_TRUE(Fits(killed, Waited(SIGKILL | 0x80))) << "with a core dump";
  EXPECT_FALSE(Fits(killed, Waited(SIGKILL << 8)));
}

TEST(Expectation, AProgramEndsAndPrints) {
  const Expectation both = Normal(kExec, R"(exit 0 "Hello\n")", Want::kExit);
  const auto ended = [](OutcomeKind kind, int64_t value, const char* bytes) {
    return Outcome{kind, value, {}, bytes};
  };
  EXPECT_TRUE(Fits(both, ended(OutcomeKind::kExited, 0, "Hello\n")));
  EXPECT_FALSE(Fits(both, ended(OutcomeKind::kExited, 0, "Hello")));
  EXPECT_FALSE(Fits(both, ended(OutcomeKind::kExited, 1, "Hello\n")));
  EXPECT_FALSE(Fits(both, ended(OutcomeKind::kKilled, 0, "Hello\n")));
  EXPECT_TRUE(Fits(Parse(kExec, "exit 0"), ended(OutcomeKind::kExited, 0, "whatever")));
  EXPECT_FALSE(Fits(Parse(kExec, "exit 0 \"\""), ended(OutcomeKind::kExited, 0, "whatever")));
}

TEST(Expectation, UnknownOutcomesAreRejected) {
  const std::string message = ": expected an errno, a signal, a value, ok, exit or blocks";
  for (const std::string word : {"EFOO", "block", "success", "A", "SIGFOO", "OK"}) {
    EXPECT_EQ(ErrorOf(kMsgrcv, word), "1: unknown outcome " + word + message);
  }
  EXPECT_EQ(ErrorOf(kMsgrcv, ""), "1: expected a name");
  EXPECT_EQ(ErrorOf(kWait, "exit"), "5: expected a number");
  EXPECT_EQ(ErrorOf(kWait, "exit 256"), "6: number out of range: 256 is not in 0 .. 255");
  EXPECT_EQ(ErrorOf(kMsgrcv, "{1}"), "3: expected ','");
  EXPECT_EQ(ErrorOf(kGetall, "[1, ]"), "5: expected a number");
}

TEST(Expectation, WhatACallNeverAnswersIsRejected) {
  EXPECT_NE(ErrorOf(kMsgrcv, "exit 0"), "") << "msgrcv does not end a process";
  EXPECT_NE(ErrorOf(kPipe, "exit 0"), "") << "pipe does not end a process";
  EXPECT_NE(ErrorOf(kMsgsnd, "\"x\""), "") << "msgsnd answers no text";
  EXPECT_NE(ErrorOf(kMsgrcv, "[1]"), "") << "msgrcv answers no list";
}

// msgrcv of type 1 has numbers {1}, which is also the status word of a process that SIGHUP killed.
TEST(Expectation, TheTypeOfAMessageIsNoWaitStatus) {
  EXPECT_FALSE(Fits(Parse(kMsgrcv, "SIGHUP"), Returned(1, {1}, "x"), kMsgrcv));
}

TEST(Outcome, StatusWordsOfWaitAreExitsOrSignals) {
  EXPECT_EQ(EndFromStatus(0), (Outcome{OutcomeKind::kExited, 0}));
  EXPECT_EQ(EndFromStatus(255 << 8), (Outcome{OutcomeKind::kExited, 255}));
  EXPECT_EQ(EndFromStatus(11), (Outcome{OutcomeKind::kKilled, 11}));
  EXPECT_EQ(EndFromStatus(11 | 0x80), (Outcome{OutcomeKind::kKilled, 11}));
  EXPECT_EQ(EndText({OutcomeKind::kExited, 3}), "exit 3");
  EXPECT_EQ(EndText({OutcomeKind::kKilled, 9}), "SIGKILL");
}

TEST(Outcome, IsPrintedInTheShapeOfItsCall) {
  EXPECT_EQ(OutcomeText(kMsgrcv, Returned(3, {2}, "two")), R"({2, "two"})");
  EXPECT_EQ(OutcomeText(kMsgrcv, Outcome::Failed(EIDRM)), "EIDRM");
  EXPECT_EQ(OutcomeText(kMsgsnd, Outcome::Returned(0)), "0");
  EXPECT_EQ(OutcomeText(kLoad, Returned(2, {}, "a\n")), R"("a\n")");
  EXPECT_EQ(OutcomeText(kLoad, {OutcomeKind::kFaulted, SIGSEGV}), "SIGSEGV");
  EXPECT_EQ(OutcomeText(kGetall, Returned(0, {1, 0})), "[1, 0]");
  EXPECT_EQ(OutcomeText(kPipe, Returned(0, {65536})), "{capacity=65536}");
  EXPECT_EQ(OutcomeText(kMsgStat, Returned(0, {1, 2, 3, 4, 5, 0600})),
            "{key=1, uid=2, gid=3, cuid=4, cgid=5, mode=0600}");
  EXPECT_EQ(OutcomeText(kWait, Waited(3 << 8)), "exit 3");
  EXPECT_EQ(OutcomeText(kExec, {OutcomeKind::kExited, 1, {}, "x\n"}), R"(exit 1 "x\n")");
  EXPECT_EQ(OutcomeText(kExit, {OutcomeKind::kKilled, 9}), "SIGKILL");
}

TEST(Outcome, AddressesAreHexadecimalAndLongBytesAbbreviated) {
  EXPECT_EQ(OutcomeText(kMsgsnd, Outcome::Returned(0x7f0000001000)), "0x7f0000001000");
  EXPECT_EQ(OutcomeText(kLoad, Returned(60, {}, std::string(60, 'x'))),
            "\"" + std::string(60, 'x') + "\"");
  EXPECT_EQ(OutcomeText(kLoad, Returned(61, {}, std::string(61, 'x'))),
            "\"" + std::string(60, 'x') + "\"... (61 bytes)");
}

}  // namespace
}  // namespace ipcrig
