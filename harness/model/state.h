// SPDX-License-Identifier: Apache-2.0
//
// State: everything that the model knows at one moment. A plain value: copyable, comparable, with
// no clock, no system call and no global behind it.
//
// Where the kernel is free (a new id, an address, the second in which something happened) the state
// holds what was observed, or the interval in which it must have happened.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/memory.h"
#include "ops/history.h"

namespace ipcrig {

inline constexpr int kSemvmx = 32767;  // semop(2): SEMVMX
inline constexpr int kSemaem = 32767;  // semop(2): SEMAEM

// A number that is known to lie in [from, to].
struct Range {
  int64_t from = 0;
  int64_t to = 0;

  static Range Exactly(int64_t value) { return {value, value}; }
  bool Contains(int64_t value) const { return from <= value && value <= to; }
  bool operator==(const Range&) const = default;
};

// sysvipc(7), struct ipc_perm
struct Permissions {
  int32_t key = 0;
  int64_t uid = 0;
  int64_t gid = 0;
  int64_t cuid = 0;
  int64_t cgid = 0;
  uint32_t mode = 0;
  bool operator==(const Permissions&) const = default;
};

struct Segment {
  Permissions perm;
  int64_t size = 0;
  bool dest = false;  // marked for removal: SHM_DEST
  int64_t nattch = 0;
  int cpid = 0;
  int lpid = 0;
  Range atime, dtime, ctime;
  Memory memory;
  bool operator==(const Segment&) const = default;
};

struct Message {
  int64_t type = 0;
  std::string text;
  bool operator==(const Message&) const = default;
};

struct Queue {
  Permissions perm;
  int64_t qbytes = 0;
  std::vector<Message> messages;
  int lspid = 0;
  int lrpid = 0;
  Range stime, rtime, ctime;

  int64_t Cbytes() const;
  bool operator==(const Queue&) const = default;
};

struct Semaphore {
  int value = 0;
  int pid = 0;
  bool operator==(const Semaphore&) const = default;
};

struct SemaphoreSet {
  Permissions perm;
  std::vector<Semaphore> semaphores;
  Range otime, ctime;
  bool operator==(const SemaphoreSet&) const = default;
};

// pipe(7): a ring of pages. A short write goes into the rest of the last page; otherwise each write
// takes new pages, so that a pipe can be full of few bytes.
struct PipeBuffer {
  struct Page {
    int64_t offset = 0;
    std::string bytes;
    bool operator==(const Page&) const = default;
  };
  int64_t capacity = 0;  // bytes
  std::vector<Page> pages;
  bool operator==(const PipeBuffer&) const = default;
};

struct Attach {
  int64_t address = 0;
  int64_t length = 0;  // whole pages
  int segment = 0;     // its id
  bool readonly = false;
  bool operator==(const Attach&) const = default;
};

// What a process holds of one pipe.
struct PipeHold {
  int pipe = -1;
  bool open = false;
  bool operator==(const PipeHold&) const = default;
};

struct ProcessState {
  enum class Life : uint8_t { kUnborn, kAlive, kZombie, kReaped };

  Life life = Life::kUnborn;
  int pid = 0;
  int parent = -1;            // a process; -1: the engine
  int dying = 0;              // a signal on its way that ends the process
  Outcome end = {};           // of a zombie
  std::optional<Op> pending;  // the call that blocks
  int64_t since = 0;          // when it began to wait: the order of arrival
  int64_t progress = 0;       // bytes that a blocked write has written

  std::vector<Attach> attaches;
  std::vector<Attach> holes;         // former attaches: address space that is known to be free
  std::map<int, int64_t> addresses;  // by variable
  std::map<int, std::array<PipeHold, 2>> pipes;    // by variable: read end, write end
  std::vector<std::array<PipeHold, 2>> forgotten;  // ends that no variable names any more
  std::map<int, std::vector<int>> undo;            // semadj, by set

  bool operator==(const ProcessState&) const = default;
};

struct State {
  Facts facts;
  int64_t clock = 0;  // counts arrivals in wait queues
  int next_id = 0;    // for ids that the model invents
  std::map<int, Segment> segments;
  std::map<int, Queue> queues;
  std::map<int, SemaphoreSet> sets;
  std::map<int, PipeBuffer> pipes;
  std::vector<ProcessState> processes;
  std::map<int, int64_t> values;  // by variable: the id or key that a call assigned

  bool operator==(const State&) const = default;

  int64_t PagesOf(int64_t bytes) const;
  // Open ends of a pipe, over all processes.
  int Holders(int pipe, bool write) const;
};

// The state in which a scenario of these processes begins: none is started, nothing exists.
State InitialState(const Facts& facts, size_t processes);

// A process ends: it detaches, its semaphore adjustments are applied, its pipes are closed, its
// children become the engine's, and it waits for its parent as a zombie. `now`: when.
void EndProcess(State& state, int process, const Outcome& end, Range now);

// A process drops its attaches, in exit(2) and execve(2).
void DetachAll(State& state, int process, Range now);

// Detaches one attach: nattch, dtime, lpid; the last detach of a marked segment destroys it.
void Detach(State& state, int process, const Attach& attach, Range now);

}  // namespace ipcrig
