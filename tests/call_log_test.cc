// SPDX-License-Identifier: Apache-2.0
//
// What others have recorded: read, judged and reported without a kernel.
#include "ops/call_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/judge.h"
#include "command.h"
#include "golden.h"
#include "report/report.h"

namespace ipcrig {
namespace {

using testing::HasSubstr;

constexpr std::string_view kQueueLine = "{\"queue\": \"q\"}\n";

std::string LogOf(const std::string& name) {
  return Contents(IPCRIG_SOURCE_DIR "/tests/histories/" + name);
}

ScenarioResult JudgedLog(const std::string& log) {
  auto run = ReadCallLog(log, "calls.jsonl");
  if (!run.ok()) {
    ADD_FAILURE() << run.error().Text();
    return {};
  }
  ScenarioResult result{"calls.jsonl", run->scenario, run->history};
  result.judgement = Judge(result.scenario, result.history);
  result.again = "check-history";
  return result;
}

std::string LogErrorOf(const std::string& log) {
  auto run = ReadCallLog(log, "log");
  return run.ok() ? "none" : run.error().Text();
}

// Of a log in which one thing is replaced.
Verdict LogVerdictOf(const std::string& name, const std::string& old = "",
                     const std::string& fresh = "") {
  std::string text = LogOf(name);
  const size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return JudgedLog(text.replace(at, old.size(), fresh)).judgement.verdict;
}

TEST(CallLog, IsReadAndExplained) {
  EXPECT_EQ(LogVerdictOf("example.jsonl"), Verdict::kPass);
  const auto run = ReadCallLog(LogOf("example.jsonl"), "log");
  ASSERT_TRUE(run.ok()) << run.error().Text();
  EXPECT_EQ(run->scenario.names.processes, (std::vector<std::string>{"A", "B", "P3"}));
  // The lines of the steps are those of the log, and the whole can be saved and read again.
  EXPECT_EQ(run->scenario.LineOf(run->scenario.steps.size() - 2), 10);
  const std::string text = PrintSavedRun({run->scenario, run->history});
  const auto cut = ParseSavedRun(std::string_view(text).substr(0, text.size() - 2), "saved");
  ASSERT_FALSE(cut.ok());
  EXPECT_THAT(cut.error().Text(), testing::HasSubstr(": the file ends within this line: it has"));
  const auto again = ParseSavedRun(text, "saved");
  ASSERT_TRUE(again.ok()) << again.error().Text();
  EXPECT_EQ(again->history, run->history);
  EXPECT_EQ(Judge(again->scenario, again->history).verdict, Verdict::kPass);
}

TEST(CallLog, WhatCannotBeIsFound) {
  EXPECT_EQ(LogVerdictOf("example.jsonl", "\"result\": [0, 0]", "\"result\": [0, 1]"),
            Verdict::kFail);
  EXPECT_EQ(LogVerdictOf("example.jsonl", "\"text\": \"one\"", "\"text\": \"two\""),
            Verdict::kFail);
  EXPECT_EQ(LogVerdictOf("example.jsonl", "ENOMSG", "EIDRM"), Verdict::kFail);
}

TEST(CallLog, WhoIsKilledDoesNothingAfterwards) {
  EXPECT_EQ(LogVerdictOf("killed.jsonl"), Verdict::kFail);
  EXPECT_EQ(LogVerdictOf("killed.jsonl", "70", "85"), Verdict::kPass);
  EXPECT_EQ(LogVerdictOf("killed.jsonl", ", \"killed\": 70", ""), Verdict::kPass);
}

TEST(CallLog, OneThatSleepsAndNeedNotHasLostItsWakeup) {
  const ScenarioResult result = JudgedLog(LogOf("lost_wakeup.jsonl"));
  ASSERT_EQ(result.judgement.findings.size(), 1U);
  EXPECT_EQ(result.judgement.findings.front().check, "lost-wakeup");
}

TEST(CallLog, ACycleIsExplainedInTheReport) {
  const ScenarioResult result = JudgedLog(LogOf("not_fifo.jsonl"));
  ExpectGolden("history_cycle.txt", TextReport(result, {}));
  ExpectGolden("history_cycle.json", JsonReport({result}, 0));
}

TEST(CallLog, WithoutACycleTheReportHasTheLongestOrder) {
  ExpectGolden("history_order.txt", TextReport(JudgedLog(LogOf("semaphore.jsonl")), {}));
}

TEST(CallLog, ErrorsNameLineAndColumn) {
  const auto call = [](const std::string& fields) {
    return LogErrorOf(std::string(kQueueLine) + "{\"process\": \"A\", " + fields + "}");
  };
  EXPECT_EQ(LogErrorOf(""), "log:0:1: no call");
  EXPECT_EQ(LogErrorOf("{\"queue\": \"q\"}\n"), "log:1:1: no call");
  EXPECT_EQ(LogErrorOf("\n{\"queue\" \"q\"}"), "log:2:12: not JSON");
  EXPECT_EQ(LogErrorOf("[1]"), "log:1:1: expected an object");
  EXPECT_EQ(LogErrorOf("{\"queue\": 7}"), "log:1:2: expected a name");
  EXPECT_EQ(LogErrorOf(std::string(kQueueLine) + std::string(kQueueLine)),
            "log:2:2: q is there already");
  EXPECT_EQ(LogErrorOf("{\"set\": \"s\"}"),
            "log:1:1: expected the values of the semaphores, a list");
  EXPECT_EQ(call("\"bogus\": 1"), "log:2:18: unknown field bogus");
  EXPECT_EQ(call("\"op\": \"msgsnd\""), "log:2:1: expected when it began, as call");
  EXPECT_EQ(call("\"op\": \"msgsnd\", \"call\": 1.5"), "log:2:34: expected a whole number as call");
  EXPECT_EQ(call("\"op\": \"msgsnd\", \"call\": 1"), "log:2:1: expected the arguments, a list");
  EXPECT_EQ(call("\"op\": \"exit\", \"args\": [0], \"call\": 1"),
            "log:2:18: exit cannot be in a log like this");
  EXPECT_THAT(call("\"op\": \"msgsnd\", \"args\": [\"p\", 1, \"x\", 0], \"call\": 1"),
              HasSubstr("log:2:34: msgsnd(p, 1, \"x\", 0): "));
  EXPECT_EQ(call("\"return\": 1"), "log:2:18: the process is in no call");
  const std::string begun = "\"op\": \"semop\", \"args\": [0, [[0, 1, \"SEM_UNDO\"]]], \"call\": 5";
  EXPECT_EQ(call(begun + ", \"return\": 4, \"result\": 0"), "log:2:79: before the call began");
  EXPECT_EQ(call(begun + ", \"return\": 6, \"result\": \"EWHAT\""),
            "log:2:92: unknown errno EWHAT");
  EXPECT_EQ(call(begun + ", \"killed\": 4"), "log:2:79: before the call began");
  EXPECT_EQ(call("\"ended\": 7.5"), "log:2:18: expected a whole number as ended");
  EXPECT_EQ(call(begun + "}\n{\"process\": \"A\", \"ended\": 7"),
            "log:3:18: the process has not returned");
  EXPECT_EQ(call(begun + ", \"asleep\": 1"), "log:2:79: expected true");
}

// A queue and a set that the calls make, a message that is no text, and a user of 1000.
constexpr std::string_view kFacts = R"({"facts": {"uid": 1000, "gid": 1000, "cap_ipc_owner": 0}})";
Verdict VerdictOf(const std::string& calls) {
  return JudgedLog(std::string(kFacts) + "\n" + calls).judgement.verdict;
}

TEST(CallLog, ObjectsMayBeMadeByTheCalls) {
  const std::string made =
      R"({"process": "A", "op": "msgget", "args": [7, "IPC_CREAT|0200"], "call": 1, "return": 2, )"
      R"("result": 32768, "at": "a.cc:1"})"
      "\n"
      R"({"process": "A", "op": "msgsnd", "args": [32768, 1, {"hex": "00ff"}, 0], "call": 3, )"
      R"("return": 4, "result": 0})"
      "\n";
  EXPECT_EQ(VerdictOf(made), Verdict::kPass);
  const auto receive = [&](const std::string& result) {
    return VerdictOf(made +
                     R"({"process": "B", "op": "msgrcv", "args": [32768, 9, 0, 0], )"
                     R"("call": 5, "return": 6, "result": )" +
                     result + "}");
  };
  EXPECT_EQ(receive("\"EACCES\""), Verdict::kPass);  // 0200
  EXPECT_EQ(receive(R"({"type": 1, "text": {"hex": "00ff"}})"), Verdict::kFail);
}

TEST(CallLog, LongMessagesAreToldApart) {
  const std::string a(100, 'a');
  const std::string b = a.substr(1) + "b";
  const auto log = [&](const std::string& flags, int size, const std::string& text) {
    std::string lines(kQueueLine);
    for (const auto& [sent, times] :
         {std::pair(a, R"("call": 1, "return": 2)"), std::pair(b, R"("call": 3, "return": 4)")}) {
      lines += R"({"process": "A", "op": "msgsnd", "args": ["q", 1, ")" + sent + R"(", 0], )" +
               times + ", \"result\": 0}\n";
    }
    return lines + R"({"process": "A", "op": "msgrcv", "args": ["q", )" + std::to_string(size) +
           R"(, 0, )" + flags + R"(], "call": 5, "return": 6, "result": {"type": 1, "text": ")" +
           text + "\"}}";
  };
  const auto verdict = [&](const std::string& flags, int size, const std::string& text) {
    return JudgedLog(log(flags, size, text)).judgement.verdict;
  };
  EXPECT_EQ(verdict("0", 100, a), Verdict::kPass);
  EXPECT_EQ(verdict("0", 100, b), Verdict::kFail);
  EXPECT_EQ(verdict("0", 100, std::string(100, 'c')), Verdict::kFail);
  EXPECT_EQ(verdict("\"MSG_NOERROR\"", 100, a), Verdict::kPass);
  EXPECT_EQ(LogErrorOf(log("\"MSG_NOERROR\"", 50, std::string(50, 'a'))),
            "log:4:1: which of several messages was cut off here cannot be told");
}

// The first operation takes the only semaphore, and gives it back when its process is gone.
TEST(CallLog, WhatEndsUndoes) {
  const auto verdict = [](const std::string& end, int value) {
    return JudgedLog(R"({"set": "s", "values": [1]})"
                     "\n"
                     R"({"process": "A", "op": "semop", "args": ["s", [[0, -1, "SEM_UNDO"]]], )"
                     R"("call": 1)" +
                     end +
                     R"({"process": "B", "op": "semctl", "args": ["s", 0, "GETVAL"], "call": 30, )"
                     R"("return": 31, "result": )" +
                     std::to_string(value) + "}")
        .judgement.verdict;
  };
  const std::string returned = ", \"return\": 2, \"result\": 0}\n";
  const std::string ended = R"({"process": "A", "ended": )";
  EXPECT_EQ(verdict(returned, 0), Verdict::kPass);
  EXPECT_EQ(verdict(returned, 1), Verdict::kFail);
  EXPECT_EQ(verdict(returned + ended + "20}\n", 1), Verdict::kPass);
  EXPECT_EQ(verdict(returned + ended + "20}\n", 0), Verdict::kFail);
  EXPECT_EQ(verdict(returned + ended + "40}\n", 0), Verdict::kPass);
  EXPECT_EQ(verdict(returned + ended + "40}\n", 1), Verdict::kPass);
  EXPECT_EQ(verdict(", \"killed\": 20}\n", 1), Verdict::kPass);
  EXPECT_EQ(verdict(", \"killed\": 20}\n", 0), Verdict::kFail);
  EXPECT_EQ(verdict(", \"killed\": 40}\n", 0), Verdict::kPass);
}

// One line of a process, which returned.
std::string Line(const std::string& process, const std::string& op, const std::string& args,
                 int call, int back, const std::string& result) {
  return R"({"process": ")" + process + R"(", "op": ")" + op + R"(", "args": [)" + args +
         R"(], "call": )" + std::to_string(call) + R"(, "return": )" + std::to_string(back) +
         R"(, "result": )" + result + "}\n";
}

TEST(CallLog, WhatIsNotedOfWhoDidWhat) {
  const auto verdict = [](int lspid, int messages, int time) {
    return JudgedLog(
               R"({"process": "A", "pid": 70, "op": "msgget", "args": [7, "IPC_CREAT|0600"], )"
               R"("call": 1, "return": 2, "result": 3})"
               "\n"
               R"({"process": "B", "pid": 80, "op": "msgsnd", "args": [3, 1, "x", 0], )"
               R"("call": 3, "return": 4, "result": 0})"
               "\n"
               R"({"process": "C", "thread": "B", "op": "msgsnd", "args": [3, 1, "y", 0], )"
               R"("call": 5, "return": 6, "result": 0})"
               "\n" +
               Line("A", "msgctl", R"(3, "IPC_STAT")", 7, 8,
                    R"({"key": 7, "uid": 0, "gid": 0, "cuid": 0, "cgid": 0, "mode": 384, )"
                    R"("cbytes": 2, "qnum": )" +
                        std::to_string(messages) + R"(, "qbytes": 1099511627776, "lspid": )" +
                        std::to_string(lspid) + R"(, "lrpid": 0, "stime": )" +
                        std::to_string(time) + R"(, "rtime": 0, "ctime": 5})"))
        .judgement.verdict;
  };
  EXPECT_EQ(verdict(80, 2, 9), Verdict::kPass);
  EXPECT_EQ(verdict(70, 2, 9), Verdict::kFail);
  EXPECT_EQ(verdict(80, 1, 9), Verdict::kFail);
  EXPECT_EQ(verdict(80, 2, 0), Verdict::kFail);
  EXPECT_EQ(
      LogErrorOf(R"({"process": "A", "thread": "B", "op": "msgget", "args": [7, 0], "call": 1})"),
      "log:1:18: expected the name of a process above");
}

// A thread that slept may be noted by its own number (L2), the first one not.
TEST(CallLog, WhoReceivedIsAThread) {
  const auto verdict = [](const std::string& receiver, int lrpid) {
    return JudgedLog(
               std::string(kQueueLine) +
               R"({"process": "A", "pid": 70})"
               "\n"
               R"({"process": "B", "thread": "A", "pid": 71, "op": "msgget", "args": [7, 0], )"
               R"("call": 1, "return": 2, "result": "ENOENT"})"
               "\n"
               R"({"process": "S", "pid": 80, "op": "msgsnd", "args": ["q", 1, "x", 0], )"
               R"("call": 3, "return": 4, "result": 0})"
               "\n" +
               Line(receiver, "msgrcv", R"("q", 9, 0, 0)", 2, 6, R"({"type": 1, "text": "x"})") +
               Line("S", "msgctl", R"("q", "IPC_STAT")", 7, 8,
                    R"({"key": 0, "uid": 0, "gid": 0, "cuid": 0, "cgid": 0, "mode": 384, )"
                    R"("cbytes": 0, "qnum": 0, "qbytes": 1099511627776, "lspid": 80, "lrpid": )" +
                        std::to_string(lrpid) + R"(, "stime": 1, "rtime": 1, "ctime": 1})"))
        .judgement.verdict;
  };
  EXPECT_EQ(verdict("A", 70), Verdict::kPass);
  EXPECT_EQ(verdict("A", 71), Verdict::kFail);
  EXPECT_EQ(verdict("B", 70), Verdict::kPass);
  EXPECT_EQ(verdict("B", 71), Verdict::kPass);
  EXPECT_EQ(verdict("B", 80), Verdict::kFail);
}

TEST(CallLog, AnInterruptedCallSlept) {
  const auto verdict = [](const std::string& flags, int sent) {
    return JudgedLog(std::string(kQueueLine) +
                     Line("A", "msgsnd", R"("q", 1, "x", 0)", sent, sent + 1, "0") +
                     Line("B", "msgrcv", R"("q", 9, 0, )" + flags, 10, 20, R"("EINTR")") +
                     Line("A", "msgrcv", R"("q", 9, 0, 0)", 30, 31, R"({"type": 1, "text": "x"})"))
        .judgement.verdict;
  };
  EXPECT_EQ(verdict("0", 25), Verdict::kPass);
  EXPECT_EQ(verdict("0", 19), Verdict::kPass);
  EXPECT_EQ(verdict("0", 5), Verdict::kFail);  // there was a message for it
  EXPECT_EQ(verdict("\"IPC_NOWAIT\"", 25), Verdict::kFail);
}

// A creates and attaches a segment, and forks B.
std::string Attached(const std::string& more) {
  return R"({"process": "A", "pid": 70, "op": "shmget", "args": ["IPC_PRIVATE", 10, "0600"], )"
         R"("call": 1, "return": 2, "result": 5})"
         "\n" +
         Line("A", "shmat", R"(5, "NULL", 0)", 3, 4, "140000000000000") +
         Line("A", "fork", R"("B")", 5, 6, "80") + more;
}

std::string Status(const std::string& process, int call, int nattch, int lpid,
                   const std::string& dest = "384") {
  return Line(process, "shmctl", R"(5, "IPC_STAT")", call, call + 1,
              R"({"key": 0, "uid": 0, "gid": 0, "cuid": 0, "cgid": 0, "mode": )" + dest +
                  R"(, "segsz": 10, "cpid": 70, "lpid": )" + std::to_string(lpid) +
                  R"(, "nattch": )" + std::to_string(nattch) + R"(, "atime": 1, "dtime": )" +
                  (nattch == 2 ? "0" : "1") + R"(, "ctime": 1})");
}

Verdict AttachedVerdict(const std::string& more) {
  return JudgedLog(Attached(more)).judgement.verdict;
}

TEST(CallLog, AForkAttaches) {
  EXPECT_EQ(AttachedVerdict(Status("A", 7, 2, 70)), Verdict::kPass);
  EXPECT_EQ(AttachedVerdict(Status("A", 7, 1, 70)), Verdict::kFail);
  EXPECT_EQ(AttachedVerdict(Status("B", 7, 2, 80)), Verdict::kFail);
  const std::string detach = Line("B", "shmdt", "140000000000000", 7, 8, "0");
  EXPECT_EQ(AttachedVerdict(detach + Status("A", 9, 1, 80)), Verdict::kPass);
  EXPECT_EQ(AttachedVerdict(detach + Status("A", 9, 2, 80)), Verdict::kFail);
  EXPECT_EQ(AttachedVerdict(detach + Line("B", "shmdt", "140000000000000", 9, 10, "0")),
            Verdict::kFail);
}

TEST(CallLog, WhatEndsDetaches) {
  const std::string remove = Line("A", "shmctl", R"(5, "IPC_RMID")", 7, 8, "0") +
                             Line("A", "shmdt", "140000000000000", 9, 10, "0");
  const std::string ended = R"({"process": "B", "ended": 20})"
                            "\n";
  const auto find = [](int call, bool there) {
    return there ? Status("A", call, 1, 70, "896")
                 : Line("A", "shmctl", R"(5, "IPC_STAT")", call, call + 1, R"("EINVAL")");
  };
  EXPECT_EQ(AttachedVerdict(remove + find(30, true)), Verdict::kPass);
  EXPECT_EQ(AttachedVerdict(remove + find(30, false)), Verdict::kFail);
  EXPECT_EQ(AttachedVerdict(remove + ended + find(30, false)), Verdict::kPass);
  EXPECT_EQ(AttachedVerdict(remove + ended + find(30, true)), Verdict::kFail);
  EXPECT_EQ(AttachedVerdict(remove + ended + find(15, true)), Verdict::kPass);
  EXPECT_EQ(AttachedVerdict(remove + ended + find(15, false)), Verdict::kPass);
  // Killed while it attached: it had, or not, and has not any more.
  const std::string killed =
      R"({"process": "B", "op": "shmat", "args": [5, "NULL", 0], "call": 11, "killed": 20})"
      "\n";
  EXPECT_EQ(AttachedVerdict(remove + killed + find(30, false)), Verdict::kPass);
  EXPECT_EQ(AttachedVerdict(remove + killed + find(30, true)), Verdict::kFail);
}

// What one thread has attached another detaches; those of a forked process, too.
TEST(CallLog, ThreadsShareTheirMemory) {
  const std::string other =
      R"({"process": "C", "thread": "B", "op": "shmdt", "args": [140000000000000], "call": 7, )"
      R"("return": 8, "result": )";
  const auto verdict = [&](const std::string& result, int nattch) {
    return AttachedVerdict(other + result + "}\n" + Status("A", 9, nattch, 80));
  };
  EXPECT_EQ(verdict("0", 1), Verdict::kPass);
  EXPECT_EQ(verdict("0", 2), Verdict::kFail);
  EXPECT_EQ(verdict("\"EINVAL\"", 2), Verdict::kFail);
}

TEST(CheckHistory, TellsByItsExitCode) {
  const ScratchDirectory scratch;
  const auto check = [&](const std::string& text, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"check-history", scratch.Write("calls.jsonl", text)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunIpcrig(arguments);
  };
  EXPECT_EQ(check(LogOf("example.jsonl")).exit_code, 0);
  const CommandResult failed = check(LogOf("not_fifo.jsonl"));
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.output, HasSubstr("because"));
  EXPECT_EQ(check("garbage\n").exit_code, 65);
  EXPECT_THAT(check("{\"queue\": 1}").output, HasSubstr("calls.jsonl:1:2: expected a name"));
  EXPECT_THAT(check(LogOf("not_fifo.jsonl"), {"--junit", "-"}).output, HasSubstr("<failure "));
  EXPECT_THAT(check(LogOf("not_fifo.jsonl"), {"--json", "-"}).output, HasSubstr("\"cycle\": ["));
  // Many who were killed, and a message that nobody sent: in no time nothing can be said.
  std::string hard(kQueueLine);
  for (int i = 0; i < 12; ++i) {
    hard += R"({"process": )" + std::to_string(i) + R"(, "op": "msgsnd", "args": ["q", )" +
            std::to_string(i + 1) + R"(, "m", 0], "call": 1, "killed": 99})" + "\n";
  }
  hard += R"({"process": "B", "op": "msgrcv", "args": ["q", 9, 0, 0], "call": 2, "return": 3, )"
          R"("result": {"type": 1, "text": "none"}})";
  const CommandResult unknown = check(hard, {"--time", "0.001"});
  EXPECT_EQ(unknown.exit_code, 3) << unknown.output;
}

