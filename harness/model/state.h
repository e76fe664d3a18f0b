// SPDX-License-Identifier: Apache-2.0
//
// State: everything that the model knows at one moment. A plain value: copyable, comparable, with
// no clock, no system call and no global behind it.
//
// Where the kernel is free (a new id, an address, the second in which something happened) the state
// holds what was observed, or the interval in which it must have happened.
//
// What belongs to a whole process (attaches, descriptors, signal actions) is kept with its first
// thread, the leader; what belongs to a thread (its call, its namespace, its semaphore adjustments)
// with each. A process of one thread is its own leader.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/memory.h"
#include "model/rules.h"
#include "ops/history.h"

namespace ipcrig {

// What the model has of capabilities(7) beyond ops/abi.h: nobody can ask for these.
namespace abi {
inline constexpr uint32_t kCapKill = 1U << 5;
inline constexpr uint32_t kCapRestore = 1U << 30;  // stands for CAP_CHECKPOINT_RESTORE
}  // namespace abi

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

// Who did something: a process, whose number depends on who asks. thread: its thread id instead.
struct PidRef {
  int process = -1;  // -1: nobody, 0 in every report
  bool thread = false;
  bool operator==(const PidRef&) const = default;
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
  bool dest = false;     // marked for removal: SHM_DEST
  bool locked = false;   // SHM_LOCKED
  int64_t huge = 0;      // the size of its pages where they are huge
  int64_t nattch = 0;    // mappings, as Linux counts them
  int32_t name_key = 0;  // its key at first, in the name of its mappings
  int creator = -1;      // the thread that created it, while it lives: shm_rmid_forced
  PidRef cpid, lpid;
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
  PidRef lspid, lrpid;
  Range stime, rtime, ctime;

  int64_t Cbytes() const;
  bool operator==(const Queue&) const = default;
};

struct Semaphore {
  int value = 0;
  PidRef pid;
  bool operator==(const Semaphore&) const = default;
};

struct SemaphoreSet {
  Permissions perm;
  std::vector<Semaphore> semaphores;
  Range otime, ctime;
  bool operator==(const SemaphoreSet&) const = default;
};

// proc(5), /proc/sys/kernel: the limits of an IPC namespace.
struct Limits {
  int64_t shmmax = 0, shmall = 0, shmmni = 0, shm_rmid_forced = 0, shm_next_id = -1;
  int64_t msgmax = 0, msgmnb = 0, msgmni = 0, msg_next_id = -1;
  int64_t semmsl = 0, semmns = 0, semopm = 0, semmni = 0, sem_next_id = -1;

  // The one with this name, or nullptr.
  int64_t* Find(std::string_view name);
  bool operator==(const Limits&) const = default;
};

struct IpcNamespace {
  Limits limits;
  std::map<int, Segment> segments;
  std::map<int, Queue> queues;
  std::map<int, SemaphoreSet> sets;
  std::array<std::set<int>, 3> used_ids;  // by ObjectKind: no id comes back soon
  bool operator==(const IpcNamespace&) const = default;
};

// The semaphore adjustments of one process, or of several that share them.
struct UndoList {
  int space = 0;
  std::map<int, std::vector<int>> semadj;  // by set
  bool operator==(const UndoList&) const = default;
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
  bool nonblocking = false;
  std::vector<Page> pages;
  bool operator==(const PipeBuffer&) const = default;
};

// A piece of address space.
struct Span {
  int64_t address = 0;
  int64_t length = 0;

  int64_t End() const { return address + length; }
  bool operator==(const Span&) const = default;
};

// A mapping of (a part of) a segment. One shmat(2) makes one; mprotect(2) and others split it.
struct Attach {
  int64_t address = 0;
  int64_t length = 0;  // whole pages
  int space = 0;
  int segment = 0;     // its id
  int64_t offset = 0;  // of the mapping's first byte in the segment
  int64_t serial = 0;  // of the shmat; pieces of one attach have the same
  uint32_t protection = 0;
  bool readonly = false;  // attached with SHM_RDONLY: never writable
  bool locked = false;    // mlock(2)
  bool dontfork = false;  // MADV_DONTFORK

  int64_t End() const { return address + length; }
  bool operator==(const Attach&) const = default;
};

// What a process holds of one pipe.
struct PipeHold {
  int pipe = -1;
  bool open = false;
  bool operator==(const PipeHold&) const = default;
};

struct Credentials {
  int64_t uid = 0;
  int64_t gid = 0;
  std::vector<int64_t> groups;
  uint32_t capabilities = 0;
  bool operator==(const Credentials&) const = default;
};

// What a process does with a signal that it does not leave to the default.
struct SignalHandling {
  bool ignored = false;
  bool restarts = false;  // SA_RESTART
  bool operator==(const SignalHandling&) const = default;
};

// Where a semop that sleeps stopped when the kernel last tried it.
struct SemBlock {
  int num = -1;
  bool for_zero = false;
  bool operator==(const SemBlock&) const = default;
};

struct ProcessState {
  enum class Life : uint8_t { kUnborn, kAlive, kZombie, kReaped };

