// SPDX-License-Identifier: Apache-2.0
#include "library/log_memory.h"

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <cerrno>
#include <cstring>
#include <map>

#include <fmt/format.h>

namespace ipcrig {
inline namespace v0 {
namespace {

bool Is(const CallRecord& record, Call call) { return record.call == static_cast<int32_t>(call); }

bool Returned(const CallRecord& record) { return record.state == CallRecord::kReturned; }
bool Failed(const CallRecord& record) { return Returned(record) && record.result < 0; }

bool UsesUndo(const CallRecords& all, const CallRecord& record) {
  if (!Is(record, Call::kSemop) || record.in == kNowhere) return false;
  for (size_t at = 0; at + sizeof(sembuf) <= record.in_size; at += sizeof(sembuf)) {
    sembuf one = {};
    memcpy(&one, all.arena + record.in + at, sizeof(one));
    if ((one.sem_flg & SEM_UNDO) != 0) return true;
  }
  return false;
}

class Planner {
 public:
  Planner(const CallRecords& all, uint32_t count) : all_(all), count_(count) {}

  MemoryPlan Plan(const std::set<pid_t>& strangers) {
    for (uint32_t i = 0; i < count_; ++i) NoteAttach(all_.records[i]);
    for (uint32_t i = 0; i < count_; ++i) Follow(i);
    for (const auto& [pid, space] : spaces_) {
      if (!space.inherits && first_.count(pid) == 0) continue;
      if (strangers.count(pid) != 0) {
        Doubt(fmt::format("process {} has begun another program", pid));
      }
    }
    if (!attached_.empty() && all_.nested != 0)
      Doubt("a Rig was made within the one that observes");
    return std::move(plan_);
  }

 private:
  // The memory of a process, from one program that it is to the next.
  struct Space {
    bool inherits = false;
    bool undoes = false;
  };

  void Doubt(const std::string& why) {
    if (plan_.doubt.empty()) plan_.doubt = why;
  }

  void NoteAttach(const CallRecord& record) {
    if (!Is(record, Call::kShmat) || record.state == CallRecord::kNone || Failed(record)) return;
    first_.emplace(record.pid, record.from);
    attached_.insert(Returned(record) ? record.result : 0);
  }

  // Whether the process may have had something attached by then.
  bool Holds(pid_t pid, int64_t by) {
    const auto first = first_.find(pid);
    return spaces_[pid].inherits || (first != first_.end() && first->second <= by);
  }

  void Follow(uint32_t index) {
    const CallRecord& record = all_.records[index];
    if (record.state == CallRecord::kNone) return;
    if (record.call == kForkRecord) return Fork(index);
    if (record.call == kImageRecord) return Image(index);
    Space& space = spaces_[record.pid];
    space.undoes = space.undoes || UsesUndo(all_, record);
    if (Is(record, Call::kShmdt) && Returned(record) && record.result == 0 &&
        attached_.count(record.arguments[0]) == 0) {
      plan_.foreign.insert(index);
    }
    if (const char* why = WhyStrange(record); why != nullptr) Doubt(why);
  }

  // Of calls that the model does not follow as they go in a process that it knows little of.
  static const char* WhyStrange(const CallRecord& record) {
    if (Is(record, Call::kShmget)) {
      if (!Returned(record)) return "a process was killed in shmget";
      if (!Failed(record) && (record.arguments[2] & SHM_HUGETLB) != 0) return "SHM_HUGETLB";
    }
    if (Is(record, Call::kShmat)) {
      const bool address = record.arguments[1] != 0;
      if (!Failed(record) && (record.arguments[2] & SHM_REMAP) != 0) return "SHM_REMAP";
      if (Failed(record) && record.error == ENOMEM) return "shmat had no memory";
      if (Failed(record) && record.error == EINVAL && address) return "shmat found no room";
    }
    if (Is(record, Call::kShmctl) && !Failed(record)) {
      const int64_t command = record.arguments[1];
      if (command == SHM_LOCK || command == SHM_UNLOCK) return "SHM_LOCK";
    }
    return nullptr;
  }

  void Fork(uint32_t index) {
    const CallRecord& record = all_.records[index];
    if (!Holds(record.pid, Returned(record) ? record.to : INT64_MAX)) return;
    const pid_t child = record.child;
    if (child == 0) return Doubt("a process has forked, and its child was not seen");
    spaces_[child].inherits = true;
    plan_.forks.insert(index);
  }

  void Image(uint32_t index) {
    const CallRecord& record = all_.records[index];
    Space& space = spaces_[record.pid];
    if (!Holds(record.pid, record.from)) return;
    if (space.undoes) Doubt("a process with SEM_UNDO has begun another program");
    plan_.images.insert(index);
    space = {};
    first_.erase(record.pid);
    for (uint32_t i = index; i < count_; ++i) {
      if (all_.records[i].pid == record.pid) NoteAttach(all_.records[i]);
    }
  }

  const CallRecords& all_;
  const uint32_t count_;
  std::map<pid_t, Space> spaces_;
  std::map<pid_t, int64_t> first_;  // attach that may have succeeded
  std::set<int64_t> attached_;      // addresses
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan PlanMemory(const CallRecords& all, uint32_t count, const std::set<pid_t>& strangers) {
  return Planner(all, count).Plan(strangers);
}

}  // namespace v0
}  // namespace ipcrig