TEST(CheckHistory, JudgesASavedRun) {
  const ScratchDirectory scratch;
  const std::string scenario = scratch.Write("a.ipc",
                                             "A  q = msgget(IPC_PRIVATE, 0600)\n"
                                             "race {\n"
                                             "  A  msgsnd(q, 1, \"one\", 0)\n"
                                             "  B  msgrcv(q, 9, 0, 0)\n"
                                             "}\n"
                                             "A  msgctl(q, IPC_RMID)\n");
  const std::string saved = scratch.path() + "/a.run";
  const CommandResult run = RunIpcrig({"replay", scenario, "--history", saved});
  if (run.exit_code == 69) GTEST_SKIP() << run.output;
  ASSERT_EQ(run.exit_code, 0) << run.output;
  EXPECT_EQ(RunIpcrig({"check-history", saved}).exit_code, 0);
  // The same run, in which the receiver is said to have got something else.
  std::string text = Contents(saved);
  const size_t at = text.find("[1] \"one\"");
  ASSERT_NE(at, std::string::npos) << text;
  const std::string wrong = scratch.Write("b.run", text.replace(at, 9, "[1] \"two\""));
  EXPECT_EQ(RunIpcrig({"check-history", wrong}).exit_code, 1);
  EXPECT_EQ(RunIpcrig({"check-history", scenario}).exit_code, 65);
  const CommandResult folder = RunIpcrig({"check-history", "/tmp"});
  EXPECT_EQ(folder.exit_code, 65);
  EXPECT_THAT(folder.output, HasSubstr("/tmp: this is a directory"));
}

}  // namespace
}  // namespace ipcrig
