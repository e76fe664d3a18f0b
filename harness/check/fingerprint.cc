// SPDX-License-Identifier: Apache-2.0
#include "check/fingerprint.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

namespace ipcrig {
namespace {

class Mixer {
 public:
  void Add(uint64_t value) {
    low_ = Mix(low_ ^ value);
    high_ = Mix(high_ + value * kOdd + 1);
  }
  void Add(int64_t value) { Add(static_cast<uint64_t>(value)); }
  void Add(int value) { Add(static_cast<uint64_t>(static_cast<int64_t>(value))); }
  void Add(bool value) { Add(uint64_t{value}); }
  void Add(std::string_view text) {
    Add(text.size());
    Add(std::hash<std::string_view>{}(text));
  }
  void Add(Range range) { Add(range.from), Add(range.to); }
  void Add(PidRef who) { Add(who.process * 2 + (who.thread ? 1 : 0)); }
  Fingerprint Take() const { return {low_, high_}; }

 private:
  static constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  static uint64_t Mix(uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9;
    x ^= x >> 27;
    x *= 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  uint64_t low_ = 1;
  uint64_t high_ = 2;
};

void Add(Mixer& mix, const Permissions& perm) {
  for (const int64_t number : {int64_t{perm.key}, perm.uid, perm.gid, int64_t{perm.mode}}) {
    mix.Add(number);
  }
}

void Add(Mixer& mix, const IpcNamespace& space) {
  for (const auto& [id, segment] : space.segments) {
    mix.Add(id);
    Add(mix, segment.perm);
    mix.Add(segment.nattch * 4 + (segment.dest ? 2 : 0) + (segment.locked ? 1 : 0));
    mix.Add(segment.creator);
    for (const PidRef& who : {segment.cpid, segment.lpid}) mix.Add(who);
    for (const Range& time : {segment.atime, segment.dtime, segment.ctime}) mix.Add(time);
  }
  mix.Add(-1);
  for (const auto& [id, queue] : space.queues) {
    mix.Add(id);
    Add(mix, queue.perm);
    mix.Add(queue.qbytes);
    mix.Add(queue.messages.size());
    for (const Message& message : queue.messages) {
      mix.Add(message.type);
      mix.Add(message.text);
    }
    for (const PidRef& who : {queue.lspid, queue.lrpid}) mix.Add(who);
    for (const Range& time : {queue.stime, queue.rtime, queue.ctime}) mix.Add(time);
  }
  mix.Add(-1);
  for (const auto& [id, set] : space.sets) {
    mix.Add(id);
    Add(mix, set.perm);
    for (const Semaphore& semaphore : set.semaphores) {
      mix.Add(semaphore.value);
      mix.Add(semaphore.pid);
    }
    for (const Range& time : {set.otime, set.ctime}) mix.Add(time);
  }
  for (const auto& used : space.used_ids) mix.Add(used.size());
  for (const int64_t next :
       {space.limits.shm_next_id, space.limits.msg_next_id, space.limits.sem_next_id}) {
    mix.Add(next);
  }
}

void Add(Mixer& mix, const PipeHold& hold) { mix.Add(hold.open ? hold.pipe + 1 : 0); }

void Add(Mixer& mix, const ProcessState& process) {
  mix.Add(static_cast<int>(process.life));
  mix.Add(process.fate ? static_cast<int64_t>(process.fate->kind) * 1000 + process.fate->value
                       : int64_t{-1});
  mix.Add(static_cast<int64_t>(process.end.kind) * 1000 + process.end.value);
  mix.Add(process.pending.has_value());
  mix.Add(process.progress);
  mix.Add(process.blocked_at.num * 2 + (process.blocked_at.for_zero ? 1 : 0));
  mix.Add(process.interrupted);
  mix.Add(process.held);
  mix.Add(process.stopped);
  for (const Attach& attach : process.attaches) {
    mix.Add(attach.address);
    mix.Add(attach.length);
    mix.Add(attach.segment);
  }
  mix.Add(process.covered.size());
  for (const auto& [slot, address] : process.addresses) {
    mix.Add(slot);
    mix.Add(address);
  }
  for (const PipeHold& hold : process.in_use) Add(mix, hold);
  for (const auto& [slot, ends] : process.pipes) {
    for (const PipeHold& hold : ends) Add(mix, hold);
  }
  for (const auto& ends : process.forgotten) {
    for (const PipeHold& hold : ends) Add(mix, hold);
  }
}

// Who sleeps, in the order of arrival; equal arrivals stay equal.
void AddSleepers(Mixer& mix, const State& state) {
  std::vector<std::pair<int64_t, int>> order;
  for (int i = 0; i < std::ssize(state.processes); ++i) {
    if (state.process(i).pending) order.emplace_back(state.process(i).since, i);
  }
  std::sort(order.begin(), order.end());
  int64_t last = -1;
  for (const auto& [since, process] : order) {
    mix.Add(process * 2 + (since == last ? 1 : 0));
    last = since;
  }
}

void AddAdjustments(Mixer& mix, const State& state) {
  for (int i = 0; i < std::ssize(state.processes); ++i) {
    const int list = state.process(i).undo;
    const auto found = state.undo_lists.find(list);
    if (found == state.undo_lists.end()) continue;
    int first = 0;  // who has the same list
    while (state.process(first).undo != list) ++first;
    mix.Add(i * kMaxProcesses + first);
    if (first != i) continue;
    for (const auto& [set, adjustments] : found->second.semadj) {
      mix.Add(set);
      for (const int adjustment : adjustments) mix.Add(adjustment);
    }
  }
}

}  // namespace

Fingerprint FingerprintOf(const Interleaving& at, const std::vector<int>& done) {
  Mixer mix;
  const State& state = at.state;
  for (const int count : done) mix.Add(count);
  for (const Racer& racer : at.racers) {
    mix.Add((racer.loose ? 1 : 0) + (racer.times_out ? 2 : 0) + (racer.exiting ? 4 : 0) +
            (racer.leaving ? 8 : 0) + (racer.ended ? 16 : 0) + racer.signalled * 32);
  }
  mix.Add(int64_t{state.deviations});
  for (const IpcNamespace& space : state.spaces) Add(mix, space);
  for (const auto& [id, pipe] : state.pipes) {
    mix.Add(id);
    mix.Add(pipe.pages.size());
    for (const PipeBuffer::Page& page : pipe.pages) {
      mix.Add(page.offset);
      mix.Add(page.bytes);
    }
  }
  for (const ProcessState& process : state.processes) Add(mix, process);
  AddSleepers(mix, state);
  AddAdjustments(mix, state);
  for (const auto& [slot, value] : state.values) {
    mix.Add(slot);
    mix.Add(value);
  }
  return mix.Take();
}

void Normalise(State& state) {
  // Arrivals, and the numbers of attaches and lists, share one counter; all are given anew.
  std::map<int64_t, int64_t> arrivals;
  for (const ProcessState& process : state.processes) {
    if (process.pending) arrivals[process.since] = 0;
  }
  int64_t next = 1;
  for (auto& [old, fresh] : arrivals) fresh = next++;
  std::map<int64_t, int64_t> serials;
  std::map<int, UndoList> lists;
  std::map<int, int> list_ids;
  for (ProcessState& process : state.processes) {
    process.since = process.pending ? arrivals[process.since] : 0;
    for (Attach& attach : process.attaches) {
      const auto [serial, first] = serials.try_emplace(attach.serial, next);
      if (first) ++next;
      attach.serial = serial->second;
    }
    if (process.undo < 0 || !state.undo_lists.contains(process.undo)) continue;
    const auto [id, first] = list_ids.try_emplace(process.undo, static_cast<int>(next));
    if (first) lists[static_cast<int>(next++)] = std::move(state.undo_lists[process.undo]);
    process.undo = id->second;
  }
  state.undo_lists = std::move(lists);
  state.clock = next;
}

}  // namespace ipcrig
