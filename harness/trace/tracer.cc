// SPDX-License-Identifier: Apache-2.0
#include "trace/tracer.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/clock.h"
#include "ops/abi.h"
#include "trace/arguments.h"
#include "trace/attach.h"
#include "trace/inspect.h"
#include "trace/keys.h"
#include "trace/latency.h"

namespace ipcrig {
namespace {

constexpr unsigned kForOthers = 06;    // read and write of the others
constexpr size_t kMostStills = 256;    // 16 MiB
constexpr size_t kMostStacks = 10000;  // of calls that create nothing

bool IsInterruption(int64_t result) {
  return result == -EINTR || result == -kRestartNoHandler || result == -kRestartSystem ||
         result == -kRestartNoInterrupt || result == -kRestartBlock;
}

std::string WhyUntraceable(pid_t thread, int error, const TracedProcess& process) {
  if (error != EPERM) return strerror(error);
  if (const pid_t tracer = TracerOf(thread); tracer > 0) {
    const auto known = LookAtProcess(tracer);
    return fmt::format("pid {} ({}) traces this thread", tracer, known ? known->command : "?");
  }
  if (process.set_id) return "a set-user-ID or set-group-ID program";
  if (process.executable.empty()) return "a program whose file may not be read";
  return "a security policy forbids ptrace(2)";
}

bool SameCall(const TracedCall& one, const IpcCall& other) {
  return one.call.name == other.name && one.call.args == other.args;
}

}  // namespace

Tracer::Tracer(UniqueFd listener, const TraceOptions& options, int64_t start_us, Record& record)
    : listener_(std::move(listener)),
      options_(options),
      start_us_(start_us),
      ipc_namespace_(IpcNamespaceOf(getpid())),
      record_(record) {
  AnswerQuickly(listener_.get());
}

int64_t Tracer::Now() const { return MonotonicUs() - start_us_; }

int Tracer::ProcessIndex(pid_t process) {
  auto look = LookAtProcess(process);
  if (!look) look = TracedProcess{process, 0, "?", "", false};
  for (size_t i = record_.processes.size(); i-- > 0;) {
    TracedProcess& known = record_.processes[i];
    if (known.pid == look->pid && known.command == look->command) return static_cast<int>(i);
  }
  record_.processes.push_back(std::move(*look));
  return static_cast<int>(record_.processes.size()) - 1;
}

// Looking at a process takes longer than a call: what is known of a thread holds until it executes
// another file, or the same again.
int Tracer::ProcessOfThread(pid_t thread) {
  std::string image = ImageOf(thread);
  Known& known = threads_[thread];
  if (known.process >= 0 && known.image == image) return known.process;
  known.image = std::move(image);
  known.process = ProcessIndex(ProcessOf(thread).value_or(thread));
  return known.process;
}

void Tracer::OnNotification() {
  seccomp_notif notification = {};
  if (ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &notification) != 0) return;
  uint64_t registers[6];
  std::copy(std::begin(notification.data.args), std::end(notification.data.args), registers);
  auto call = DecodeCall(notification.data.arch, notification.data.nr, registers);
  // A program that makes a namespace of its own has its objects there, and they go with it.
  const uint64_t there = IpcNamespaceOf(static_cast<pid_t>(notification.pid));
  const bool elsewhere = there != 0 && there != ipc_namespace_;
  if (!call || elsewhere) return Answer(notification.id, 0);
  ReadIndirect(static_cast<pid_t>(notification.pid), *call);
  Begin(notification, *call);
}

