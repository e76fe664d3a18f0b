// SPDX-License-Identifier: Apache-2.0
#include "litmus/control.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace ipcrig::litmus {

void FutexSleep(std::atomic<uint32_t>& word, uint32_t seen, int64_t timeout_ms) {
  const timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000};
  syscall(SYS_futex, &word, FUTEX_WAIT, seen, timeout_ms < 0 ? nullptr : &timeout, nullptr, 0);
}

void FutexWakeUp(std::atomic<uint32_t>& word, int how_many) {
  syscall(SYS_futex, &word, FUTEX_WAKE, how_many, nullptr, nullptr, 0);
}

void Arrive(Control& control, uint32_t parties, uint32_t spins) {
  const uint32_t generation = control.generation.load();
  if (control.arrived.fetch_add(1) + 1 == parties) {
    control.arrived.store(0);
    control.generation.store(generation + 1);
    if (control.sleepers.load() != 0) FutexWakeUp(control.generation, INT_MAX);
    return;
  }
  for (uint32_t spin = 0; spin < spins; ++spin) {
    if (control.generation.load() != generation) return;
    Relax();
  }
  control.sleepers.fetch_add(1);
  while (control.generation.load() == generation) {
    FutexSleep(control.generation, generation, -1);
  }
  control.sleepers.fetch_sub(1);
}

}  // namespace ipcrig::litmus
