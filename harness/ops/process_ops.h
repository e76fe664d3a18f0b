// SPDX-License-Identifier: Apache-2.0
//
// Operations on processes: fork(2), execve(2), _exit(2), kill(2), waitpid(2), threads, signals.
// They are operations like any other because they have IPC semantics: attaches are inherited and
// dropped, SEM_UNDO is applied, segments marked for removal go with their last process.
//
//   A  fork(B)
//   B  exit(3)
//   A  wait(B)                        -> exit 3
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

// The child is a copy of the caller and waits for its own lines.
struct Fork {
  static constexpr std::string_view kName = "fork";
  static constexpr std::string_view kManual = "fork(2)";
  static constexpr Reply kReply = Reply::kNumber;
  NewProcess child;
  static constexpr auto kFields = std::tuple{Field{"child", &Fork::child}};
  bool operator==(const Fork&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Re-executes the worker: a new program image in the same process. Attaches are gone, descriptors
// and semaphore adjustments stay. RLIMIT_AS is lifted, since no image starts under a low one.
struct ExecSelf {
  static constexpr std::string_view kName = "exec";
  static constexpr std::string_view kManual = "execve(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Word<"self"> command;
  static constexpr auto kFields = std::tuple{Field{"program", &ExecSelf::command}};
  bool operator==(const ExecSelf&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Executes a program of the --programs directory in place of the worker and waits for its end, as
// one step. It must leave IPC as it found it.
struct ExecProgram {
  static constexpr std::string_view kName = "exec";
  static constexpr std::string_view kManual = "execve(2)";
  static constexpr Reply kReply = Reply::kProgram;
  ProgramName program;
  static constexpr auto kFields = std::tuple{Field{"program", &ExecProgram::program}};
  bool operator==(const ExecProgram&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Exit {
  static constexpr std::string_view kName = "exit";
  static constexpr std::string_view kManual = "_exit(2)";
  static constexpr Reply kReply = Reply::kNothing;
  Number<0, 255> status;
  static constexpr auto kFields = std::tuple{Field{"status", &Exit::status}};
  bool operator==(const Exit&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// A signal has its default action unless the target has said otherwise with sigaction or signal.
// SIGSTOP stops a process until SIGCONT: it makes no call, and a call that slept goes on later.
struct Kill {
  static constexpr std::string_view kName = "kill";
  static constexpr std::string_view kManual = "kill(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Process target;
  Signal signal;
  static constexpr auto kFields =
      std::tuple{Field{"pid", &Kill::target}, Field{"sig", &Kill::signal}};
  bool operator==(const Kill&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// waitpid(pid, &status, 0)
struct Wait {
  static constexpr std::string_view kName = "wait";
  static constexpr std::string_view kManual = "wait(2)";
  static constexpr Reply kReply = Reply::kStatus;
  Process target;
  static constexpr auto kFields = std::tuple{Field{"pid", &Wait::target}};
  bool operator==(const Wait&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// fork with something shared or something new: CLONE_SYSVSEM shares the semaphore adjustments.
struct Clone {
  static constexpr std::string_view kName = "clone";
  static constexpr std::string_view kManual = "clone(2)";
  static constexpr Reply kReply = Reply::kNumber;
  NewProcess child;
  NamespaceFlags flags;
  static constexpr auto kFields =
      std::tuple{Field{"child", &Clone::child}, Field{"flags", &Clone::flags}};
  bool operator==(const Clone&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// The new thread of the caller's process waits for its own lines. It answers its thread id.
struct Thread {
  static constexpr std::string_view kName = "thread";
  static constexpr std::string_view kManual = "pthread_create(3)";
  static constexpr Reply kReply = Reply::kNumber;
  NewProcess child;
  static constexpr auto kFields = std::tuple{Field{"thread", &Thread::child}};
  bool operator==(const Thread&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Ends the calling thread only; of the last thread, the process.
struct ThreadExit {
  static constexpr std::string_view kName = "thread_exit";
  static constexpr std::string_view kManual = "pthread_exit(3)";
  static constexpr Reply kReply = Reply::kNothing;
  static constexpr auto kFields = std::tuple{};
  bool operator==(const ThreadExit&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// The caller handles the signal from now on, with a function that does nothing.
struct Sigaction {
  static constexpr std::string_view kName = "sigaction";
  static constexpr std::string_view kManual = "sigaction(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Signal signal;
  SigactionFlags flags;
  static constexpr auto kFields =
      std::tuple{Field{"signum", &Sigaction::signal}, Field{"flags", &Sigaction::flags}};
  bool operator==(const Sigaction&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct SignalAction {
  static constexpr std::string_view kName = "signal";
  static constexpr std::string_view kManual = "signal(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Signal signal;
  Choice<"SIG_DFL", "SIG_IGN"> action;
  static constexpr auto kFields =
      std::tuple{Field{"signum", &SignalAction::signal}, Field{"handler", &SignalAction::action}};
  bool operator==(const SignalAction&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Returns when the clock that the kernel takes its times from shows a later second than every call
// before, so that a time that should have changed can be told from one that did not.
struct NextSecond {
  static constexpr std::string_view kName = "next_second";
  static constexpr std::string_view kManual = "time(2)";
  static constexpr Reply kReply = Reply::kNumber;
  static constexpr auto kFields = std::tuple{};
  bool operator==(const NextSecond&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
