// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

// One line of each operation, in the order of the table, and some more with other arguments.
constexpr const char* kLines[] = {
    R"(k = ftok("/proc", 1))",
    "seg = shmget(1234, 10, IPC_CREAT|0644)",
    "at = shmat(seg, NULL, 0)",
    "shmdt(at)",
    "shmctl(seg, IPC_STAT)",
    "shmctl(0, SHM_STAT_ANY)",
    "shmctl(seg, IPC_SET, {uid=1, gid=2, mode=0640})",
    "shmctl(seg, IPC_RMID)",
    "shmctl(seg, SHM_UNLOCK)",
    "shmctl(0, IPC_INFO)",
    "shmctl(0, SHM_INFO, BAD)",
    "shmctl(seg, 9999)",
    R"(store(at, 0, "Hello Parent!\x00"))",
    "load(at+1, 4, 65536)",
    "fill(at, 1099511627776, 67108864, 255)",
    "verify(at-1, 0, 10, 0)",
    "mprotect(at+4096, 4096, PROT_READ|PROT_WRITE|PROT_EXEC)",
    "munmap(at, 67108864)",
    "at2 = mremap(at, 4096, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, at+8192)",
    "mlock(at, 4096)",
    "munlock(at, 0)",
    "madvise(at, 4096, MADV_DOFORK)",
    "maps(at2)",
    "q = msgget(k, IPC_CREAT|IPC_EXCL|0600)",
    R"(msgsnd(q, -9223372036854775808, "#, (\"", IPC_NOWAIT))",
    "msgrcv(q, 100, -2, IPC_NOWAIT|MSG_NOERROR)",
    "msgctl(q, IPC_STAT)",
    "msgctl(q, MSG_STAT)",
    "msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=16384})",
    "msgctl(q, IPC_RMID)",
    "msgctl(0, IPC_INFO)",
    "msgctl(0, MSG_INFO)",
    "msgctl(q, -1)",
    "s = semget(IPC_PRIVATE, 2, 0600)",
    "semop(s, [{0, -1, SEM_UNDO}, {1, 1, 0}])",
    "semtimedop(s, [{0, -1, 0}*3], {0, 1000}, EDGE)",
    "semctl(s, 0, GETVAL)",
    "semctl(s, 65535, GETPID)",
    "semctl(s, 1, GETNCNT)",
    "semctl(s, 1, GETZCNT)",
    "semctl(s, 1, SETVAL, -2147483648)",
    "semctl(s, 0, GETALL)",
    "semctl(s, 0, SETALL, [1, 0, 65535])",
    "semctl(s, 0, IPC_STAT)",
    "semctl(s, 0, SEM_STAT_ANY)",
    "semctl(s, 0, IPC_SET, {uid=0, gid=0, mode=0})",
    "semctl(s, 0, IPC_RMID)",
    "semctl(0, 0, IPC_INFO)",
    "semctl(0, 0, SEM_INFO)",
    "semctl(s, 0, 9999)",
    "p = pipe()",
    "p2 = pipe2(O_NONBLOCK)",
    "fcntl(p.w, F_SETPIPE_SZ, 1048576)",
    "write(p.w, data(7, 65536))",
    "read(p.r, 0)",
    "close(p.w)",
    "fork(C)",
    "clone(D, CLONE_SYSVSEM)",
    "thread(E)",
    "thread_exit()",
    "exec(self)",
    R"(exec("hello_parent"))",
    "exit(255)",
    "kill(B, SIGKILL)",
    "wait(C)",
    "sigaction(SIGUSR1, SA_RESTART)",
    "signal(SIGPIPE, SIG_DFL)",
    "next_second()",
    "setuid(4294967295)",
    "setgid(1)",
    "setgroups([10, 20])",
    "capset(CAP_IPC_LOCK|CAP_SYS_ADMIN)",
    "setrlimit(RLIMIT_MEMLOCK, 9223372036854775807)",
    "unshare(CLONE_NEWIPC|CLONE_NEWPID)",
    "setns(B, CLONE_NEWIPC)",
    "sysctl(shm_next_id, seg+32768)",
    "read_sysctl(semopm)",
    // the same ones, with results that nobody keeps, and numbers in place of them
    R"(ftok("", -2147483648))",
    "shmget(IPC_PRIVATE, 9223372036854775807, 0)",
    "shmget(IPC_PRIVATE, -1, SHM_HUGETLB|SHM_NORESERVE|SHM_HUGE_1GB|0600)",
    "shmat(-1, at+4096, SHM_RDONLY|SHM_RND)",
    "shmat(seg+32768, 4096, SHM_REMAP|SHM_EXEC|SHM_UNKNOWN)",
    "shmctl(2147483647, IPC_RMID)",
    "shmctl(seg-1, IPC_STAT, EDGE)",
    "mprotect(NULL, 0, 0)",
    "mremap(at, 0, 0, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, NULL)",
    "msgget(-1, 0777)",
    R"(msgsnd(q, 1, "x", 0, NEGATIVE))",
    "msgrcv(q, -1, 1, MSG_EXCEPT|MSG_COPY, BAD)",
    "semget(k, -1, IPC_CREAT)",
    "semop(0, [])",
    "semop(s, [{0, 1, 0}*500], BAD)",
    "semtimedop(s, [{0, 0, 0}], NULL)",
    "semtimedop(s, [{0, 0, 0}], BAD)",
    "pipe()",
    "pipe2(0)",
    "kill(A, SIGALRM)",
    "kill(E, SIGCONT)",
    "capset(0)",
    "sysctl(shmmax, 8192)",
};

