// SPDX-License-Identifier: Apache-2.0
//
// ipcrig check and sweep on programs that people use. Where a program is not installed, its test is
// skipped. Those with a correct protocol have to come out clean.
#include <unistd.h>

#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "checked.h"
#include "command.h"

namespace ipcrig {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RealPrograms : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why_not = WhyNotChecked(); !why_not.empty()) GTEST_SKIP() << why_not;
  }

  static CommandResult CheckShell(const std::string& command) {
    return Check({}, {"/bin/sh", "-c", command});
  }

  // How often each verdict was given.
  static std::map<std::string, int> Sweep(std::vector<std::string> options,
                                          const std::vector<std::string>& program) {
    const ScratchDirectory scratch;
    const std::string path = scratch.path() + "/sweep.json";
    options.insert(options.begin(), {"sweep", "--json", path});
    options.emplace_back("--");
    options.insert(options.end(), program.begin(), program.end());
    const CommandResult result = RunIpcrig(options);
    std::map<std::string, int> verdicts;
    const auto json = nlohmann::json::parse(Contents(path), nullptr, false);
    if (json.is_discarded()) ADD_FAILURE() << result.output;
    if (!json.is_discarded()) {
      for (const auto& one : json["results"]) ++verdicts[one["verdict"]];
    }
    return verdicts;
  }
};

// Its daemon ends some time after the program.
TEST_F(RealPrograms, FakerootIsClean) {
  if (!IsInstalled("fakeroot-sysv")) GTEST_SKIP() << "fakeroot is not installed";
  for (int i = 0; i < 5; ++i) {
    const CommandResult result = CheckShell("fakeroot-sysv sh -c 'ls / | cat >&-; exit 5'");
    EXPECT_EQ(result.exit_code, 5) << result.output;
    EXPECT_THAT(result.output, Not(HasSubstr("LEAK")));
  }
}

TEST_F(RealPrograms, AflShowmapLeavesItsSegmentsOnAnErrorExit) {
  if (!IsInstalled("afl-showmap")) GTEST_SKIP() << "afl++ is not installed";
  const ScratchDirectory scratch;
  const std::string command = "afl-showmap -o " + scratch.path() + "/map -- /bin/true";
  const CommandResult result = CheckShell(command);
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output, HasSubstr("2 leaks (2 shm, 9437188 bytes)"));
}

TEST_F(RealPrograms, PerlLeavesWhatItDoesNotRemove) {
  if (RunCommand({"/usr/bin/perl", "-MIPC::SysV", "-e", "0"}).exit_code != 0) {
    GTEST_SKIP() << "perl has no IPC::SysV";
  }
  const std::string use = "perl -MIPC::SysV=:all -MIPC::Semaphore -e ";
  const std::string make = "$s = IPC::Semaphore->new(IPC_PRIVATE, 2, 0600); $s->setall(3, 4);";
  const CommandResult left = CheckShell(use + "'" + make + "'");
  EXPECT_EQ(left.exit_code, 99);
  EXPECT_THAT(left.output, AllOf(HasSubstr("LEAK: sem"), HasSubstr("values 3 4"),
                                 HasSubstr("IPC::Semaphore"), HasSubstr("semget  (libc.so.6)")));
  const CommandResult removed = CheckShell(use + "'" + make + " $s->remove; exit 3'");
  EXPECT_EQ(removed.exit_code, 3);
  EXPECT_THAT(removed.output, IsEmpty());
}

TEST_F(RealPrograms, PhpLeavesQueuesThatAreOpenToAll) {
  if (RunCommand({"/bin/sh", "-c", "php -r 'exit(function_exists(\"sem_get\") ? 0 : 1);'"})
          .exit_code != 0) {
    GTEST_SKIP() << "php is not installed";
  }
  const CommandResult php = CheckShell("php -r 'msg_get_queue(0x4711); sem_get(0x4712);'");
  EXPECT_EQ(php.exit_code, 99);
  EXPECT_THAT(php.output, AllOf(HasSubstr("LEAK: msg 0, key 0x00004711"), HasSubstr("LEAK: sem"),
                                HasSubstr("world-accessible: msg 0 is open to every user: mode "
                                          "0666")));
  const std::string removes =
      "php -r '$q = msg_get_queue(0x4711, 0600); msg_send($q, 1, \"x\"); msg_remove_queue($q);'";
  EXPECT_EQ(CheckShell(removes).exit_code, 0);
}

