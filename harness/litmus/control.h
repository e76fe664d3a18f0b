// SPDX-License-Identifier: Apache-2.0
//
// Control: the memory that the processes of a litmus test share with whoever runs them, beside the
// segments under test: whose turn it is, where they are, what was counted. A run is a sequence of
// rounds; in a round every process makes `size` iterations.
//
//   Arrive(control, parties, spins);   // a barrier: it returns when all have arrived
//
// It lies in an anonymous shared mapping, made before the first fork(2). All of it may be used
// between fork and exec.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "litmus/perpetual.h"
#include "litmus/test.h"

namespace ipcrig::litmus {

inline constexpr uint32_t kMaxRound = 1U << 20;  // iterations
inline constexpr size_t kLine = 64;              // bytes from one iteration's locations to the next
inline constexpr uint32_t kMaxGatedRound = 1U << 10;  // iterations that wait for each other

struct alignas(kLine) Place {
  std::atomic<int32_t> statement;  // in whose IPC call the process is; -1: in none
  std::atomic<int32_t> error;      // errno of such a call
};

struct Control {
  alignas(kLine) std::atomic<uint32_t> round;       // futex: the workers begin
  alignas(kLine) std::atomic<uint32_t> finished;    // futex: how many have come to the round's end
  alignas(kLine) std::atomic<uint32_t> arrived;     // at the barrier
  alignas(kLine) std::atomic<uint32_t> generation;  // futex: of the barrier
  alignas(kLine) std::atomic<uint32_t> sleepers;    // at the barrier
  alignas(kLine) std::atomic<uint64_t> iterations;  // so far, for whoever looks on
  std::atomic<uint64_t> impossible;                 // loaded values that nobody stored
  uint32_t size;                                    // of the round
  Place places[kMaxProcesses];
  uint64_t counts[kMaxProcesses][size_t{1} << kMaxPerpetualLoads];  // by who counted
  // What was loaded. Perpetual: by load of the plan. Otherwise: by process and register.
  uint32_t perpetual_log[kMaxPerpetualLoads][kMaxRound];
  uint32_t gated_log[kMaxProcesses][kMaxRegisters][kMaxGatedRound];
};

// futex(2) between processes. FutexSleep returns at once where the word is no longer `seen`;
// timeout_ms < 0: none.
void FutexSleep(std::atomic<uint32_t>& word, uint32_t seen, int64_t timeout_ms);
void FutexWakeUp(std::atomic<uint32_t>& word, int how_many);

// Looks `spins` times before it sleeps.
void Arrive(Control& control, uint32_t parties, uint32_t spins);

inline void Relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace ipcrig::litmus