// error 0: the call is made.
void Tracer::Answer(uint64_t id, int error) {
  seccomp_notif_resp answer = {};
  answer.id = id;
  answer.error = -error;
  answer.flags = error == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
  // ENOENT: the thread was killed meanwhile.
  (void)ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void Tracer::Begin(const seccomp_notif& notification, const IpcCall& call) {
  const auto thread = static_cast<pid_t>(notification.pid);
  SettleRemovals(thread);
  const bool sets_values = call.IsControl() && !call.IsRemoval();
  if (sets_values) NoteValues(call);
  if (sets_values && options_.watch != Watch::kAllCalls) return Answer(notification.id, 0);
  // The second notification of a call that was sent back.
  if (const auto known = attached_.find(thread);
      known != attached_.end() && known->second.phase == Phase::kInCall) {
    return Answer(notification.id, 0);
  }
  if (const auto again = sent_back_.find(thread); again != sent_back_.end()) {
    const int index = again->second;
    sent_back_.erase(again);
    if (SameCall(record_.calls[static_cast<size_t>(index)], call)) {
      return Observe(notification, index);
    }
  }
  TracedCall traced;
  traced.thread = thread;
  traced.process = ProcessOfThread(thread);
  traced.call = call;
  traced.began_us = Now();
  traced.operations = ReadOperations(thread, call);
  Number(traced);
  record_.calls.push_back(std::move(traced));
  Observe(notification, static_cast<int>(record_.calls.size()) - 1);
}

void Tracer::Number(TracedCall& call) {
  const TracedProcess& process = record_.processes[static_cast<size_t>(call.process)];
  Counted& counted = counted_[process.pid];
  if (counted.ordinal == 0) counted.ordinal = static_cast<int>(counted_.size());
  call.ordinal = counted.ordinal;
  call.number = ++counted.calls;
  Ranked& ranked = ranked_[{process.pid, process.executable}];
  if (ranked.rank == 0) ranked.rank = ++executed_[process.executable];
  call.rank = ranked.rank;
  call.nth = ++ranked.calls[call.call.name];
}

void Tracer::Observe(const seccomp_notif& notification, int index) {
  const auto thread = static_cast<pid_t>(notification.pid);
  TracedCall& call = record_.calls[static_cast<size_t>(index)];
  if (IsCrashPoint(call, false)) {
    Crash(record_.processes[static_cast<size_t>(call.process)].pid);
    // It is not made before the signal was delivered.
    sent_back_[thread] = index;
    return Answer(notification.id, kRestartNoInterrupt);
  }
  if (call.call.IsRemoval() && NoteRemoval(index)) {
    unanswered_.push_back(index);
    return Answer(notification.id, 0);
  }
  if (const int error = Attach(thread); error != 0) {
    call.unseen = true;
    call.stack.missing =
        "not traced: " +
        WhyUntraceable(thread, error, record_.processes[static_cast<size_t>(call.process)]);
    return Answer(notification.id, 0);
  }
  const bool sleeps = call.call.MaySleep();
  attached_[thread] = {sleeps ? Phase::kArming : Phase::kCompleting, index};
  Answer(notification.id, sleeps ? kRestartNoInterrupt : 0);
}

bool Tracer::OnWait(pid_t thread, int status) {
  const auto found = attached_.find(thread);
  if (found == attached_.end()) return false;
  Attached& attached = found->second;
  switch (StopOf(status)) {
    case Stop::kGone:
      attached_.erase(found);
      return false;
    case Stop::kTrap:
      OnTrap(thread, attached);
      return true;
    case Stop::kSyscall:
      if (attached.phase == Phase::kEntering) {
        attached.phase = Phase::kInCall;
        ContinueToSyscall(thread, 0);
      } else {
        OnExit(thread, attached);
      }
      return true;
    case Stop::kSignal:
      OnSignal(thread, attached, WSTOPSIG(status));
      return true;
  }
  return false;
}

void Tracer::OnTrap(pid_t thread, Attached& attached) {
  TracedCall& call = record_.calls[static_cast<size_t>(attached.call)];
  if (attached.phase == Phase::kCompleting) {
    const auto result = ReturnValue(thread, call.call.compat);
    return Finish(thread, attached.call, result, 0);
  }
  if (attached.phase == Phase::kArming) {
    Keep(thread, attached.call);
    attached.phase = Phase::kEntering;
  }
  ContinueToSyscall(thread, 0);
}

void Tracer::OnExit(pid_t thread, Attached& attached) {
  const auto result =
      ReturnValue(thread, record_.calls[static_cast<size_t>(attached.call)].call.compat);
  if (!result || !IsInterruption(*result)) return Finish(thread, attached.call, result, 0);
  attached.phase = Phase::kInterrupted;
  ContinueToSyscall(thread, 0);
}

// A signal that nobody handles would not have been seen by an untraced thread: the call goes on.
void Tracer::OnSignal(pid_t thread, Attached& attached, int signal) {
  const int call = attached.call;
  const bool handled = HasHandler(thread, signal);
  const bool ignored = !handled && Ignores(thread, signal);
  if (attached.phase != Phase::kInterrupted || !handled) {
    if (attached.phase == Phase::kInterrupted && ignored) {
      SetReturnValue(thread, -kRestartNoHandler);
    }
    sent_back_[thread] = call;
    attached_.erase(thread);
    return Detach(thread, signal);
  }
  Finish(thread, call, -EINTR, signal);
}

void Tracer::Finish(pid_t thread, int index, std::optional<int64_t> result, int signal) {
  TracedCall& call = record_.calls[static_cast<size_t>(index)];
  call.result = result;
  call.ended_us = Now();
  if (result && call.call.IsGet() && *result >= 0) NoteObject(index);
  const bool removes = call.call.IsRemoval();
  if (removes && result.value_or(-1) == 0) NoteRemoved(index);
  if (call.creates || removes || options_.watch != Watch::kCreations) Keep(thread, index);
  const int pid = record_.processes[static_cast<size_t>(call.process)].pid;
  if (IsCrashPoint(call, true)) Crash(pid);
  attached_.erase(thread);
  Detach(thread, signal);
}

// Takes what the stack can be unwound from, once a call.
void Tracer::Keep(pid_t thread, int index) {
  TracedCall& call = record_.calls[static_cast<size_t>(index)];
  if (stills_.contains(index) || !call.stack.frames.empty()) return;
  if (!call.creates && record_.calls.size() > kMostStacks) {
    call.stack.missing = "only those of the first calls are kept";
    return;
  }
  Still& still = stills_[index] = TakeStill(thread);
  if (call.creates) NoteKey(record_.processes[static_cast<size_t>(call.process)], still, call);
  if (stills_.size() <= kMostStills) return;
  ForgetDetached();
  if (stills_.size() > kMostStills / 2) UnwindAll();
}

// A removed object is of no interest, unless there was something about its creation.
void Tracer::Forget(const TracedObject& object) {
  const TracedCall& call = record_.calls[static_cast<size_t>(object.created_by)];
  const bool risky = (static_cast<unsigned>(call.call.flags()) & kForOthers) == kForOthers ||
                     call.fixed_key || call.same_key.size() > 1;
  if (!risky && options_.watch != Watch::kAllCalls) stills_.erase(object.created_by);
}

void Tracer::ForgetDetached() {
  std::erase_if(marked_, [this](int index) {
    const TracedObject& object = record_.objects[static_cast<size_t>(index)];
    if (object.left || LookAtObject(object.row.kind, object.row.id)) return false;
    Forget(object);
    return true;
  });
}

void Tracer::End() {
  SettleRemovals(0);
  ForgetDetached();
  UnwindAll();
}

void Tracer::UnwindAll() {
  for (const auto& [index, still] : stills_) {
    record_.calls[static_cast<size_t>(index)].stack = unwinder_.Unwind(still);
  }
  stills_.clear();
}

void Tracer::NoteObject(int index) {
  TracedCall& call = record_.calls[static_cast<size_t>(index)];
  const auto id = static_cast<int>(*call.result);
  const auto key = std::pair(call.call.kind(), id);
  if (const auto known = objects_.find(key); known != objects_.end()) {
    return NoteOpening(index, record_.objects[static_cast<size_t>(known->second)]);
  }
  call.creates = true;
  objects_[key] = static_cast<int>(record_.objects.size());
  TracedObject object;
  object.row = LookAtObject(key.first, id).value_or(ObjectRow{key.first, id});
  object.created_by = index;
  record_.objects.push_back(std::move(object));
}

// A set that somebody opens who did not create it, and that has no values yet.
void Tracer::NoteOpening(int index, const TracedObject& object) {
  const TracedCall& call = record_.calls[static_cast<size_t>(index)];
  if (call.call.name != CallName::kSemget) return;
  if (record_.calls[static_cast<size_t>(object.created_by)].process == call.process) return;
  const auto row = LookAtObject(ObjectKind::kSem, object.row.id);
  if (!row || row->cells[static_cast<size_t>(Column::kOtime)].value_or(0) != 0) return;
  if (ContentOf(*row).find_first_of("123456789") != std::string::npos) return;
  early_[object.row.id].push_back(index);
  Keep(call.thread, index);
}

// SETVAL or SETALL: who opened the set before came too early.
void Tracer::NoteValues(const IpcCall& call) {
  const bool sets =
      call.name == CallName::kSemctl && (call.command() == SETVAL || call.command() == SETALL);
  const auto early = early_.find(call.object());
  if (!sets || early == early_.end()) return;
  auto& all = record_.half_initialised;
  all.insert(all.end(), early->second.begin(), early->second.end());
  early_.erase(early);
}

// What the object is like when somebody is about to remove it. Whether that is all that anybody
// will ask for: then the thread need not be stopped, and its result is what is seen afterwards.
bool Tracer::NoteRemoval(int index) {
  const IpcCall& call = record_.calls[static_cast<size_t>(index)].call;
  bool in_use = false;
  const auto object = objects_.find({call.kind(), call.object()});
  if (object != objects_.end()) {
    TracedObject& known = record_.objects[static_cast<size_t>(object->second)];
    if (auto row = LookAtObject(call.kind(), call.object())) {
      known.row = *row;
      known.content = ContentOf(*row);
    }
    in_use = WasInUse(known);
  }
  return !in_use && options_.watch != Watch::kAllCalls;
}

void Tracer::NoteRemoved(int index) {
  const IpcCall& call = record_.calls[static_cast<size_t>(index)].call;
  const auto object = objects_.find({call.kind(), call.object()});
  if (object == objects_.end()) return;
  TracedObject& removed = record_.objects[static_cast<size_t>(object->second)];
  removed.removed_by = index;
  // A segment stays until the last detach.
  if (call.kind() == ObjectKind::kShm) {
    marked_.push_back(object->second);
  } else {
    Forget(removed);
  }
  objects_.erase(object);
}

// Looks what became of removals that nobody waited for. A thread that makes another call has
// returned from it.
void Tracer::SettleRemovals(pid_t thread) {
  std::erase_if(unanswered_, [&](int index) {
    TracedCall& call = record_.calls[static_cast<size_t>(index)];
    const auto row = LookAtObject(call.call.kind(), call.call.object());
    const auto status = row ? (*row)[Column::kStatus].value_or(0) : 0;
    const bool gone = !row || (status & abi::kShmDest) != 0;
    if (gone) {
      call.result = 0;
      NoteRemoved(index);
    }
    return gone || call.thread == thread;
  });
}

bool Tracer::IsCrashPoint(const TracedCall& call, bool after) const {
  if (!options_.crash || crashed_) return false;
  return options_.crash->after == after && options_.crash->identity == IdentityOf(record_, call);
}

void Tracer::Crash(pid_t process) {
  crashed_ = true;
  record_.killed_at_point = true;
  record_.crashed_us = Now();
  if (!options_.crash->tree) {
    kill(process, options_.crash->signal);
    return;
  }
  for (const pid_t one : Descendants()) kill(one, options_.crash->signal);
}

}  // namespace ipcrig