// Reads all lines with one set of names, as a scenario does.
std::vector<Op> ReadLines(Names& names) {
  std::vector<Op> ops;
  for (const char* line : kLines) {
    Reader in(line, names);
    ops.push_back(ReadOp(in));
    EXPECT_TRUE(in.ok()) << line << ": " << in.error().message;
    EXPECT_TRUE(in.AtEnd()) << line;
  }
  return ops;
}

std::string CallErrorOf(std::string_view line) {
  Names names{{"A"}, {{"q", Kind::kQueue}}};
  Reader in(line, names);
  ReadOp(in);
  return in.ok() ? "" : std::to_string(in.error().column) + ": " + in.error().message;
}

TEST(Ops, EveryOperationOfTheTableIsReadAndPrintedIdentically) {
  Names names{{"A", "B"}, {}};
  const std::vector<Op> ops = ReadLines(names);
  std::set<size_t> seen;
  for (size_t i = 0; i < ops.size(); ++i) {
    seen.insert(ops[i].index());
    if (i < kOpCount) {
      EXPECT_EQ(ops[i].index(), i) << kLines[i];
    }
    Writer out{names, ""};
    PrintOp(out, ops[i]);
    EXPECT_EQ(out.out, kLines[i]);
  }
  EXPECT_EQ(seen.size(), kOpCount);
}

TEST(Ops, AllOpsAreTheTableInItsOrder) {
  ASSERT_EQ(AllOps().size(), kOpCount);
  for (size_t i = 0; i < kOpCount; ++i) EXPECT_EQ(AllOps()[i].index(), i);
}

TEST(Ops, EverySignatureIsOfItsKindOnly) {
  std::set<std::string> signatures;
  for (const Op& op : AllOps()) {
    const std::string signature = OpSignature(op);
    const std::string start = std::string(OpName(op)) + "(";
    EXPECT_EQ(signature.substr(0, start.size()), start);
    EXPECT_EQ(signature.back(), ')');
    EXPECT_TRUE(signatures.insert(signature).second) << signature << " stands for two operations";
  }
  EXPECT_TRUE(signatures.count("msgrcv(msqid, msgsz, msgtyp, flags, [buffer])"));
  EXPECT_TRUE(signatures.count("shmctl(shmid, SHM_LOCK|SHM_UNLOCK)"));
  EXPECT_TRUE(signatures.count("semctl(semid, semnum, SETVAL, val)"));
  EXPECT_TRUE(signatures.count("exec(self)"));
  EXPECT_TRUE(signatures.count("pipe()"));
}

TEST(Ops, EveryOperationNamesAManualPage) {
  for (const Op& op : AllOps()) {
    const std::string manual(OpManual(op));
    ASSERT_GT(manual.size(), 3u) << OpName(op);
    const std::string section = manual.substr(manual.size() - 3);
    EXPECT_TRUE(section == "(2)" || section == "(3)" || section == "(5)" || section == "(7)" ||
                section == "(8)")
        << manual;
  }
}

TEST(Ops, OnlyAnswersOfFieldsHaveNamesAndNoneTwice) {
  for (const Op& op : AllOps()) {
    const auto names = OpReplyNames(op);
    EXPECT_EQ(OpReply(op) == Reply::kFields, !names.empty()) << OpSignature(op);
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size()) << OpSignature(op);
  }
}

TEST(Ops, OnlyCallsThatMakeSomethingCanBeAssigned) {
  std::set<std::string> assigning;
  for (const Op& op : AllOps()) {
    EXPECT_EQ(OpAssigns(op), -1) << OpSignature(op);
    Names names{{"A", "B"}, {}};
    const auto lines = ReadLines(names);
    if (OpAssigns(lines[op.index()]) >= 0) assigning.emplace(OpName(op));
  }
  EXPECT_EQ(assigning, (std::set<std::string>{"ftok", "shmget", "shmat", "mremap", "msgget",
                                              "semget", "pipe", "pipe2"}));
  EXPECT_EQ(CallErrorOf("x = exit(0)"), "1: exit has no result to keep");
}

