// SPDX-License-Identifier: Apache-2.0
#include "model/state.h"

#include <algorithm>
#include <utility>

#include "model/mappings.h"
#include "model/semaphores.h"

namespace ipcrig {
namespace {

using Life = ProcessState::Life;

constexpr uint32_t kAllCapabilities = ~0U;
constexpr int kGoneJustNow = -2;  // the creator of a segment

// semop(2), SEM_UNDO: when the process terminates, the operation is undone; the value is kept
// within 0 and SEMVMX. Linux notes the time also where all adjustments are 0.
void ApplyUndo(State& state, const UndoList& list, PidRef who, Range now) {
  for (const auto& [id, adjustments] : list.semadj) {
    auto& sets = state.space(list.space).sets;
    const auto set = sets.find(id);
    if (set == sets.end()) continue;
    for (size_t i = 0; i < adjustments.size(); ++i) {
      if (adjustments[i] == 0) continue;
      Semaphore& semaphore = set->second.semaphores[i];
      semaphore.value = std::clamp(semaphore.value + adjustments[i], 0, kSemvmx);
      semaphore.pid = who;
    }
    set->second.otime = now;
    RefreshSleepers(state, list.space, id, nullptr);
  }
}

// What goes with the last thread of a process.
void EndProcess(State& state, int leader, Range now) {
  RemoveAllMappings(state, leader, now);
  ProcessState& process = state.process(leader);
  process.pipes.clear();
  process.forgotten.clear();
  for (ProcessState& child : state.processes) {
    if (child.parent == leader) child.parent = -1;
  }
}

}  // namespace

uint32_t CapabilitiesOf(const Facts& facts) {
  uint32_t capabilities = facts.uid == 0 ? kAllCapabilities : 0;
  const auto set = [&](uint32_t bit, int64_t present) {
    capabilities = present != 0 ? capabilities | bit : capabilities & ~bit;
  };
  set(abi::kCapIpcOwner, facts.cap_ipc_owner);
  set(abi::kCapSysAdmin, facts.cap_sys_admin);
  set(abi::kCapSysResource, facts.cap_sys_resource);
  set(abi::kCapIpcLock, facts.cap_ipc_lock);
  return capabilities;
}

int64_t Queue::Cbytes() const {
  int64_t bytes = 0;
  for (const Message& message : messages) bytes += static_cast<int64_t>(message.text.size());
  return bytes;
}

int64_t* Limits::Find(std::string_view name) {
  const std::pair<std::string_view, int64_t*> all[] = {
      {"shmmax", &shmmax},           {"shmall", &shmall},
      {"shmmni", &shmmni},           {"msgmax", &msgmax},
      {"msgmnb", &msgmnb},           {"msgmni", &msgmni},
      {"semmsl", &semmsl},           {"semmns", &semmns},
      {"semopm", &semopm},           {"semmni", &semmni},
      {"shm_next_id", &shm_next_id}, {"msg_next_id", &msg_next_id},
      {"sem_next_id", &sem_next_id}, {"shm_rmid_forced", &shm_rmid_forced}};
  for (const auto& [known, limit] : all) {
    if (known == name) return limit;
  }
  return nullptr;
}

int64_t State::PagesOf(int64_t bytes) const {
  return bytes / facts.page_size + (bytes % facts.page_size != 0 ? 1 : 0);
}

bool ProcessState::Holds(const PipeHold& hold, bool write) const {
  const auto is_it = [&](const std::array<PipeHold, 2>& ends) {
    return ends[write ? 1 : 0] == hold;
  };
  return std::any_of(forgotten.begin(), forgotten.end(), is_it) ||
         std::any_of(pipes.begin(), pipes.end(),
                     [&](const auto& entry) { return is_it(entry.second); });
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
    count(process.in_use);
  }
  return holders;
}

