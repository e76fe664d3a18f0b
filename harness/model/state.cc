// SPDX-License-Identifier: Apache-2.0
#include "model/state.h"

#include <algorithm>
#include <utility>

namespace ipcrig {
namespace {

// semop(2), SEM_UNDO: when the process terminates, the operation is undone; the value is kept
// within 0 and SEMVMX. Linux notes the time also where all adjustments are 0.
void ApplyUndo(State& state, ProcessState& process, Range now) {
  for (const auto& [id, adjustments] : std::exchange(process.undo, {})) {
    const auto set = state.sets.find(id);
    if (set == state.sets.end()) continue;
    for (size_t i = 0; i < adjustments.size(); ++i) {
      if (adjustments[i] == 0) continue;
      Semaphore& semaphore = set->second.semaphores[i];
      semaphore.value = std::clamp(semaphore.value + adjustments[i], 0, kSemvmx);
      semaphore.pid = process.pid;
    }
    set->second.otime = now;
  }
}

}  // namespace

int64_t Queue::Cbytes() const {
  int64_t bytes = 0;
  for (const Message& message : messages) bytes += static_cast<int64_t>(message.text.size());
  return bytes;
}

int64_t State::PagesOf(int64_t bytes) const {
  return bytes / facts.page_size + (bytes % facts.page_size != 0 ? 1 : 0);
}

int State::Holders(int pipe, bool write) const {
  int holders = 0;
  const auto count = [&](const std::array<PipeHold, 2>& ends) {
    const PipeHold& hold = ends[write ? 1 : 0];
    if (hold.open && hold.pipe == pipe) ++holders;
  };
  for (const ProcessState& process : processes) {
    for (const auto& [slot, ends] : process.pipes) count(ends);
    for (const auto& ends : process.forgotten) count(ends);
  }
  return holders;
}

State InitialState(const Facts& facts, size_t processes) {
  State state;
  state.facts = facts;
  state.processes.resize(processes);
  return state;
}

void Detach(State& state, int process, const Attach& attach, Range now) {
  const auto found = state.segments.find(attach.segment);
  if (found == state.segments.end()) return;
  Segment& segment = found->second;
  segment.dtime = now;
  segment.lpid = state.processes[static_cast<size_t>(process)].pid;
  --segment.nattch;
  if (segment.dest && segment.nattch == 0) state.segments.erase(found);
}

void DetachAll(State& state, int process, Range now) {
  ProcessState& self = state.processes[static_cast<size_t>(process)];
  for (const Attach& attach : std::exchange(self.attaches, {})) Detach(state, process, attach, now);
  self.addresses.clear();
  self.holes.clear();
}

void EndProcess(State& state, int process, const Outcome& end, Range now) {
  DetachAll(state, process, now);
  ProcessState& self = state.processes[static_cast<size_t>(process)];
  ApplyUndo(state, self, now);
  self.pipes.clear();
  self.forgotten.clear();
  self.pending.reset();
  self.progress = 0;
  self.dying = 0;
  self.end = end;
  self.life = ProcessState::Life::kZombie;
  for (ProcessState& child : state.processes) {
    if (child.parent == process) child.parent = -1;
  }
}

}  // namespace ipcrig