TEST(Ops, PrintCallLeavesTheVariableOut) {
  Names names{{"A"}, {}};
  Reader in("q = msgget(1, 0600)", names);
  const Op op = ReadOp(in);
  Writer out{names, ""};
  PrintCall(out, op);
  EXPECT_EQ(out.out, "msgget(1, 0600)");
  EXPECT_EQ(OpAssigns(op), 0);
}

TEST(Ops, SimplerOpsAreOtherOpsOfTheSameKindThatCanBeWritten) {
  Names names{{"A", "B"}, {}};
  size_t count = 0;
  for (const Op& op : ReadLines(names)) {
    for (const Op& simpler : SimplerOps(op)) {
      ++count;
      EXPECT_FALSE(simpler == op) << OpSignature(op);
      EXPECT_EQ(simpler.index(), op.index());
      EXPECT_EQ(OpAssigns(simpler), OpAssigns(op));
      if (ChildOf(simpler) >= 0) continue;  // its child cannot be new again
      Writer out{names, ""};
      PrintOp(out, simpler);
      Names again = names;
      Reader in(out.out, again);
      EXPECT_TRUE(ReadOp(in) == simpler) << out.out;
      EXPECT_TRUE(in.ok()) << out.out << ": " << in.error().message;
    }
  }
  EXPECT_GT(count, 50u);
}

TEST(Ops, SimplerOpsChangeOneArgument) {
  Names names{{"A"}, {}};
  Reader in("q = msgget(7, IPC_CREAT|IPC_EXCL|0600)", names);
  std::vector<std::string> texts;
  for (const Op& simpler : SimplerOps(ReadOp(in))) {
    Writer out{names, ""};
    PrintOp(out, simpler);
    texts.push_back(out.out);
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"q = msgget(IPC_PRIVATE, IPC_CREAT|IPC_EXCL|0600)",
                                             "q = msgget(7, IPC_EXCL|0600)",
                                             "q = msgget(7, IPC_CREAT|0600)"}));
}

TEST(Ops, AnOperationIsItsBytes) {
  Names names{{"A", "B"}, {}};
  for (const Op& op : ReadLines(names)) {
    alignas(Op) unsigned char shared[sizeof(Op)];
    std::memcpy(shared, &op, sizeof(Op));
    Op copy = Exit{};
    std::memcpy(static_cast<void*>(&copy), shared, sizeof(Op));
    EXPECT_TRUE(copy == op) << OpSignature(op);
  }
}

TEST(Ops, AnUnknownFormListsTheWordsThatTellThemApart) {
  constexpr const char* kOfMsgctl =
      "8: unknown form of msgctl: it knows IPC_STAT, MSG_STAT, MSG_STAT_ANY, IPC_SET, IPC_RMID, "
      "IPC_INFO, MSG_INFO";
  EXPECT_EQ(CallErrorOf("msgctl(q, IPC_STOP)"), kOfMsgctl);
  EXPECT_EQ(CallErrorOf("msgctl(q)"), kOfMsgctl);
  EXPECT_EQ(CallErrorOf("semctl(q, IPC_RMID)"),
            "8: unknown form of semctl: it knows GETVAL, GETPID, GETNCNT, GETZCNT, SETVAL, GETALL, "
            "SETALL, IPC_STAT, SEM_STAT, SEM_STAT_ANY, IPC_SET, IPC_RMID, IPC_INFO, SEM_INFO");
  EXPECT_EQ(CallErrorOf("exec(other)"), "6: expected a text in double quotes");
}

TEST(Ops, TabsBetweenArgumentsAreBlanks) {
  EXPECT_EQ(CallErrorOf("msgctl(\tq\t,\tIPC_RMID\t)"), "");
  EXPECT_EQ(CallErrorOf("msgsnd(\tq\t,\t1,\t\"x\"\t,\t0\t)"), "");
}

TEST(Ops, ArgumentsMustBeComplete) {
  EXPECT_EQ(CallErrorOf("msgsnd(q, 1, \"x\")"), "17: expected ','");
  EXPECT_EQ(CallErrorOf("msgsnd(q, 1, \"x\", 0, 0)"), "22: expected BAD, EDGE, NEGATIVE or ')'");
  EXPECT_EQ(CallErrorOf("msgsnd(q, 1, \"x\", 0"), "20: expected ',' before the end of the line");
  EXPECT_EQ(CallErrorOf("pipe(1)"), "6: expected ')'");
  EXPECT_EQ(CallErrorOf("exit()"), "6: expected a number");
}

}  // namespace
}  // namespace ipcrig
