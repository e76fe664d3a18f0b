// SPDX-License-Identifier: Apache-2.0
#include "library/record.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "library/board.h"

namespace ipcrig {
inline namespace v0 {
namespace {

std::atomic<CallRecords*> current_records{nullptr};

// After everything before it, and before everything behind.
int64_t RecordTime() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const int64_t now = MonotonicNs();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return now;
}

CallRecord* NewRecord(CallRecords& all, int32_t call, pid_t pid) {
  const uint32_t index = all.count.fetch_add(1);
  if (index >= kRecordsMax) return nullptr;
  CallRecord& record = all.records[index];
  record.call = call;
  record.pid = pid;
  return &record;
}

// By its name, or kNowhere where there are too many. Two may be the same.
uint32_t ModuleOf(CallRecords& all, const CallPlace& place) {
  const uint32_t count = all.modules_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count && i < kModulesMax; ++i) {
    if (all.modules[i].complete.load(std::memory_order_acquire) == 0) continue;
    if (strcmp(all.modules[i].name, place.module) == 0) return i;
  }
  const uint32_t index = all.modules_count.fetch_add(1);
  if (index >= kModulesMax) return kNowhere;
  memcpy(all.modules[index].name, place.module, sizeof(place.module));
  all.modules[index].complete.store(1, std::memory_order_release);
  return index;
}

// The program's own file, which is asked for once; by each until it is known.
void CopyExe(char* to, size_t size) {
  static char known[sizeof(CallPlace::module)];
  static std::atomic<int> state{0};  // 1: somebody writes it down; 2: it is there
  if (state.load(std::memory_order_acquire) == 2) {
    memcpy(to, known, size);
    return;
  }
  (void)!readlink("/proc/self/exe", to, size - 1);
  int nobody = 0;
  if (!state.compare_exchange_strong(nobody, 1)) return;
  memcpy(known, to, size);
  state.store(2, std::memory_order_release);
}

// Room in the arena, or kNowhere.
uint32_t Reserve(CallRecords& all, size_t size) {
  if (size > kRecordArena) return kNowhere;
  const uint64_t at = all.used.fetch_add(size);
  return at + size <= kRecordArena ? static_cast<uint32_t>(at) : kNowhere;
}

thread_local CallRecord* forking = nullptr;

void BeforeFork() {
  CallRecords* all = CurrentRecords();
  forking = all == nullptr ? nullptr : NewRecord(*all, kForkRecord, getpid());
  if (forking == nullptr) return;
  forking->slot = CurrentSlot();
  forking->tid = gettid();
  forking->from = RecordTime();
  forking->state.store(CallRecord::kBegun, std::memory_order_release);
}

void AfterForkInParent() {
  if (forking == nullptr) return;
  forking->to = RecordTime();
  forking->state.store(CallRecord::kReturned, std::memory_order_release);
}

void AfterForkInChild() {
  if (forking != nullptr) forking->child.store(getpid(), std::memory_order_release);
}

}  // namespace

CallRecords* CurrentRecords() { return current_records.load(std::memory_order_acquire); }
void SetCurrentRecords(CallRecords* records) {
  static const int watching = pthread_atfork(BeforeFork, AfterForkInParent, AfterForkInChild);
  (void)watching;
  current_records.store(records, std::memory_order_release);
}

bool CopyOwn(void* to, const void* from, size_t size) {
  if (size == 0) return true;
  const int before = errno;
  const iovec target = {to, size};
  const iovec source = {const_cast<void*>(from), size};
  const ssize_t copied = process_vm_readv(getpid(), &target, 1, &source, 1, 0);
  const bool tried = copied >= 0 || errno == EFAULT;
  errno = before;
  if (tried) return copied == static_cast<ssize_t>(size);
  memcpy(to, from, size);  // the call is not permitted here
  return true;
}

void RecordEnd(pid_t pid) {
  CallRecords* all = CurrentRecords();
  CallRecord* record = all == nullptr ? nullptr : NewRecord(*all, kEndRecord, pid);
  if (record == nullptr) return;
  record->to = RecordTime();
  record->state.store(CallRecord::kReturned, std::memory_order_release);
}

void RecordImage() {
  CallRecords* all = CurrentRecords();
  CallRecord* record = all == nullptr ? nullptr : NewRecord(*all, kImageRecord, getpid());
  if (record == nullptr) return;
  record->tid = gettid();
  record->from = record->to = RecordTime();
  record->state.store(CallRecord::kReturned, std::memory_order_release);
}

CallPlace PlaceOf(const void* caller) {
  CallPlace place = {};
  // The address to return to may be on the next line.
  const auto address = reinterpret_cast<uintptr_t>(caller) - 1;
  dl_find_object found = {};
  if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) return place;
  place.address = address - found.dlfo_link_map->l_addr;
  const char* name = found.dlfo_link_map->l_name;
  if (name != nullptr && name[0] != '\0') {
    strncpy(place.module, name, sizeof(place.module) - 1);
  } else {
    CopyExe(place.module, sizeof(place.module));
  }
  return place;
}

Recording::Recording(Call call, const void* caller, std::initializer_list<int64_t> arguments) {
  CallRecords* all = CurrentRecords();
  if (all == nullptr) return;
  const int before = errno;
  record_ = NewRecord(*all, static_cast<int32_t>(call), getpid());
  if (record_ == nullptr) return;
  record_->slot = CurrentSlot();
  record_->tid = gettid();
  record_->uid = geteuid();
  record_->gid = getegid();
  const CallPlace place = PlaceOf(caller);
  record_->module = place.module[0] == '\0' ? kNowhere : ModuleOf(*all, place);
  record_->address = place.address;
  int64_t* next = record_->arguments;
  for (const int64_t argument : arguments) *next++ = argument;
  errno = before;
}

void Recording::In(const void* from, size_t size) {
  if (record_ == nullptr) return;
  CallRecords& all = *CurrentRecords();
  record_->in = Reserve(all, size);
  if (record_->in != kNowhere && !CopyOwn(all.arena + record_->in, from, size)) {
    record_->in = kNowhere;
  }
  record_->in_size = static_cast<uint32_t>(size);
}

void Recording::Begin() {
  if (record_ == nullptr) return;
  record_->from = RecordTime();
  record_->state.store(CallRecord::kBegun, std::memory_order_release);
}

void Recording::Finish(int64_t result, const void* out, size_t size) {
  record_->to = RecordTime();
  const int error = errno;
  record_->result = result;
  record_->error = error;
  if (result >= 0 && size > 0) {
    CallRecords& all = *CurrentRecords();
    record_->out = Reserve(all, size);
    if (record_->out != kNowhere) memcpy(all.arena + record_->out, out, size);
    record_->out_size = static_cast<uint32_t>(size);
  }
  record_->state.store(CallRecord::kReturned, std::memory_order_release);
  errno = error;
}

}  // namespace v0
}  // namespace ipcrig
