// SPDX-License-Identifier: Apache-2.0
//
// Command: runs a program as a user would, from a test.
//
//   CommandResult result = RunCommand({IPCRIG_BINARY, "run", "nowhere"});
//   EXPECT_EQ(result.exit_code, 64);
//
// The program gets /dev/null as its input and a process group of its own; it is killed when the
// CommandProcess goes. After BecomeReaper() the test sees what the program leaves behind.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace ipcrig {

struct CommandResult {
  int exit_code = -1;  // 128 + signal where it was killed
  std::string output;  // standard output and standard error
};

struct CommandOptions {
  bool as_nobody = false;                     // needs root
  std::vector<std::string> environment = {};  // NAME=value, added to the test's own
};

class CommandProcess {
 public:
  CommandProcess(const std::vector<std::string>& arguments, const CommandOptions& options = {});
  ~CommandProcess();
  CommandProcess(const CommandProcess&) = delete;
  CommandProcess& operator=(const CommandProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  CommandResult Wait();

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
};

CommandResult RunCommand(const std::vector<std::string>& arguments,
                         const CommandOptions& options = {});

// The tool under test, with these arguments.
CommandResult RunIpcrig(std::vector<std::string> arguments, const CommandOptions& options = {});

// Why the tool cannot be run as nobody: not root, or a directory on its way is closed to others.
// Empty if it can.
std::string WhyNotAsNobody();

// What `work` returns in a child of this process, which may unshare(2) and setuid(2) as it likes;
// or how the child ended instead.
std::string AnswerOfChild(const std::function<std::string()>& work);

// Makes this process the reaper of orphans among its descendants (PR_SET_CHILD_SUBREAPER).
void BecomeReaper();
// Reaps what has ended. The names (comm) of the descendants that live.
std::vector<std::string> LivingDescendants();
// Of those that still live after a while: SIGKILL of one is noticed by the others a little later.
std::vector<std::string> LastingDescendants();

// What is in a file.
std::string Contents(const std::string& path);

// A directory for a test's files, removed with everything in it.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // Writes a file that everybody may read and returns its path.
  std::string Write(const std::string& name, const std::string& contents) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace ipcrig