TEST_F(RealPrograms, IpcmkLeavesWhatItIsAskedFor) {
  if (!IsInstalled("ipcmk")) GTEST_SKIP() << "ipcmk is not installed";
  const CommandResult ipcmk = CheckShell("ipcmk -Q -M 5000 -S 3 >&-");
  EXPECT_EQ(ipcmk.exit_code, 99);
  EXPECT_THAT(ipcmk.output, AllOf(HasSubstr("LEAK: msg"), HasSubstr("5000 bytes"),
                                  HasSubstr("values 0 0 0"), HasSubstr("(ipcmk -Q -M 5000 -S 3)")));
  EXPECT_EQ(Check({"--risks", "off"}, {"/bin/sh", "-c", "ipcmk -M 100; ipcrm -m 0"}).exit_code, 0);
}

bool HasPerl(const std::string& module) {
  return RunCommand({"/usr/bin/perl", "-M" + module, "-e", "0"}).exit_code == 0;
}

// A variable of a package lives until perl(1) destroys all at once: then its destructor does
// nothing.
TEST_F(RealPrograms, ShareLiteDestroysOnlyWhatIsLexical) {
  if (!HasPerl("IPC::ShareLite")) GTEST_SKIP() << "perl has no IPC::ShareLite";
  const std::string share = "$s = IPC::ShareLite->new(-key => 1, -create => 1, -destroy => 1)'";
  const std::string use = "perl -MIPC::ShareLite -e '";
  const CommandResult global = CheckShell(use + share);
  EXPECT_EQ(global.exit_code, 99);
  EXPECT_THAT(global.output,
              AllOf(HasSubstr("2 leaks (1 shm, 1 sem, 65536 bytes)"),
                    HasSubstr("new_share  (ShareLite.so)"),
                    HasSubstr("world-accessible: shm 0 is open to every user: mode 0666")));
  EXPECT_EQ(CheckShell(use + "my " + share).exit_code, 0);
}

// The next start finds the set, whose values say that somebody has the segment that is gone.
TEST_F(RealPrograms, ShareLiteSweptBlocksTheNextStart) {
  if (!HasPerl("IPC::ShareLite")) GTEST_SKIP() << "perl has no IPC::ShareLite";
  const CommandResult result = RunIpcrig(
      {"sweep", "--timeout", "5", "--at", "perl/shmctl.2:after", "--", "perl", "-MIPC::ShareLite",
       "-e", "my $s = IPC::ShareLite->new(-key => 1, -create => 1, -destroy => 1); $s->store(1)"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("blocks restart  after"), HasSubstr("shmctl(0, IPC_RMID)"),
                    HasSubstr("the next start does not end: asleep in semop")));
}

TEST_F(RealPrograms, ShareableRemovesWhatItIsToldTo) {
  if (!HasPerl("IPC::Shareable")) GTEST_SKIP() << "perl has no IPC::Shareable";
  const auto tie = [](const std::string& options) {
    return CheckShell(
        "perl -MIPC::Shareable -e 'tie my $x, \"IPC::Shareable\", {key => \"abcd\", " + options +
        "}; $x = \"hi\"; exit 4'");
  };
  const CommandResult kept = tie("create => 1");
  EXPECT_EQ(kept.exit_code, 99);
  EXPECT_THAT(kept.output, AllOf(HasSubstr("LEAK: shm"), HasSubstr("LEAK: sem")));
  const CommandResult removed = tie("create => 1, destroy => 1");
  EXPECT_EQ(removed.exit_code, 4);
  EXPECT_THAT(removed.output, AllOf(Not(HasSubstr("LEAK")), HasSubstr("world-accessible")));
}

TEST_F(RealPrograms, PythonLeavesWhatItDoesNotRemove) {
  const std::string python = "/usr/bin/python3";
  if (RunCommand({python, "-c", "import sysv_ipc"}).exit_code != 0) {
    GTEST_SKIP() << "python3 has no sysv_ipc";
  }
  const std::string make = "import sysv_ipc as s; m = s.SharedMemory(None, s.IPC_CREX, size=100);";
  const CommandResult left = Check({}, {python, "-c", make});
  EXPECT_EQ(left.exit_code, 99);
  EXPECT_THAT(left.output, AllOf(HasSubstr("LEAK: shm"), HasSubstr("100 bytes, mode 0600"),
                                 HasSubstr("(sysv_ipc.cpython-")));
  EXPECT_EQ(Check({}, {python, "-c", make + "m.detach(); m.remove()"}).exit_code, 0);
}

TEST_F(RealPrograms, StressNgIsClean) {
  if (!IsInstalled("stress-ng")) GTEST_SKIP() << "stress-ng is not installed";
  for (const std::string stressor : {"shm-sysv", "sem-sysv"}) {
    const CommandResult result = Check(
        {}, {"stress-ng", "--" + stressor, "1", "--" + stressor + "-ops", "20", "--timeout", "20"});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("successful run completed"));
  }
}