  // Of each thread.
  Life life = Life::kUnborn;
  int pid = 0;                          // of a thread that is no leader: its thread id
  int leader = -1;                      // the first thread of its process
  std::optional<Outcome> fate;          // how it is about to end
  Outcome end = {};                     // of a zombie
  std::optional<Op> pending;            // the call that blocks
  int64_t since = 0;                    // when it began to wait: the order of arrival
  int64_t progress = 0;                 // bytes that a blocked write has written
  std::array<PipeHold, 2> in_use = {};  // the end in which its read or write blocks, even if closed
  SemBlock blocked_at;                  // of a blocked semop
  bool stopped = false;                 // by SIGSTOP
  bool restarted = false;               // its call began anew after SIGCONT
  bool roused = false;                  // by IPC_SET, from its msgrcv, and has not looked yet
  int interrupted = 0;                  // a signal that its call has to look at
  int held = 0;                         // a signal that will end it once it is continued
  int space = 0;                        // its IPC namespace
  int undo = -1;                        // its list of adjustments, -1 for none yet
  int pid_space = 0;                    // its PID namespace: 0 is the outer one
  int children_pid_space = 0;           // that of the children to come
  int inner_pid = 0;                    // its number in pid_space, where that is not 0
  Credentials who;

  // Of each process, in its leader.
  int parent = -1;                   // a process; -1: the engine
  std::vector<Attach> attaches;      // in the order of addresses
  std::vector<Span> holes;           // address space that is known to be free
  std::vector<Span> covered;         // what attaches have ever covered: harness/exec keeps to it
  std::map<int, int64_t> addresses;  // by variable
  std::map<int, std::array<PipeHold, 2>> pipes;    // by variable: read end, write end
  std::vector<std::array<PipeHold, 2>> forgotten;  // ends that no variable names any more
  std::map<int, SignalHandling> signals;
  int64_t memlock = 0;          // RLIMIT_MEMLOCK
  bool memory_limited = false;  // RLIMIT_AS

  // Whether it can be told to make a call.
  bool CanAct() const { return life == Life::kAlive && !pending && !stopped && !fate; }
  // Of a leader: whether its process has this end of a pipe, under whatever name.
  bool Holds(const PipeHold& hold, bool write) const;
  bool operator==(const ProcessState&) const = default;
};

struct State {
  Facts facts;
  Rules rules;
  uint32_t deviations = 0;  // bits of Deviation: what was accepted so far
  int64_t clock = 0;        // counts arrivals in wait queues, attaches and other things in order
  Limits initial_limits;    // of every new IPC namespace
  std::vector<IpcNamespace> spaces;
  std::vector<int> pid_spaces;  // by PID namespace: how many processes it has had; 0 is unused
  std::map<int, UndoList> undo_lists;
  std::map<int, PipeBuffer> pipes;
  std::vector<ProcessState> processes;
  std::map<int, int64_t> values;  // by variable: the id or key that a call assigned

  bool operator==(const State&) const = default;

  ProcessState& process(int index) { return processes[static_cast<size_t>(index)]; }
  const ProcessState& process(int index) const { return processes[static_cast<size_t>(index)]; }
  ProcessState& LeaderOf(int index) { return process(process(index).leader); }
  const ProcessState& LeaderOf(int index) const { return process(process(index).leader); }
  IpcNamespace& space(int index) { return spaces[static_cast<size_t>(index)]; }
  const IpcNamespace& space(int index) const { return spaces[static_cast<size_t>(index)]; }

  int64_t PagesOf(int64_t bytes) const;
  // Open ends of a pipe, over all processes.
  int Holders(int pipe, bool write) const;
  // Whether another thread of the process lives.
  bool HasOtherThreads(int index) const;
  // The number by which somebody in this PID namespace knows a process; 0 for one that it cannot
  // see.
  int PidIn(int pid_space, const PidRef& who) const;
};

// The state in which a scenario of these processes begins: none is started, nothing exists.
State InitialState(const Facts& facts, size_t processes, const Rules& rules = {});

// capabilities(7): what the run's processes begin with.
uint32_t CapabilitiesOf(const Facts& facts);

// A new namespace; answers its index.
int NewIpcNamespace(State& state);
int NewPidNamespace(State& state);

// A process that the engine starts: alive, with the credentials of the run.
void StartProcess(State& state, int process, int pid);

// A thread ends; with the last one its process: it detaches, its semaphore adjustments are applied
// if nobody shares them, its pipes are closed, its children become the engine's, and it waits for
// its parent as a zombie. `now`: when.
void EndThread(State& state, int process, const Outcome& end, Range now);

// All threads of a process are about to end so.
void Doom(State& state, int process, const Outcome& fate);

// Leaves the list of semaphore adjustments; the last one to leave applies them: semop(2).
void LeaveUndoList(State& state, int process, Range now);

// The segments that this thread created have no creator any more: shm_rmid_forced of proc(5).
void OrphanSegments(State& state, int process);

}  // namespace ipcrig
