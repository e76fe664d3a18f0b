// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <ipcrig/observe.h>

#include "base/clock.h"
#include "library/log_writer.h"
#include "library/rig_state.h"

namespace ipcrig {
inline namespace v0 {
namespace {

constexpr int kMostLanes = 16;               // that a log can have
constexpr int64_t kPatience_us = 2'000'000;  // with processes that go on making calls

int HasCapability(int capability) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return static_cast<int>(data[capability / 32].effective >> (capability % 32) & 1U);
}

int64_t Clamped(unsigned long limit) {
  return static_cast<int64_t>(std::min<unsigned long>(limit, INT64_MAX));
}

// The user, its privileges and the limits, by the names of harness/ops/history.h.
std::string FactsLine() {
  msginfo msg = {};
  seminfo sem = {};
  shminfo shm = {};
  shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&shm));
  msgctl(0, IPC_INFO, reinterpret_cast<msqid_ds*>(&msg));
  semctl(0, 0, IPC_INFO, &sem);
  char space[32] = {};
  (void)!readlink("/proc/self/ns/user", space, sizeof(space) - 1);
  const bool initial = strcmp(space, "user:[4026531837]") == 0;
  return fmt::format(
      "{{\"facts\": {{\"uid\": {}, \"gid\": {}, \"cap_ipc_owner\": {}, \"cap_sys_admin\": {}, "
      "\"cap_sys_resource\": {}, \"user_namespace\": {}, \"page_size\": {}, \"shmmax\": {}, "
      "\"shmall\": {}, \"shmmni\": {}, \"msgmax\": {}, \"msgmnb\": {}, "
      "\"msgmni\": {}, \"semmsl\": {}, \"semmns\": {}, \"semopm\": {}, \"semmni\": {}}}}}\n",
      geteuid(), getegid(), HasCapability(CAP_IPC_OWNER), HasCapability(CAP_SYS_ADMIN),
      initial ? HasCapability(CAP_SYS_RESOURCE) : 0, initial ? 0 : 1, sysconf(_SC_PAGESIZE),
      Clamped(shm.shmmax), Clamped(shm.shmall), Clamped(shm.shmmni), msg.msgmax, msg.msgmnb,
      msg.msgmni, sem.semmsl, sem.semmns, sem.semopm, sem.semmni);
}

// How all calls stood at one moment, in which nobody made any.
struct Moment {
  uint32_t count = 0;
  std::vector<Standing> standings;
  std::set<pid_t> gone;       // processes
  std::set<pid_t> strangers;  // which live on as another program than that of their last call
  int64_t now = 0;
  bool still = true;
};

Standing StandingOf(const CallRecord& record, bool& settled) {
  if (record.state.load(std::memory_order_acquire) == CallRecord::kReturned) {
    const bool unborn = record.call == kForkRecord && record.child == 0;
    if (unborn) settled = false;
    return Standing::kReturned;
  }
  const ThreadLook look = LookAtThread(record.pid, record.tid);
  if (look.gone) return Standing::kDead;
  if (record.call > 0 && look.asleep == static_cast<Call>(record.call)) return Standing::kAsleep;
  if (!look.stopped) settled = false;
  return Standing::kUnknown;
}

// Whether a process has the records mapped, as every program has that makes calls which are
// recorded. One that has nothing mapped is about to end.
bool MapsRecords(pid_t pid, bool& settled) {
  const AdminForNow admin;
  std::ifstream maps(fmt::format("/proc/{}/maps", pid));
  bool any = false;
  for (std::string line; std::getline(maps, line); any = true) {
    if (line.find("/memfd:ipcrig-history") != std::string::npos) return true;
  }
  if (!any) settled = false;
  return false;
}

Moment LookOnce(const CallRecords& all, bool& settled) {
  Moment moment;
  moment.count = std::min(all.count.load(), kRecordsMax);
  std::set<pid_t> pids;
  bool attached = false;  // otherwise it does not matter what program a process is
  for (uint32_t i = 0; i < moment.count; ++i) {
    const CallRecord& record = all.records[i];
    pids.insert(record.pid);
    attached = attached || record.call == static_cast<int32_t>(Call::kShmat);
    if (record.child != 0) pids.insert(record.child);
    moment.standings.push_back(StandingOf(record, settled));
  }
  for (const pid_t pid : pids) {
    if (IsGone(pid)) {
      moment.gone.insert(pid);
    } else if (attached && pid != getpid()) {
      const bool same = MapsRecords(pid, settled);
      if (!same) moment.strangers.insert(pid);
    }
  }
  moment.now = MonotonicNs();
  return moment;
}

