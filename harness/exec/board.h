// SPDX-License-Identifier: Apache-2.0
//
// Board: the shared memory between the engine and its workers. Each process of a scenario has a
// lane: the engine puts an operation there and counts `command` up; the worker makes the call,
// writes the reply and counts `reply` up. Both sleep on these counters with futex(2).
//
// A thread has a lane of its own. What belongs to its process is in the lane of the process's first
// thread, the leader; a process of one thread is its own leader.
//
// Everything is fixed in size and lives in a memfd that fork(2) and execve(2) hand on. Nothing here
// allocates; all of it may be used between fork and exec.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "base/result.h"
#include "base/unique_fd.h"
#include "exec/race_log.h"
#include "ops/outcome.h"

namespace ipcrig {

inline constexpr int kMaxReplyNumbers = 32000;  // GETALL of a set of SEMMSL semaphores
inline constexpr int kMaxRanges = 256;
inline constexpr int kMaxHuge = 64;
inline constexpr int kMaxPath = 512;
inline constexpr int kScratchBytes = 66 << 10;  // the largest text and what stands around it

// A part of the address space of a process that some attach of its image has covered.
struct AddressRange {
  uint64_t from;
  uint64_t to;
};

// What a command asks for.
enum class Task : int32_t {
  kCall,   // make the call `op`
  kTidy,   // give back attaches and pipes
  kReset,  // and what is set: signals, limits, the IPC namespace
  kRace,   // make the calls of the lane's list
};

struct Lane {
  std::atomic<uint32_t> command;  // how many commands the engine gave; futex
  std::atomic<uint32_t> reply;    // how many the worker has answered
  std::atomic<uint32_t> ready;    // 1: the worker waits for its first command
  std::atomic<int32_t> syscall;   // the system call that the worker makes, -1 where none
  std::atomic<int32_t> reaped;    // 1: somebody waited for this process; `end_status` is its status
  int32_t end_status;
  int32_t proc_pid;           // the worker's name in /proc
  std::atomic<uint32_t> tid;  // its thread id, as it knows it itself; futex
  int32_t output;             // descriptor for the output of a program
  Task task;                  // the command; kCall unless the engine said something else

  // Where it is in the trees of processes and namespaces. fork(2) sets these for the child.
  int32_t leader;           // the lane of its process
  int32_t nested;           // 1: in a PID namespace of its own
  int32_t init;             // 1: it is the first process there, and ends by SIGKILL only
  int32_t children_nested;  // 1: its next child will be; 2: that child has been born

  Op op;  // the command

  // The reply.
  Outcome::Kind kind;
  int64_t value;
  int64_t returned;  // when the call did, nanoseconds; 0 where no race was on
  int32_t number_count;
  uint32_t byte_count;

  // Of a leader: what its process does with signals, a bit for each.
  uint32_t handled;
  uint32_t ignored;

  // Of a leader: what the process knows under the scenario's names. fork(2) copies it, execve(2)
  // clears the addresses.
  uint64_t addresses[kMaxVariables];
  int32_t pipes[kMaxVariables][2];
  AddressRange ranges[kMaxRanges];
  int32_t range_count;

  int64_t numbers[kMaxReplyNumbers];
  char bytes[kMaxTextLength];
  alignas(64) char scratch[kScratchBytes];  // what the call reads or writes
};

// Whether the worker has answered the last command that it was given; its answer can be read then.
inline bool HasAnswered(const Lane& lane) {
  return lane.reply.load(std::memory_order_acquire) == lane.command.load();
}

struct Board {
  std::atomic<uint32_t> answers;  // how many replies there were in all lanes; futex
  std::atomic<uint32_t> waits;    // 1: the engine sleeps until there are more of them
  int32_t board_fd;
  int32_t realtime;              // 1: workers run with SCHED_FIFO, above the engine
  int32_t pids_are_reused;       // 1: no PID namespace keeps them apart from other processes'
  int32_t ids[kMaxVariables];    // of objects, and keys; -1 where no call succeeded
  int32_t pids[kMaxProcesses];   // as fork(2) answered them to the parent; of a thread its id
  int32_t kcov[kMaxProcesses];   // descriptors of the lanes (exec/kcov.h), -1 where there are none
  char programs[kMaxPath];       // the directory of exec'd programs
  int64_t huge_page_size;        // bytes; 0 where there are none
  int32_t huge_ids[kMaxHuge];    // of segments of huge pages, which no report tells apart
  int64_t huge_sizes[kMaxHuge];  // and of their pages
  std::atomic<uint32_t> huge;    // how many of them there are, or have been
  Lane lanes[kMaxProcesses];
  RaceStart race;
  RaceLog logs[kMaxProcesses];
};

static_assert(std::atomic<uint32_t>::is_always_lock_free);

// A new board of zeroes in a memfd without close-on-exec; never unmapped.
Result<Board*> CreateBoard();
// The board of an inherited descriptor, in a worker that was exec'd; nullptr on failure.
Board* MapBoard(int fd);

inline uint32_t SignalBit(int number) { return 1U << number; }

// futex(2). Wait() returns at once when the counter is no longer `seen`; timeout_us < 0: none.
void FutexWait(std::atomic<uint32_t>& counter, uint32_t seen, int64_t timeout_us);
void FutexWake(std::atomic<uint32_t>& counter);

// The engine sleeps until there are more than `seen` answers, or for this long.
void WaitForAnswer(Board& board, uint32_t seen, int64_t timeout_us);
// One more answer. Mostly the engine does not sleep by then, since it runs after the workers.
void CountAnswer(Board& board);

}  // namespace ipcrig
