// SPDX-License-Identifier: Apache-2.0
//
// Worker: a process or a thread of a scenario. It waits for an operation in its lane, makes the
// call, writes down what came of it, and waits again.
//
// The files that are named after the families of operations (msg.cc, semctl.cc, signals.cc...) make
// the calls:
//
//   void Msgget::Call(Worker& worker) const {
//     worker.AnswerId(result.slot, msgget(worker.KeyOf(key), flags.bits));
//   }
//
// A worker never allocates and never uses stdio, so that it can be forked from a process in any
// state, under any sanitizer. (A new thread is the exception: the C library allocates for it.)
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "exec/board.h"

namespace ipcrig {

class Worker {
 public:
  Worker(Board& board, int index) : board_(&board), index_(index) {}

  // Executes commands for ever. The process ends by a command or by a signal.
  [[noreturn]] void Run();
  // The same, for a process that the engine started: it takes no signal settings from there.
  [[noreturn]] void RunFirst();

  Board& board() { return *board_; }
  Lane& lane() { return board_->lanes[index_]; }
  // The lane of the process: addresses, pipes, signal settings.
  Lane& home() { return board_->lanes[lane().leader]; }
  int index() const { return index_; }
  // The forked child goes on as another process of the scenario.
  void Become(int index) { index_ = index; }
  // Says that it waits for commands, and as whom.
  void Announce();
  // Makes the call; what came of it is in the lane.
  void MakeCall(const Op& op);
  // Detaches what is attached and closes the pipes, so that another scenario can begin here. Where
  // asked to, also puts back what it does with signals, its limits and its IPC namespace; answers
  // -1 where it cannot.
  void TidyUp(bool settings);

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
  void AnswerError(int error);
  void AnswerFault(int signal);
  // For calls whose success may look like a failure.
  void AnswerSuccess(int64_t value);
  void AddNumber(int64_t number);
  void AddNumbers(std::initializer_list<int64_t> numbers);
  char* bytes() { return lane().bytes; }
  void SetByteCount(int64_t count) { lane().byte_count = static_cast<uint32_t>(count); }
  // kScratchBytes of memory for what a call reads or writes.
  char* scratch() { return lane().scratch; }

  // The scenario's names.
  template <Kind kKind>
  int IdOf(const Id<kKind>& id) {
    return static_cast<int>(ValueOf(id.slot, id.number));
  }
  // What an id or a sysctl's amount means: a number, or what a variable holds plus a number.
  int64_t ValueOf(int slot, int64_t number) {
    return slot < 0 ? number : board_->ids[slot] + number;
  }
  int KeyOf(const Key& key) { return key.slot < 0 ? key.number : board_->ids[key.slot]; }
  uint64_t AddressOf(const Address& address);
  int& PipeOf(const PipeEnd& end) { return home().pipes[end.slot][end.write ? 1 : 0]; }

 private:
  void ForgetSignals();
  bool PutBackSettings();

  Board* board_;
  int index_;
};

// To be called first in main() of every program that runs scenarios: where the process was exec'd
// as a worker, this does not return.
void BecomeWorkerIfAsked(int argc, char** argv);

inline constexpr std::string_view kWorkerFlag = "--ipcrig-worker";

}  // namespace ipcrig
