// SPDX-License-Identifier: Apache-2.0
//
// Server: an engine in a sandbox that runs one scenario after the other, for somebody who must not
// fork: a fuzzer, whose memory grows and who has threads.
//
//   Result<Server> server = Server::Start(options);   // early: this is the only fork of the caller
//   Result<History> history = server->Run(scenario, Ending::kKeep);
//
// Between the caller and the engine stands a nursery: a process as small as the caller was at
// Start(), which forks the engine, and another one when an engine has died. What a scenario does to
// its workers or to the engine never reaches the caller.
//
// Not thread-safe. The caller's end, by SIGKILL too, is the end of nursery, engine and namespace.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/engine.h"
#include "ops/history.h"

namespace ipcrig {

class Server {
 public:
  // The error says what was refused: no namespaces, no System V IPC. Takes some milliseconds.
  static Result<Server> Start(const RunOptions& options);

  Server(Server&& other) noexcept;
  Server& operator=(Server&&) = delete;
  ~Server();

  // What the engine's machine is like.
  const Facts& facts() const { return facts_; }

  // Runs the scenario. The history is not Complete() where the engine died in it or got stuck; the
  // next scenario gets another engine then. The error: there is none to be had any more.
  Result<History> Run(const Scenario& scenario, Ending ending);

 private:
  Server() = default;
  Result<bool> Greet();

  RunOptions options_;
  Facts facts_;
  pid_t nursery_ = -1;
  UniqueFd to_engine_;
  UniqueFd from_engine_;
};

}  // namespace ipcrig
