// SPDX-License-Identifier: Apache-2.0
//
// Launch: starts a program in fresh IPC and mount namespaces under a supervisor
// (trace/supervisor.h), and answers what it did.
//
//   auto run = TracedRun::Start(options);     // an error: no namespace is to be had here
//   Result<Record> record = run->Wait();      // signals, Ctrl-Z and so on pass through meanwhile
//
// The program keeps the caller's descriptors, terminal, process group, session, environment and,
// in a user namespace, its user and group. Its pid is as any other's. It sees the same files, but
// for POSIX objects (trace/posix.h).
//
// When a TracedRun goes, or the process that holds it ends, everything of the run is killed.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "trace/options.h"
#include "trace/record.h"

namespace ipcrig {

class TracedRun {
 public:
  static Result<TracedRun> Start(TraceOptions options);

  TracedRun(TracedRun&&) = default;
  TracedRun& operator=(TracedRun&&) = delete;
  ~TracedRun();

  // Readable when Advance() has something to do.
  int fd() const { return report_.get(); }
  void Advance();
  bool Finished() const { return finished_; }
  Result<Record> Take();

  // Until the program has ended. A signal that somebody sends to this process goes to the program,
  // one of the terminal has reached it already; when the program is stopped, so is this process.
  Result<Record> Wait();
  // The process that keeps the namespace: nsenter --ipc=/proc/PID/ns/ipc.
  pid_t supervisor() const { return supervisor_.pid; }
  // Until SIGINT, SIGTERM or SIGHUP: for --keep, after Wait().
  static void WaitForSignal();

 private:
  // A process id that is its owner's alone.
  struct Supervisor {
    pid_t pid = -1;
    explicit Supervisor(pid_t id) : pid(id) {}
    Supervisor(Supervisor&& other) noexcept : pid(other.pid) { other.pid = -1; }
  };
  // The terminal, and whom it belonged to before the program came.
  struct Terminal {
    UniqueFd fd;
    pid_t group = -1;
    static Terminal Remember();
    void TakeBack() const;
  };
  TracedRun(pid_t supervisor, UniqueFd report, UniqueFd lifeline)
      : supervisor_(supervisor), report_(std::move(report)), lifeline_(std::move(lifeline)) {}
  void Understand(const std::string& line);
  void Forward(int signal) const;

  Supervisor supervisor_;
  UniqueFd report_;
  UniqueFd lifeline_;
  std::string received_;
  std::string record_;
  Terminal terminal_;
  pid_t program_ = -1;
  bool started_ = false;
  bool finished_ = false;
  bool foreground_ = false;
  bool continued_alone_ = false;  // for all that is known; the program is still stopped
};

}  // namespace ipcrig
