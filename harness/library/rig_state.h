// SPDX-License-Identifier: Apache-2.0
//
// What a Rig holds, and its two helpers: looks at processes in /proc, and the deadline.
//
//   ProcessLook look = LookAt(pid);
//   if (look.alive && look.calls.count(Call::kMsgrcv) > 0) ...   // a thread sleeps in msgrcv
//
// For the process and the thread that made the Rig.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <ctime>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <ipcrig/ipcrig.h>

#include "base/unique_fd.h"
#include "library/board.h"
#include "library/ipc_space.h"
#include "library/record.h"

namespace ipcrig {
inline namespace v0 {

struct ProcessLook {
  bool alive = false;
  std::set<Call> calls = {};  // that a thread sleeps in
  bool stuck = false;         // all threads sleep in such calls, without a time limit or children
  std::string switches = {};  // changes whenever a thread has run
  std::string unreadable = {};
};
// All: whether it is stuck, and its switches, too.
enum class Depth { kCalls, kAll };
ProcessLook LookAt(pid_t pid, Depth depth = Depth::kCalls);

// One thread: whether it has ended, is stopped, or the call that it sleeps in.
struct ThreadLook {
  bool gone = false;
  bool stopped = false;
  Call asleep = Call::kNone;
};
ThreadLook LookAtThread(pid_t pid, pid_t thread);
// Whether all threads have ended, be it that nobody has waited for the process yet.
bool IsGone(pid_t pid);

// The call of a system call's number. Async-signal-safe.
Call CallOfNumber(long number);

// The processes whose parent is the caller.
std::vector<pid_t> OwnChildren();

// When the time has passed: removes every object of the namespace, and kills every process of the
// board; repeatedly, since somebody may be about to sleep.
class Deadline {
 public:
  Deadline(SharedBoard& board, std::chrono::milliseconds time);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  bool running_ = false;
  timer_t timer_ = {};
  struct sigaction before_ = {};
};

struct Rig::State {
  pid_t owner = 0;
  IpcSpace space;
  UniqueFd memory;
  SharedBoard* board = nullptr;
  SharedBoard* outer_board = nullptr;
  int outer_slot = 0;
  int outer_subreaper = 0;
  std::vector<pid_t> outer_children;
  std::vector<std::unique_ptr<Process>> processes;
  std::shared_ptr<CallRecords> records;  // where it observes
  UniqueFd records_memory;
  CallRecords* outer_records = nullptr;
  std::unique_ptr<Deadline> deadline;
  size_t arena_used = 0;
  uint32_t failures_passed_on = 0;

  // Whether nobody is left who could wake those that are asleep.
  bool Stuck();
};

void Fail(Where where, const std::string& text);
Hooks CurrentHooks();

}  // namespace v0
}  // namespace ipcrig
