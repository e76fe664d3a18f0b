// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "library/rig_state.h"

namespace ipcrig {
inline namespace v0 {
namespace {

Hooks current_hooks;

// A program that a Rig has started and that links the library itself.
__attribute__((constructor)) void AttachLinked() { AttachBoard(); }

void PrintAndAbort(const Failure& failure) {
  fprintf(stderr, "%s:%d: %s\n", failure.file == nullptr ? "unknown file" : failure.file,
          failure.line, failure.text.c_str());
  abort();
}

UniqueFd MakeBoard(SharedBoard*& board) {
  UniqueFd memory(memfd_create("ipcrig", MFD_CLOEXEC));
  if (!memory.ok() || ftruncate(memory.get(), sizeof(SharedBoard)) != 0) return UniqueFd();
  void* at =
      mmap(nullptr, sizeof(SharedBoard), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (at == MAP_FAILED) return UniqueFd();
  board = static_cast<SharedBoard*>(at);
  board->magic = kBoardMagic;
  return memory;
}

std::string NameOf(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

Hooks SetHooks(Hooks hooks) { return std::exchange(current_hooks, hooks); }
Hooks CurrentHooks() { return current_hooks; }

void Fail(Where where, const std::string& text) {
  const bool known = where.file != nullptr && where.file[0] != '\0';
  const Failure failure = {known ? where.file : nullptr, known ? where.line : -1, text};
  (current_hooks.fail != nullptr ? current_hooks.fail : PrintAndAbort)(failure);
}

Rig::Rig(RigOptions options) : state_(std::make_unique<State>()) {
  InterposeCalls();
  state_->owner = getpid();
  SharedBoard* board = nullptr;
  state_->memory = MakeBoard(board);
  why_ = board == nullptr ? fmt::format("shared memory for the rig: {}", strerror(errno))
                          : state_->space.Enter();
  if (!ok()) {
    if (board != nullptr) munmap(board, sizeof(SharedBoard));
    return;
  }
  state_->board = board;
  state_->outer_board = CurrentBoard();
  state_->outer_slot = CurrentSlot();
  state_->outer_records = CurrentRecords();
  if (state_->outer_records != nullptr) state_->outer_records->nested = 1;
  SetCurrentRecords(nullptr);
  SetCurrentSlot(0);
  SetCurrentBoard(board);
  state_->outer_children = OwnChildren();
  prctl(PR_GET_CHILD_SUBREAPER, &state_->outer_subreaper);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  state_->deadline = std::make_unique<Deadline>(*board, options.deadline);
}

Rig::~Rig() {
  if (!ok() || getpid() != state_->owner) return;
  PassOnFailures();
  const bool given_up = current_hooks.given_up != nullptr && current_hooks.given_up();
  EndProcesses(given_up || expired());
  EndSurvivors();
  PassOnFailures();
  if (!given_up && !expired() && !allow_leaks_) ReportLeaks();
  state_->deadline.reset();
  prctl(PR_SET_CHILD_SUBREAPER, state_->outer_subreaper);
  SetCurrentBoard(state_->outer_board);
  SetCurrentSlot(state_->outer_slot);
  SetCurrentRecords(state_->outer_records);
  munmap(state_->board, sizeof(SharedBoard));
  if (const std::string why = state_->space.Leave(); !why.empty()) Fail({nullptr, -1}, why);
}

bool Rig::expired() const { return ok() && state_->board->expired != 0; }

std::vector<IpcObject> Rig::Objects() const {
  return ok() ? IpcObjects() : std::vector<IpcObject>();
}

bool Rig::Step(int n, const std::function<void()>& f) {
  SharedBoard* board = CurrentBoard();
  if (board == nullptr) return false;
  for (uint32_t done = board->steps; done != static_cast<uint32_t>(n) - 1; done = board->steps) {
    if (board->expired != 0) return false;
    AwaitChange(board->steps, done);
  }
  f();
  board->steps = static_cast<uint32_t>(n);
  WakeAll(board->steps);
  return true;
}

void* Rig::SharedBytes(size_t size, size_t alignment) {
  static char nowhere[4096];  // without a namespace no test runs
  if (!ok()) return nowhere;
  size_t& used = state_->arena_used;
  used = (used + alignment - 1) / alignment * alignment;
  if (used + size > kArenaSize) {
    Fail({nullptr, -1}, "more than 1 MiB of Shared() values");
    abort();
  }
  void* place = state_->board->arena + used;
  used += size;
  return place;
}

Process& Rig::Start(const std::string& name, std::optional<KillAt> kill, Where where,
                    const std::function<void()>& child) {
  auto& processes = state_->processes;
  const int slot = static_cast<int>(processes.size()) + 1;
  processes.push_back(std::unique_ptr<Process>(new Process(*this, name, slot, where)));
  Process& process = *processes.back();
  if (!ok() || getpid() != state_->owner || slot >= kSlotsMax) {
    process.waited_ = process.reaped_ = true;
    Fail(where, ok() ? "a process of a Rig starts no other; or there are 255" : why_);
    return process;
  }
  ProcessSlot& shared = state_->board->slots[slot];
  strncpy(shared.name, name.c_str(), sizeof(shared.name) - 1);
  if (state_->records != nullptr) {
    memcpy(state_->records->names[slot], shared.name, sizeof(shared.name));
  }
  if (kill.has_value()) process.Arm(*kill);
  (void)fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    SetCurrentSlot(slot);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != state_->owner) _exit(1);
    child();
    (void)fflush(nullptr);
    _exit(shared.failures == 0 ? 0 : 1);
  }
  process.pid_ = pid;
  shared.pid = pid;
  if (pid < 0) Fail(where, fmt::format("fork: {}", strerror(errno)));
  return process;
}

Process& Rig::Fork(const std::string& name, const std::function<void()>& body,
                   std::optional<KillAt> kill, Where where) {
  return Start(name, kill, where, [&] {
    try {
      const bool surrounded = current_hooks.run_child != nullptr;
      surrounded ? current_hooks.run_child(body) : body();
    } catch (const std::exception& thrown) {
      ForwardFailure(where.file, where.line, fmt::format("threw: {}", thrown.what()).c_str());
    } catch (...) {
      ForwardFailure(where.file, where.line, "threw something");
    }
  });
}

Process& Rig::ExecWith(const char* preload, const std::string& name,
                       const std::vector<std::string>& argv, std::optional<KillAt> kill,
                       Where where) {
  std::vector<std::string> variables;
  std::string preloaded = preload;
  std::string sanitizer = "verify_asan_link_order=0";  // nothing of the program's own is replaced
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (text.rfind("LD_PRELOAD=", 0) == 0) {
      preloaded += (preloaded.empty() ? "" : ":") + text.substr(strlen("LD_PRELOAD="));
    } else if (text.rfind("ASAN_OPTIONS=", 0) == 0) {
      sanitizer = text.substr(strlen("ASAN_OPTIONS=")) + ":" + sanitizer;
    } else if (text.rfind(std::string(kBoardVariable) + "=", 0) != 0) {
      variables.push_back(text);
    }
  }
  if (!preloaded.empty()) variables.push_back("LD_PRELOAD=" + preloaded);
  variables.push_back("ASAN_OPTIONS=" + sanitizer);
  const size_t slot = state_->processes.size() + 1;
  const int memory = state_->memory.get();
  const int records = state_->records_memory.get();
  variables.push_back(fmt::format("{}=/proc/self/fd/{} {} /proc/self/fd/{}", kBoardVariable, memory,
                                  slot, records));
  std::vector<char*> words;
  std::vector<char*> environment;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  for (std::string& variable : variables) environment.push_back(variable.data());
  words.push_back(nullptr);
  environment.push_back(nullptr);
  return Start(name, kill, where, [&] {
    fcntl(memory, F_SETFD, 0);
    if (records >= 0) fcntl(records, F_SETFD, 0);
    if (!argv.empty()) execvpe(words[0], words.data(), environment.data());
    CurrentBoard()->slots[slot].exec_errno = argv.empty() ? EINVAL : errno;
    _exit(127);
  });
}

void Rig::PassOnFailures() {
  SharedBoard& board = *state_->board;
  uint32_t& next = state_->failures_passed_on;
  for (; next < std::min(board.failures_count.load(), kFailuresMax); ++next) {
    const FailureEntry& entry = board.failures[next];
    if (entry.state.load(std::memory_order_acquire) == 0) continue;
    const std::string who =
        entry.slot == 0 ? ""
                        : fmt::format("in {} (pid {}): ", board.slots[entry.slot].name, entry.pid);
    Fail({entry.file, entry.line}, who + entry.text);
  }
}

void Rig::EndProcesses(bool failed) {
  for (const auto& process : state_->processes) {
    if (process->pid_ <= 0) continue;
    process->Continue();
    if (failed) process->Kill();
    const bool stuck = !process->AwaitEnd(process->where_);
    ProcessSlot& slot = state_->board->slots[process->slot_];
    const bool judged = process->waited_ || failed || stuck || slot.failures != 0;
    const Ended ended = process->Wait(process->where_);
    const bool armed = slot.kill_call != static_cast<int32_t>(Call::kNone);
    const bool as_meant =
        armed ? process->ReachedKillPoint() : process->killed_ || (ended.exited && ended.code == 0);
    if (judged || as_meant || expired()) continue;
    Fail(process->where_,
         fmt::format("{} {}{}", process->name_, ended.Text(),
                     armed ? " and did not reach the point where it was to be killed" : ""));
  }
}

void Rig::EndSurvivors() {
  constexpr int kSettle_ms = 100;
  const auto& known = state_->outer_children;
  for (bool found = true; found;) {
    found = false;
    for (const pid_t pid : OwnChildren()) {
      if (std::find(known.begin(), known.end(), pid) != known.end()) continue;
      found = true;
      const std::string name = NameOf(pid);
      // Somebody who is about to end may do so.
      const UniqueFd end(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
      pollfd ended = {end.get(), POLLIN, 0};
      if (end.ok()) poll(&ended, 1, kSettle_ms);
      kill(pid, SIGKILL);
      int status = 0;
      while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
      // What had ended, and only was not waited for, did no harm.
      if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        Fail({nullptr, -1}, fmt::format("process {} ({}) outlived the test", pid, name));
      }
    }
  }
}

void Rig::ReportLeaks() {
  for (const IpcObject& object : IpcObjects()) {
    Fail({object.file.c_str(), object.line},
         fmt::format("left behind: {}\n  created {}", object.what, object.created));
  }
}

struct Barrier::Meeting {
  std::atomic<uint32_t> processes;
  std::atomic<uint32_t> arrived;
  std::atomic<uint32_t> round;
};

Barrier::Barrier(Rig& rig, int processes)
    : meeting_(*static_cast<Meeting*>(rig.SharedBytes(sizeof(Meeting), alignof(Meeting)))) {
  meeting_.processes = static_cast<uint32_t>(processes);
}

bool Barrier::Wait() {
  const uint32_t round = meeting_.round;
  if (meeting_.arrived.fetch_add(1) + 1 == meeting_.processes) {
    meeting_.arrived = 0;
    meeting_.round.fetch_add(1);
    WakeAll(meeting_.round);
    return true;
  }
  while (meeting_.round == round) {
    const SharedBoard* board = CurrentBoard();
    if (board != nullptr && board->expired != 0) return false;
    AwaitChange(meeting_.round, round);
  }
  return true;
}

}  // namespace v0
}  // namespace ipcrig