bool State::HasOtherThreads(int index) const {
  for (size_t i = 0; i < processes.size(); ++i) {
    const ProcessState& other = processes[i];
    const bool sibling = other.life == Life::kAlive && other.leader == process(index).leader;
    if (sibling && static_cast<int>(i) != index) return true;
  }
  return false;
}

int State::PidIn(int pid_space, const PidRef& who) const {
  if (who.process < 0) return 0;
  const int index = who.thread ? who.process : process(who.process).leader;
  const ProcessState& named = process(index);
  if (pid_space == 0) return named.pid;
  return named.pid_space == pid_space ? named.inner_pid : 0;
}

State InitialState(const Facts& facts, size_t processes, const Rules& rules) {
  State state;
  state.facts = facts;
  state.rules = rules;
  state.pid_spaces = {0};
  state.spaces.resize(1);
  Limits& limits = state.initial_limits;
  limits.shmmax = facts.shmmax;
  limits.shmall = facts.shmall;
  limits.shmmni = facts.shmmni;
  limits.shm_rmid_forced = facts.shm_rmid_forced;
  limits.msgmax = facts.msgmax;
  limits.msgmnb = facts.msgmnb;
  limits.msgmni = facts.msgmni;
  limits.semmsl = facts.semmsl;
  limits.semmns = facts.semmns;
  limits.semopm = facts.semopm;
  limits.semmni = facts.semmni;
  state.spaces[0].limits = limits;
  state.processes.resize(processes);
  for (size_t i = 0; i < processes; ++i) state.processes[i].leader = static_cast<int>(i);
  return state;
}

void StartProcess(State& state, int process, int pid) {
  ProcessState& born = state.process(process);
  born.life = Life::kAlive;
  born.pid = pid;
  born.leader = process;
  born.who = {state.facts.uid, state.facts.gid, {}, CapabilitiesOf(state.facts)};
  born.memlock = state.facts.memlock;
  born.signals[abi::kSigpipe] = {.ignored = true};
}

void LeaveUndoList(State& state, int process, Range now) {
  const int list = std::exchange(state.process(process).undo, -1);
  if (list < 0) return;
  const bool shared = std::any_of(
      state.processes.begin(), state.processes.end(),
      [&](const ProcessState& other) { return other.life == Life::kAlive && other.undo == list; });
  if (shared) return;
  const auto found = state.undo_lists.find(list);
  const UndoList undo = std::move(found->second);
  state.undo_lists.erase(found);
  ApplyUndo(state, undo, {process}, now);
}

void OrphanSegments(State& state, int process) {
  for (IpcNamespace& space : state.spaces) {
    for (auto& [id, segment] : space.segments) {
      if (segment.creator == process) segment.creator = kGoneJustNow;
    }
    std::erase_if(space.segments, [&](const auto& entry) {
      return entry.second.creator == kGoneJustNow && space.limits.shm_rmid_forced != 0 &&
             entry.second.nattch == 0;
    });
    for (auto& [id, segment] : space.segments) {
      if (segment.creator == kGoneJustNow) segment.creator = -1;
    }
  }
}

void EndThread(State& state, int process, const Outcome& end, Range now) {
  ProcessState& self = state.process(process);
  const bool last = !state.HasOtherThreads(process);
  self.life = self.leader == process ? Life::kZombie : Life::kReaped;
  self.pending.reset();
  self.fate.reset();
  self.progress = 0;
  self.in_use = {};
  self.stopped = false;
  self.held = 0;
  self.end = end;
  if (last) EndProcess(state, self.leader, now);
  LeaveUndoList(state, process, now);
  OrphanSegments(state, process);
}

void Doom(State& state, int process, const Outcome& fate) {
  const int leader = state.process(process).leader;
  state.process(leader).end = fate;
  for (ProcessState& thread : state.processes) {
    if (thread.leader == leader && thread.life == Life::kAlive) thread.fate = fate;
  }
}

}  // namespace ipcrig
