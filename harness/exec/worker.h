// SPDX-License-Identifier: Apache-2.0
//
// Worker: a process of a scenario. It waits for an operation in its lane, makes the call, writes
// down what came of it, and waits again.
//
// The bodies in msg.cc, sem.cc, shm.cc, pipe.cc and process.cc make the calls:
//
//   void Msgget::Call(Worker& worker) const {
//     worker.AnswerId(result.slot, msgget(worker.KeyOf(key), flags.bits));
//   }
//
// A worker never allocates and never uses stdio, so that it can be forked from a process in any
// state, under any sanitizer.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "exec/board.h"

namespace ipcrig {

class Worker {
 public:
  Worker(Board& board, int index) : board_(&board), index_(index) {}

  // Executes commands for ever. The process ends by a command or by SIGKILL.
  [[noreturn]] void Run();

  Board& board() { return *board_; }
  Lane& lane() { return board_->lanes[index_]; }
  int index() const { return index_; }
  // The forked child goes on as another process of the scenario.
  void Become(int index) { index_ = index; }
  // Says that it waits for commands, and as whom.
  void Announce();

  // Makes a call of which it is known how it is seen asleep: by its number in /proc/PID/syscall.
  template <typename Call>
  int64_t Try(int syscall, Call call) {
    lane().syscall.store(syscall, std::memory_order_release);
    errno = 0;
    const int64_t value = call();
    lane().syscall.store(-1, std::memory_order_release);
    return value;
  }

  // Replies. Answer(-1) is a failure with the present errno.
  void Answer(int64_t value);
  void AnswerId(int slot, int64_t id);
  void AnswerFault(int signal);
  void AddNumber(int64_t number);
  void AddNumbers(std::initializer_list<int64_t> numbers);
  char* bytes() { return lane().bytes; }
  void SetByteCount(int64_t count) { lane().byte_count = static_cast<uint32_t>(count); }

  // The scenario's names.
  template <Kind kKind>
  int IdOf(const Id<kKind>& id) {
    return id.slot < 0 ? id.number : board_->ids[id.slot];
  }
  int KeyOf(const Key& key) { return key.slot < 0 ? key.number : board_->ids[key.slot]; }
  uint64_t AddressOf(const Address& address);
  int& PipeOf(const PipeEnd& end) { return lane().pipes[end.slot][end.write ? 1 : 0]; }

 private:
  Board* board_;
  int index_;
};

// To be called first in main() of every program that runs scenarios: where the process was exec'd
// as a worker, this does not return.
void BecomeWorkerIfAsked(int argc, char** argv);

inline constexpr std::string_view kWorkerFlag = "--ipcrig-worker";

}  // namespace ipcrig
