// SPDX-License-Identifier: Apache-2.0
//
// The model of signals, of stopped processes and of threads: what becomes of a call that sleeps.
#include <cerrno>

#include <gtest/gtest.h>

#include "simulated_kernel.h"

namespace ipcrig {
namespace {

// signal(7): these fail with EINTR whatever SA_RESTART says.
TEST(ModelSignal, AHandlerInterruptsIpcCalls) {
  for (const char* flags : {"0", "SA_RESTART"}) {
    for (const char* call :
         {"msgrcv(q, 9, 2, 0)", "msgsnd(q, 1, \"more\", 0)", "semop(s, [{0, -1, 0}])",
          "semop(s, [{1, 0, 0}])", "semtimedop(s, [{0, -1, 0}], {1000, 0})",
          "semtimedop(s, [{0, -1, 0}], NULL)"}) {
      Observed run(std::string(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  msgctl(q, IPC_SET, {uid=0, gid=0, mode=0600, qbytes=4})
A  msgsnd(q, 1, "full", 0)
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 1, SETVAL, 1)
B  sigaction(SIGUSR1, )") +
                   flags + ")\nB  " + call + "  -> blocks\n" + R"(A  kill(B, SIGUSR1)
B  returns  -> EINTR
A  semctl(s, 0, GETNCNT)  -> 0
A  semctl(s, 1, GETZCNT)  -> 0
A  msgctl(q, IPC_STAT)    -> {qnum=1, lrpid=0}
)");
      EXPECT_EQ(run.Verdict(), "pass") << call << flags << run.Text();
      run.Forget("B");
      EXPECT_EQ(run.Verdict(), "conformance") << call << flags;
    }
  }
}

TEST(ModelSignal, SaRestartRestartsPipesAndWait) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
B  sigaction(SIGUSR1, SA_RESTART)
B  sigaction(SIGUSR2, 0)
B  read(p.r, 9)       -> blocks
A  kill(B, SIGUSR1)
A  write(p.w, "text")
B  returns            -> "text"
B  read(p.r, 9)       -> blocks
A  kill(B, SIGUSR2)
B  returns            -> EINTR
B  fork(C)
B  wait(C)            -> blocks
A  kill(B, SIGUSR1)
A  kill(B, SIGUSR2)
B  returns            -> EINTR
)"),
            "pass");
}

TEST(ModelSignal, AWriteThatHasBegunTellsHowFarItCame) {
  for (const char* flags : {"0", "SA_RESTART"}) {
    EXPECT_EQ(VerdictOf(std::string(R"(
A  p = pipe()
A  fork(B)
B  sigaction(SIGUSR1, )") +
                        flags + R"()
B  write(p.w, data(1, 61440))
B  write(p.w, data(2, 9000))  -> blocks
A  kill(B, SIGUSR1)
B  returns                    -> 4096
)"),
              "pass");
  }
}

TEST(ModelSignal, AnIgnoredSignalDoesNothing) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  signal(SIGUSR1, SIG_IGN)
B  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGUSR1)
A  kill(B, SIGPIPE)
A  kill(B, SIGCONT)
A  msgsnd(q, 1, "x", 0)
B  returns                 -> {1, "x"}
B  signal(SIGUSR1, SIG_DFL)
A  kill(B, SIGUSR1)
B  signal(SIGKILL, SIG_IGN)  -> ok
)")
                .substr(0, 6),
            "broken");
  EXPECT_EQ(VerdictOf(R"(
A  signal(SIGKILL, SIG_IGN)  -> EINVAL
A  sigaction(SIGSTOP, 0)     -> EINVAL
A  sigaction(SIGCONT, 0)     -> 0
)"),
            "pass");
}

TEST(ModelSignal, TheInterruptedTakeNothingWithThem) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGUSR1, 0)
B  msgrcv(q, 9, 0, 0)      -> blocks
C  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGUSR1)
B  returns                 -> EINTR
B  msgrcv(q, 9, 0, 0)      -> blocks
A  msgsnd(q, 1, "one", 0)
C  returns                 -> {1, "one"}
A  msgsnd(q, 1, "two", 0)
B  returns                 -> {1, "two"}
)"),
            "pass");
}

