// SPDX-License-Identifier: Apache-2.0
//
// Tracer: follows the calls that the filter (trace/filter.h) shows, and writes them into a record.
//
//   Tracer tracer(std::move(listener), options, record);
//   poll() on tracer.fd(); tracer.OnNotification();
//   waitpid(-1, &status, __WALL); if (tracer.OnWait(pid, status)) ...   // it was a stop of ours
//
// It never waits: each traced thread is a small automaton that the two functions drive. A thread
// that cannot be attached to (a debugger has it) makes its call unobserved.
//
// Single-threaded: whoever attaches to a thread with ptrace(2) has to be the one who asks it.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "base/unique_fd.h"
#include "trace/options.h"
#include "trace/record.h"
#include "trace/stack.h"

struct seccomp_notif;

namespace ipcrig {

class Tracer {
 public:
  Tracer(UniqueFd listener, const TraceOptions& options, int64_t start_us, Record& record);

  int fd() const { return listener_.get(); }
  void OnNotification();
  // Whether the wait status was that of a thread that it is attached to. An end is never: the
  // caller has to see it, too.
  bool OnWait(pid_t thread, int status);
  // The index of a process in the record, which is looked at again.
  int ProcessIndex(pid_t process);
  // Finishes the record. To be called once, when no call is to come.
  void End();
  // Kills as the crash point says; it is done once.
  void Crash(pid_t process);

 private:
  // The automaton of a thread: what its next stop means.
  enum class Phase {
    kCompleting,   // its call is made; the stop comes after it
    kArming,       // its call was sent back; the stop comes before it begins again
    kEntering,     // the stop is the entry of the call
    kInCall,       // the stop is its exit
    kInterrupted,  // a signal ended the call; the stop is its delivery
  };
  struct Attached {
    Phase phase;
    int call;  // index
  };
  struct Known {
    int process = -1;  // index
    std::string image;
  };
  struct Counted {
    int ordinal = 0;
    int calls = 0;
  };
  struct Ranked {
    int rank = 0;
    std::map<CallName, int> calls = {};
  };

  void Begin(const seccomp_notif& notification, const IpcCall& call);
  void Number(TracedCall& call);
  void Answer(uint64_t id, int error);
  void Observe(const seccomp_notif& notification, int index);
  void OnTrap(pid_t thread, Attached& attached);
  void OnExit(pid_t thread, Attached& attached);
  void OnSignal(pid_t thread, Attached& attached, int signal);
  void Finish(pid_t thread, int index, std::optional<int64_t> result, int signal);
  void NoteObject(int index);
  bool NoteRemoval(int index);
  void NoteRemoved(int index);
  void SettleRemovals(pid_t thread);
  void NoteOpening(int index, const TracedObject& object);
  void NoteValues(const IpcCall& call);
  void Keep(pid_t thread, int index);
  void UnwindAll();
  void Forget(const TracedObject& object);
  void ForgetDetached();
  int ProcessOfThread(pid_t thread);
  bool IsCrashPoint(const TracedCall& call, bool after) const;
  int64_t Now() const;

  UniqueFd listener_;
  const TraceOptions& options_;
  int64_t start_us_;
  uint64_t ipc_namespace_;
  Record& record_;
  Unwinder unwinder_;
  std::map<int, Still> stills_;  // of calls, until it is known whether they matter
  std::map<pid_t, Attached> attached_;
  std::map<pid_t, int> sent_back_;  // calls that will be made again, by thread
  std::vector<int> marked_;      // removed segments that may exist as long as somebody is attached
  std::vector<int> unanswered_;  // removals whose result is yet to be looked for
  std::map<pid_t, Known> threads_;
  std::map<pid_t, Counted> counted_;
  std::map<std::pair<pid_t, std::string>, Ranked> ranked_;  // by executable
  std::map<std::string, int> executed_;                     // by how many processes
  std::map<int, std::vector<int>> early_;  // calls that opened a set of zeros, by its id
  std::map<std::pair<ObjectKind, int>, int> objects_;  // that exist: index
  bool crashed_ = false;
};

}  // namespace ipcrig