bool Same(const Moment& a, const Moment& b) {
  return a.count == b.count && a.standings == b.standings && a.gone == b.gone &&
         a.strangers == b.strangers;
}

// Two looks that saw the same: whoever sleeps slept in between. Who is in a call and does not sleep
// will soon; if not, it is stopped, say, and nothing is known of its call.
Moment LookUntilStill(const CallRecords& all) {
  const int64_t end = MonotonicUs() + kPatience_us;
  bool settled = true;
  Moment before = LookOnce(all, settled);
  while (true) {
    settled = true;
    Moment after = LookOnce(all, settled);
    const bool late = MonotonicUs() > end;
    after.still = Same(before, after);
    if ((after.still && settled) || late) return after;
    before = std::move(after);
    sched_yield();
  }
}

CallLog Written(const CallRecords& all, const Moment& moment, int64_t start,
                const MemoryPlan& memory) {
  LogWriter writer(all, start, memory);
  for (uint32_t i = 0; i < moment.count; ++i) {
    if (all.records[i].state != CallRecord::kNone) writer.Add(i, moment.standings[i], moment.now);
  }
  for (uint32_t i = 0; i < moment.count; ++i) {
    const CallRecord& record = all.records[i];
    const bool ended = record.state == CallRecord::kReturned && record.call == kEndRecord;
    if (ended) writer.End(record.pid, record.to);
  }
  for (const pid_t pid : moment.gone) writer.End(pid, moment.now);
  return writer.Finish();
}

}  // namespace

void Rig::Observe(History& history) {
  history = {};
  if (!ok()) return;
  const auto objects = IpcObjects().size();
  const auto processes = state_->processes.size();
  if (objects + processes > 0 || state_->records != nullptr) {
    history.problem_ = fmt::format(
        "Observe() comes first in a test, and only once: {} objects and {} processes were there",
        objects, processes);
    return;
  }
  UniqueFd memory(memfd_create("ipcrig-history", MFD_CLOEXEC));
  void* at = MAP_FAILED;
  if (memory.ok() && ftruncate(memory.get(), sizeof(CallRecords)) == 0) {
    at = mmap(nullptr, sizeof(CallRecords), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  }
  if (at == MAP_FAILED) {
    history.problem_ = fmt::format("shared memory for the history: {}", strerror(errno));
    return;
  }
  history.facts_ = FactsLine();
  history.uid_ = geteuid();
  history.gid_ = getegid();
  history.problem_.clear();
  history.records_ = {static_cast<CallRecords*>(at),
                      [](CallRecords* records) { munmap(records, sizeof(CallRecords)); }};
  history.records_->magic = kBoardMagic;
  state_->records = history.records_;
  state_->records_memory = std::move(memory);
  SetCurrentRecords(history.records_.get());
}

CallLog History::Log() const {
  if (records_ == nullptr) return {"", 0, 0, "", problem_};
  const CallRecords& all = *records_;
  if (all.count > kRecordsMax || all.used > kRecordArena) {
    return {"", 0, 0, "", fmt::format("the log is full after {} calls", all.count.load())};
  }
  const Moment moment = LookUntilStill(all);
  int64_t start = moment.now;
  for (uint32_t i = 0; i < moment.count; ++i) {
    if (all.records[i].from != 0) start = std::min(start, all.records[i].from);
  }
  MemoryPlan memory = PlanMemory(all, moment.count, moment.strangers);
  CallLog log = Written(all, moment, start, memory);
  if (log.processes > kMostLanes && memory.doubt.empty()) {
    memory.doubt = "too many processes inherit it";
    log = Written(all, moment, start, memory);
  }
  log.text.insert(0, facts_);
  std::string problem = problem_;
  for (uint32_t i = 0; i < moment.count; ++i) {
    const CallRecord& record = all.records[i];
    if (record.call <= 0 || (record.uid == uid_ && record.gid == gid_)) continue;
    problem = fmt::format("process {} made a call as another user than the test", record.pid);
  }
  if (!moment.still) problem = "processes go on making calls: wait for them first";
  if (log.calls == 0 && problem.empty()) problem = "no call was made that can be judged";
  if (!problem.empty()) log.problem = problem;
  return log;
}

}  // namespace v0
}  // namespace ipcrig