TEST(ModelSignal, HandlersAreInheritedAndEndWithExec) {
  EXPECT_EQ(VerdictOf(R"(
A  sigaction(SIGUSR1, 0)
A  signal(SIGUSR2, SIG_IGN)
A  fork(B)
A  fork(C)
A  kill(B, SIGUSR1)
B  exec(self)
A  kill(B, SIGUSR2)
A  kill(B, SIGUSR1)
A  wait(B)                 -> SIGUSR1
A  kill(C, SIGUSR1)
A  kill(C, SIGTERM)
A  wait(C)                 -> SIGTERM
)"),
            "pass");
}

TEST(ModelSignal, WithoutAReaderAWriteMayKill) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  close(p.r)
A  write(p.w, "x")         -> EPIPE
A  fork(B)
B  sigaction(SIGPIPE, 0)
B  write(p.w, "x")         -> EPIPE
B  signal(SIGPIPE, SIG_DFL)
B  write(p.w, "x")         -> SIGPIPE
A  wait(B)                 -> SIGPIPE
)"),
            "pass");
}

TEST(ModelStop, AStoppedReceiverIsInNoQueue) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  msgrcv(q, 9, 0, 0)      -> blocks
C  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGSTOP)
A  kill(B, SIGCONT)
A  msgsnd(q, 1, "one", 0)
C  returns                 -> {1, "one"}
A  kill(B, SIGSTOP)
A  msgsnd(q, 1, "two", 0)
A  msgctl(q, IPC_STAT)     -> {qnum=1, lrpid=C}
A  kill(B, SIGCONT)
B  returns                 -> {1, "two"}
)"),
            "pass");
}

TEST(ModelStop, ACallThatBeginsAnewLooksForItsQueueAgain) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
B  msgrcv(q, 9, 0, 0)      -> blocks
C  semop(s, [{0, -1, 0}])  -> blocks
A  kill(B, SIGSTOP)
A  kill(C, SIGSTOP)
A  semctl(s, 0, GETNCNT)   -> 0
A  msgctl(q, IPC_RMID)
A  semctl(s, 0, IPC_RMID)
A  kill(B, SIGCONT)
B  returns                 -> EINVAL
A  kill(C, SIGCONT)
C  returns                 -> EINTR
)"),
            "pass");
}

TEST(ModelStop, SemopIsInterruptedBySigcont) {
  for (const char* call : {"semop(s, [{0, -1, SEM_UNDO}])", "semop(s, [{1, 0, 0}])",
                           "semtimedop(s, [{0, -1, 0}], {1000, 0})"}) {
    EXPECT_EQ(VerdictOf(std::string(R"(
A  s = semget(IPC_PRIVATE, 2, 0600)
A  semctl(s, 1, SETVAL, 1)
B  )") + call + R"(  -> blocks
A  kill(B, SIGSTOP)
A  semop(s, [{0, 1, 0}])
A  semctl(s, 0, GETVAL)    -> 1
A  kill(B, SIGCONT)
B  returns                 -> EINTR
A  semctl(s, 0, GETVAL)    -> 1
)"),
              "pass")
        << call;
  }
}

TEST(ModelStop, AHandlerRunsWhenTheProcessGoesOn) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGUSR1, SA_RESTART)
B  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGSTOP)
A  kill(B, SIGUSR1)
A  msgsnd(q, 1, "one", 0)
A  kill(B, SIGCONT)
B  returns                 -> EINTR
A  msgctl(q, IPC_STAT)     -> {qnum=1}
)"),
            "pass");
}

TEST(ModelStop, AHandlerOfSigcontInterrupts) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGCONT, 0)
B  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGCONT)
B  returns                 -> EINTR
B  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGSTOP)
A  kill(B, SIGCONT)
B  returns                 -> EINTR
)"),
            "pass");
}

TEST(ModelStop, AStoppedProcessDiesOfSigkillOnly) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  fork(B)
A  fork(C)
B  msgrcv(q, 9, 0, 0)      -> blocks
C  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGSTOP)
A  kill(B, SIGTERM)
A  kill(C, SIGSTOP)
A  kill(C, SIGKILL)
A  wait(C)                 -> SIGKILL
A  kill(B, SIGCONT)
A  wait(B)                 -> SIGTERM
)"),
            "pass");
}

TEST(ModelStop, AStoppedWriteTellsHowFarItCame) {
  EXPECT_EQ(VerdictOf(R"(
A  p = pipe()
A  fork(B)
B  write(p.w, data(1, 61440))
B  write(p.w, data(2, 9000))  -> blocks
A  kill(B, SIGSTOP)
A  kill(B, SIGCONT)
B  returns                    -> 4096
)"),
            "pass");
}