// Its frame buffer stays even where it is told to end.
TEST_F(RealPrograms, XvfbLeavesItsFrameBuffer) {
  if (!IsInstalled("Xvfb")) GTEST_SKIP() << "Xvfb is not installed";
  const ScratchDirectory scratch;
  const CommandResult result = CheckShell(fmt::format(
      "mkfifo {0}/ready; Xvfb -shmem -displayfd 4 -screen 0 320x200x8 4>{0}/ready 2>&- & read n "
      "<{0}/ready; kill $!; wait",
      scratch.path()));
  EXPECT_EQ(result.exit_code, 99);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("LEAK: shm 0, key IPC_PRIVATE, 67232 bytes, mode 0777"),
                    HasSubstr("1 leak (1 shm, 67232 bytes), 1 risk")));
}

// Its daemon dies when it got a question, and the client waits for the answer.
TEST_F(RealPrograms, FakerootSweptHangsItsClient) {
  if (!IsInstalled("fakeroot-sysv")) GTEST_SKIP() << "fakeroot is not installed";
  const ScratchDirectory scratch;
  const std::string file = scratch.Write("file", "");
  const CommandResult result = RunIpcrig({"sweep", "--peer-timeout", "0.5", "--jobs", "2", "--",
                                          "fakeroot-sysv", "chown", "1:1", file});
  EXPECT_EQ(result.exit_code, 1);
  const std::string what = result.output.substr(0, result.output.find("again"));
  EXPECT_THAT(what, AllOf(HasSubstr("hangs peer      "), HasSubstr("msgrcv(0, "),
                          HasSubstr("(chown 1:1 " + file + ") is asleep in msgrcv")));
}

// PostgreSQL refuses to be root.
class PostgreSql : public RealPrograms {
 protected:
  void SetUp() override {
    RealPrograms::SetUp();
    if (IsSkipped()) return;
    const CommandResult found =
        RunCommand({"/bin/sh", "-c", "ls -d /usr/lib/postgresql/*/bin | tail -n 1"});
    binaries_ = found.output.substr(0, found.output.find('\n'));
    if (access((binaries_ + "/initdb").c_str(), X_OK) != 0) {
      GTEST_SKIP() << "PostgreSQL is not installed";
    }
    std::filesystem::permissions(scratch_.path(), std::filesystem::perms::all);
    data_ = scratch_.path() + "/data";
    const CommandResult made = RunCommand(
        AsUser({binaries_ + "/initdb", "-N", "-A", "trust", "--no-instructions", "-D", data_}));
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }

  static std::vector<std::string> AsUser(std::vector<std::string> command) {
    const std::vector<std::string> become = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534",
                                             "--clear-groups"};
    if (geteuid() == 0) command.insert(command.begin(), become.begin(), become.end());
    return command;
  }
  // A command of sh(1) with the functions start, crash and stop.
  std::vector<std::string> Script(const std::string& command) const {
    return AsUser({"/bin/sh", "-c",
                   fmt::format("start() {{ {0}/pg_ctl -s -w -D {1} -l {2}/log -o '-F -k {2} -c "
                               "listen_addresses=' start; }}; "
                               "crash() {{ kill -9 $(head -n 1 {1}/postmaster.pid); }}; "
                               "stop() {{ {0}/pg_ctl -s -w -D {1} -m fast stop; }}; {3}",
                               binaries_, data_, scratch_.path(), command)});
  }

  ScratchDirectory scratch_;
  std::string binaries_;
  std::string data_;
};

TEST_F(PostgreSql, LeavesItsInterlockWhenItIsKilledAndTakesItOver) {
  const CommandResult clean = Check({}, Script("start && stop"));
  EXPECT_EQ(clean.exit_code, 0);
  EXPECT_THAT(clean.output, IsEmpty());
  const CommandResult killed = Check({"--settle", "5"}, Script("start && crash"));
  EXPECT_EQ(killed.exit_code, 99);
  EXPECT_THAT(killed.output, AllOf(HasSubstr("LEAK: shm"), HasSubstr("56 bytes, mode 0600"),
                                   HasSubstr("PGSharedMemoryCreate  (postgres)"),
                                   HasSubstr("SUMMARY: ipcrig: 1 leak (1 shm, 56 bytes)")));
  const CommandResult again =
      Check({"--settle", "5"}, Script("start && crash; until start; do :; done 2>&-; stop"));
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.output, Not(HasSubstr("LEAK")));
}

TEST_F(PostgreSql, SweptLeavesTheInterlockBeforeItIsWrittenDown) {
  const auto verdicts =
      Sweep({}, AsUser({binaries_ + "/postgres", "--single", "-F", "-D", data_, "template1"}));
  const std::map<std::string, int> expected = {{"leak", 3}, {"recovered", 3}, {"clean", 2}};
  EXPECT_EQ(verdicts, expected);
}

}  // namespace
}  // namespace ipcrig
