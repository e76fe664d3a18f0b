// SPDX-License-Identifier: Apache-2.0
//
// ipcrig check at a terminal: a shell with job control cannot tell it from the program alone.
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/require.h"
#include "base/unique_fd.h"
#include "checked.h"
#include "command.h"
#include "exec/proc.h"
#include "trace/inspect.h"

namespace ipcrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kPatienceUs = 20'000'000;  // for an answer, on a busy machine
constexpr char kCtrlC[] = "\x03";
constexpr char kCtrlBackslash[] = "\x1c";
constexpr char kCtrlZ[] = "\x1a";

// bash(1) at a terminal, and the person who types.
class Shell {
 public:
  explicit Shell(unsigned short columns = 80) {
    const winsize size = {24, columns, 0, 0};
    int terminal = -1;
    pid_ = forkpty(&terminal, nullptr, nullptr, &size);
    IPC_REQUIRE(pid_ >= 0, "no terminal");
    if (pid_ == 0) {
      setenv("PS1", "$ ", 1);
      setenv("TERM", "dumb", 1);
      setenv("HISTFILE", "", 1);
      setenv("I", IPCRIG_BINARY, 1);
      setenv("P", IPCRIG_BUILD_DIR "/tests/programs/checked", 1);
      execl("/bin/bash", "bash", "--norc", "--noprofile", "--noediting", "-i", nullptr);
      _exit(127);
    }
    terminal_.Reset(terminal);
    Await("$ ");
  }
  ~Shell() {
    terminal_.Reset();  // hangs up
    waitpid(pid_, nullptr, 0);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  void Type(const std::string& keys) const { (void)WriteAll(terminal_.get(), keys); }

  // What is shown until this text, which begins a new search.
  std::string Await(const std::string& text) {
    const int64_t deadline = MonotonicUs() + kPatienceUs;
    size_t at = shown_.find(text);
    for (; at == std::string::npos && MonotonicUs() < deadline; at = shown_.find(text)) {
      pollfd readable = {terminal_.get(), POLLIN, 0};
      char buffer[4096];
      if (poll(&readable, 1, 100) <= 0) continue;
      const ssize_t length = read(terminal_.get(), buffer, sizeof(buffer));
      if (length <= 0) break;
      shown_.append(buffer, static_cast<size_t>(length));
    }
    EXPECT_NE(at, std::string::npos) << "no \"" << text << "\" in: " << shown_;
    std::string before = at == std::string::npos ? shown_ : shown_.substr(0, at + text.size());
    shown_.erase(0, before.size());
    return before;
  }
  // A command and all that it shows until the shell asks for the next.
  std::string Do(const std::string& command) {
    Type(command + "\n");
    Await(command);
    return Await("$ ");
  }

 private:
  pid_t pid_ = -1;
  UniqueFd terminal_;
  std::string shown_;
};

class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/bin/bash", X_OK) != 0) GTEST_SKIP() << "no bash";
    if (const std::string why_not = WhyNotChecked(); !why_not.empty()) GTEST_SKIP() << why_not;
  }
};

// Without and with the tool: what the shell says has to be the same.
const std::vector<std::string> kPrefixes = {"", "$I check -- "};

TEST_F(TerminalTest, ControlCharactersMeanWhatTheyMeanWithoutIt) {
  for (const std::string& prefix : kPrefixes) {
    Shell shell;
    shell.Type(prefix + "$P signals\n");
    shell.Await("ready");
    shell.Type(kCtrlC);
    shell.Await("$ ");
    EXPECT_THAT(shell.Do("echo status=$?"), HasSubstr("status=130")) << prefix;
    shell.Type("ulimit -c 0; " + prefix + "$P signals\n");
    shell.Await("ready");
    shell.Type(kCtrlBackslash);
    EXPECT_THAT(shell.Await("$ "), HasSubstr("Quit")) << prefix;
    EXPECT_THAT(shell.Do("echo status=$?"), HasSubstr("status=131")) << prefix;
  }
}

TEST_F(TerminalTest, StopsAndContinuesWithTheProgram) {
  for (const std::string& prefix : kPrefixes) {
    Shell shell;
    shell.Type(prefix + "$P signals\n");
    shell.Await("ready");
    for (int i = 0; i < 3; ++i) {
      shell.Type(kCtrlZ);
      EXPECT_THAT(shell.Await("$ "), HasSubstr("]+  Stopped  "));
      EXPECT_THAT(shell.Do("echo status=$?"), HasSubstr("status=148")) << prefix;
      shell.Type("fg\n");
      shell.Await("continued");
    }
    shell.Type(kCtrlC);
    shell.Await("$ ");
    EXPECT_THAT(shell.Do("echo status=$?"), HasSubstr("status=130")) << prefix;
    EXPECT_THAT(shell.Do("jobs"), Not(HasSubstr("check")));
  }
}

TEST_F(TerminalTest, ReadsTheTerminalAsTheProgramDoes) {
  for (const std::string& prefix : kPrefixes) {
    Shell shell;
    shell.Type(prefix + "head -n 1\n");
    shell.Await("head -n 1\r\n");
    shell.Type("some words\n");
    shell.Await("some words\r\nsome words");  // the echo, and the answer
    shell.Await("$ ");
    // In the background it may not.
    shell.Type(prefix + "head -n 1 &\n");
    shell.Await("$ ");
    std::string jobs;
    for (int64_t end = MonotonicUs() + kPatienceUs; MonotonicUs() < end;) {
      jobs = shell.Do("jobs");
      if (jobs.find("Stopped") != std::string::npos) break;
    }
    EXPECT_THAT(jobs, HasSubstr("Stopped")) << prefix;
    shell.Type("fg\n");
    shell.Await("head -n 1\r\n");
    shell.Type("more\n");
    shell.Await("more\r\nmore");
    shell.Await("$ ");
  }
}

TEST_F(TerminalTest, GivesTheTerminalBack) {
  // A shell in it takes the terminal for itself, and is killed.
  Shell shell;
  shell.Type("sh -c '$I check -- bash --norc -i; cat'\n");
  shell.Await("$ ");
  shell.Type("kill -9 $$\n");
  shell.Await("Killed");
  shell.Type("still here\n");
  shell.Await("still here\r\nstill here");
  shell.Type("\x04");
  shell.Await("$ ");
}

TEST_F(TerminalTest, SignalsToItReachTheProgram) {
  BecomeReaper();
  const auto is_asleep = [&] {
    for (const pid_t pid : Descendants()) {
      const auto look = LookAtProcess(pid);
      const bool checked = look && look->command.ends_with("checked signals");
      if (checked && look->executable.ends_with("checked") && HasHandler(pid, SIGTERM)) return true;
    }
    return false;
  };
  CommandProcess ipcrig({IPCRIG_BINARY, "check", "--", CheckedProgram(), "signals"});
  for (int i = 0; i < 100000 && !is_asleep(); ++i) sched_yield();
  ipcrig.Signal(SIGTERM);
  const CommandResult result = ipcrig.Wait();
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.output, "ready\nterminated\n");
  EXPECT_THAT(LivingDescendants(), IsEmpty());
}

TEST_F(TerminalTest, ASweepFitsANarrowOne) {
  Shell shell(60);
  shell.Type("$I sweep -- $P remove three; echo status=$?\n");
  shell.Await("three; echo status=$?\r\n");
  const std::string shown = shell.Await("status=1");
  EXPECT_THAT(shown, AllOf(HasSubstr("leak            after  1.1\r\n    shmget(IPC_PRIVATE"),
                           HasSubstr("SUMMARY: ipcrig: ")));
}

}  // namespace
}  // namespace ipcrig