TEST(ModelThread, ThreadsShareAttachesPipesAndAddresses) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  thread(T)
T  at = shmat(seg, NULL, 0)
A  store(at, 0, "both")    -> 0
T  load(at, 0, 4)          -> "both"
A  shmctl(seg, IPC_STAT)   -> {nattch=1, lpid=A, cpid=A}
T  p = pipe()
A  write(p.w, "x")
T  read(p.r, 9)            -> "x"
T  thread_exit()
A  load(at, 0, 4)          -> "both"
A  shmctl(seg, IPC_STAT)   -> {nattch=1}
)"),
            "pass");
}

TEST(ModelThread, AdjustmentsAreTheProcesses) {
  EXPECT_EQ(VerdictOf(R"(
A  s = semget(IPC_PRIVATE, 1, 0600)
B  thread(T)
T  semop(s, [{0, 3, SEM_UNDO}])
T  thread_exit()
A  semctl(s, 0, GETVAL)    -> 3
A  semctl(s, 0, GETPID)
B  semop(s, [{0, -2, SEM_UNDO}])
B  exit(0)
A  semctl(s, 0, GETVAL)    -> 0
)"),
            "pass");
}

TEST(ModelThread, ExitAndSignalsEndAllThreads) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  fork(B)
B  thread(T)
T  msgrcv(q, 9, 0, 0)      -> blocks
B  exit(3)
A  wait(B)                 -> exit 3
A  fork(C)
C  thread(U)
C  msgrcv(q, 9, 0, 0)      -> blocks
U  exit(4)
A  wait(C)                 -> exit 4
A  fork(D)
D  thread(V)
V  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(D, SIGTERM)
A  wait(D)                 -> SIGTERM
)"),
            "pass");
}

TEST(ModelThread, AProcessEndsWithItsLastThread) {
  EXPECT_EQ(VerdictOf(R"(
A  seg = shmget(IPC_PRIVATE, 4096, 0600)
A  fork(B)
B  at = shmat(seg, NULL, 0)
B  thread(T)
B  thread_exit()
A  wait(B)                 -> blocks
T  load(at, 0, 1)          -> "\x00"
T  thread_exit()
A  returns                 -> exit 0
A  shmctl(seg, IPC_STAT)   -> {nattch=0}
)"),
            "pass");
}

TEST(ModelThread, AProcessWhoseFirstThreadIsGoneCanBeKilled) {
  EXPECT_EQ(VerdictOf(R"(
A  fork(B)
B  thread(T)
B  thread_exit()
A  kill(B, SIGKILL)        -> 0
A  wait(B)                 -> SIGKILL
)"),
            "pass");
}

TEST(ModelThread, ExecEndsTheOtherThreads) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
A  s = semget(IPC_PRIVATE, 1, 0600)
B  thread(T)
T  semop(s, [{0, 1, SEM_UNDO}])
T  msgrcv(q, 9, 0, 0)      -> blocks
B  exec(self)
A  msgsnd(q, 1, "x", 0)
A  msgctl(q, IPC_STAT)     -> {qnum=1}
A  semctl(s, 0, GETVAL)    -> 1
B  exit(0)
A  semctl(s, 0, GETVAL)    -> 0
)"),
            "pass");
}

TEST(ModelThread, ChildrenAreTheProcesses) {
  EXPECT_EQ(VerdictOf(R"(
A  thread(T)
T  fork(B)
B  exit(5)
A  wait(B)                 -> exit 5
A  fork(C)
C  exit(6)
T  wait(C)                 -> exit 6
)"),
            "pass");
}

TEST(ModelThread, AHandlerInterruptsTheThreadThatGotTheSignal) {
  EXPECT_EQ(VerdictOf(R"(
A  q = msgget(IPC_PRIVATE, 0600)
B  sigaction(SIGUSR1, 0)
B  thread(T)
T  msgrcv(q, 9, 0, 0)      -> blocks
B  msgrcv(q, 9, 0, 0)      -> blocks
A  kill(B, SIGUSR1)
B  returns                 -> EINTR
A  msgsnd(q, 1, "x", 0)
T  returns                 -> {1, "x"}
)"),
            "pass");
}

}  // namespace
}  // namespace ipcrig
