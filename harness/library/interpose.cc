// SPDX-License-Identifier: Apache-2.0
//
// The calls of System V IPC as the processes of a Rig make them: libc's, with a note of what was
// created by whom, and death at a KillAt point. Defined in the program itself they come before
// libc's for all of its shared libraries, too; for exec'd programs they are in a library of their
// own (preload.cc). Without a Rig they only call libc's.
#include <dlfcn.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstring>

#include "library/board.h"
#include "library/record.h"

namespace ipcrig {
inline namespace v0 {
namespace {

// What comes after this file in the order in which the linker looks: a sanitizer's, or libc's.
struct RealCalls {
  int (*shmget)(key_t, size_t, int);
  void* (*shmat)(int, const void*, int);
  int (*shmdt)(const void*);
  int (*shmctl)(int, int, shmid_ds*);
  int (*msgget)(key_t, int);
  int (*msgsnd)(int, const void*, size_t, int);
  ssize_t (*msgrcv)(int, void*, size_t, long, int);
  int (*msgctl)(int, int, msqid_ds*);
  int (*semget)(key_t, int, int);
  int (*semop)(int, sembuf*, size_t);
  int (*semtimedop)(int, sembuf*, size_t, const timespec*);
  int (*semctl)(int, int, int, ...);
};

RealCalls real;

template <typename Function>
void Find(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Before main(), so that the calls themselves stay async-signal-safe; others' constructors may have
// made some by then.
const RealCalls& Real() {
  if (real.semctl != nullptr) return real;
  Find(real.shmget, "shmget");
  Find(real.shmat, "shmat");
  Find(real.shmdt, "shmdt");
  Find(real.shmctl, "shmctl");
  Find(real.msgget, "msgget");
  Find(real.msgsnd, "msgsnd");
  Find(real.msgrcv, "msgrcv");
  Find(real.msgctl, "msgctl");
  Find(real.semget, "semget");
  Find(real.semop, "semop");
  Find(real.semtimedop, "semtimedop");
  Find(real.semctl, "semctl");
  return real;
}

void Note(SharedBoard& board, IpcObject::Kind kind, int id, const void* caller) {
  const uint32_t index = board.creations_count.fetch_add(1);
  if (index >= kCreationsMax) return;
  CreationEntry& entry = board.creations[index];
  entry.kind = static_cast<int32_t>(kind);
  entry.id = id;
  entry.slot = CurrentSlot();
  entry.pid = getpid();
  const CallPlace place = PlaceOf(caller);
  entry.address = place.address;
  memcpy(entry.module, place.module, sizeof(entry.module));
  entry.state.store(1, std::memory_order_release);
}

// The point of one call: dies in the constructor, or in After().
class Crossing {
 public:
  explicit Crossing(Call call) : board_(CurrentBoard()) {
    if (board_ == nullptr) return;
    ProcessSlot& slot = board_->slots[CurrentSlot()];
    if (slot.kill_call.load(std::memory_order_acquire) != static_cast<int32_t>(call)) return;
    if (slot.calls.fetch_add(1) + 1 != slot.kill_n) return;
    here_ = true;
    if (slot.kill_when == static_cast<int32_t>(When::kBefore)) Die();
  }

  template <typename T>
  T After(T result) {
    if (here_) Die();
    return result;
  }

  int AfterGet(int id, IpcObject::Kind kind, bool creates, const void* caller) {
    const int before = errno;
    if (board_ != nullptr && creates && id >= 0) Note(*board_, kind, id, caller);
    errno = before;
    return After(id);
  }

 private:
  void Die() {
    board_->slots[CurrentSlot()].reached = 1;
    kill(getpid(), SIGKILL);
  }

  SharedBoard* board_;
  bool here_ = false;
};

// A call of which nothing is recorded but its arguments and what it returned.
template <typename Make>
auto Recorded(Call call, const void* caller, std::initializer_list<int64_t> arguments, Make make) {
  Recording recording(call, caller, arguments);
  recording.Begin();
  return recording.End(make());
}

// Bytes of the values of a set; 0 where it cannot be seen.
size_t SetSize(int id) {
  const int before = errno;
  semid_ds status = {};
  const int result = Real().semctl(id, 0, IPC_STAT, &status);
  errno = before;
  return result < 0 ? 0 : status.sem_nsems * sizeof(unsigned short);
}

// Of what the command writes; of those that are judged.
template <typename Status>
size_t SizeOfStatus(int command) {
  return command == IPC_STAT ? sizeof(Status) : 0;
}

bool Creates(key_t key, int flags) { return key == IPC_PRIVATE || (flags & IPC_CREAT) != 0; }

}  // namespace

__attribute__((constructor)) void InterposeCalls() { (void)Real(); }

}  // namespace v0
}  // namespace ipcrig

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

using ipcrig::Call;
using ipcrig::Creates;
using ipcrig::Crossing;
using ipcrig::IpcObject;
using ipcrig::Real;
using ipcrig::Recorded;
using ipcrig::Recording;
using ipcrig::SizeOfStatus;

int shmget(key_t key, size_t size, int flags) noexcept {
  const void* caller = __builtin_return_address(0);
  Crossing crossing(Call::kShmget);
  const int id = Recorded(Call::kShmget, caller, {key, static_cast<int64_t>(size), flags},
                          [&] { return Real().shmget(key, size, flags); });
  return crossing.AfterGet(id, IpcObject::Kind::kShm, Creates(key, flags), caller);
}

void* shmat(int id, const void* address, int flags) noexcept {
  Crossing crossing(Call::kShmat);
  return crossing.After(Recorded(Call::kShmat, __builtin_return_address(0),
                                 {id, reinterpret_cast<int64_t>(address), flags},
                                 [&] { return Real().shmat(id, address, flags); }));
}

int shmdt(const void* address) noexcept {
  Crossing crossing(Call::kShmdt);
  return crossing.After(Recorded(Call::kShmdt, __builtin_return_address(0),
                                 {reinterpret_cast<int64_t>(address)},
                                 [&] { return Real().shmdt(address); }));
}

int shmctl(int id, int command, shmid_ds* status) noexcept {
  Crossing crossing(Call::kShmctl);
  Recording recording(Call::kShmctl, __builtin_return_address(0), {id, command});
  if (command == IPC_SET) recording.In(status, sizeof(*status));
  recording.Begin();
  const int result = Real().shmctl(id, command, status);
  return crossing.After(recording.End(result, status, SizeOfStatus<shmid_ds>(command)));
}

int msgget(key_t key, int flags) noexcept {
  const void* caller = __builtin_return_address(0);
  Crossing crossing(Call::kMsgget);
  const int id =
      Recorded(Call::kMsgget, caller, {key, flags}, [&] { return Real().msgget(key, flags); });
  return crossing.AfterGet(id, IpcObject::Kind::kMsg, Creates(key, flags), caller);
}

int msgsnd(int id, const void* message, size_t size, int flags) {
  Crossing crossing(Call::kMsgsnd);
  Recording recording(Call::kMsgsnd, __builtin_return_address(0),
                      {id, static_cast<int64_t>(size), flags});
  // What is longer than any message may be is refused.
  const size_t most = ipcrig::kMessageMax;
  recording.In(message, sizeof(long) + (size < most ? size : 0));
  recording.Begin();
  return crossing.After(recording.End(Real().msgsnd(id, message, size, flags)));
}

ssize_t msgrcv(int id, void* message, size_t size, long type, int flags) {
  Crossing crossing(Call::kMsgrcv);
  Recording recording(Call::kMsgrcv, __builtin_return_address(0),
                      {id, static_cast<int64_t>(size), type, flags});
  recording.Begin();
  const ssize_t length = Real().msgrcv(id, message, size, type, flags);
  return crossing.After(recording.End(length, message, sizeof(long) + static_cast<size_t>(length)));
}

int msgctl(int id, int command, msqid_ds* status) noexcept {
  Crossing crossing(Call::kMsgctl);
  Recording recording(Call::kMsgctl, __builtin_return_address(0), {id, command});
  if (command == IPC_SET) recording.In(status, sizeof(*status));
  recording.Begin();
  const int result = Real().msgctl(id, command, status);
  return crossing.After(recording.End(result, status, SizeOfStatus<msqid_ds>(command)));
}

int semget(key_t key, int count, int flags) noexcept {
  const void* caller = __builtin_return_address(0);
  Crossing crossing(Call::kSemget);
  const int id = Recorded(Call::kSemget, caller, {key, count, flags},
                          [&] { return Real().semget(key, count, flags); });
  return crossing.AfterGet(id, IpcObject::Kind::kSem, Creates(key, flags), caller);
}

int semop(int id, sembuf* operations, size_t count) noexcept {
  Crossing crossing(Call::kSemop);
  Recording recording(Call::kSemop, __builtin_return_address(0),
                      {id, static_cast<int64_t>(count), INT64_MIN});
  recording.In(operations, count < ipcrig::kSemOpsMax ? count * sizeof(sembuf) : 0);
  recording.Begin();
  return crossing.After(recording.End(Real().semop(id, operations, count)));
}

int semtimedop(int id, sembuf* operations, size_t count, const timespec* timeout) noexcept {
  Crossing crossing(Call::kSemop);
  timespec time = {};
  const bool timed = ipcrig::CurrentRecords() != nullptr && timeout != nullptr &&
                     ipcrig::CopyOwn(&time, timeout, sizeof(time));
  Recording recording(
      Call::kSemop, __builtin_return_address(0),
      {id, static_cast<int64_t>(count), timed ? time.tv_sec : INT64_MIN, time.tv_nsec});
  recording.In(operations, count < ipcrig::kSemOpsMax ? count * sizeof(sembuf) : 0);
  recording.Begin();
  return crossing.After(recording.End(Real().semtimedop(id, operations, count, timeout)));
}

int semctl(int id, int number, int command, ...) noexcept {
  // The fourth argument, of the size of a pointer, where the command has one: semctl(2).
  void* argument = nullptr;
  switch (command) {
    case SETVAL:
    case GETALL:
    case SETALL:
    case IPC_STAT:
    case IPC_SET:
    case IPC_INFO:
    case SEM_INFO:
    case SEM_STAT:
    case SEM_STAT_ANY: {
      va_list arguments;
      va_start(arguments, command);
      argument = va_arg(arguments, void*);
      va_end(arguments);
      break;
    }
    default:
      break;
  }
  Crossing crossing(Call::kSemctl);
  Recording recording(
      Call::kSemctl, __builtin_return_address(0),
      {id, number, command, static_cast<int>(reinterpret_cast<intptr_t>(argument))});
  size_t values = 0;
  if (recording.on() && (command == GETALL || command == SETALL)) values = ipcrig::SetSize(id);
  if (command == SETALL) recording.In(argument, values);
  if (command == IPC_SET) recording.In(argument, sizeof(semid_ds));
  recording.Begin();
  const int result = Real().semctl(id, number, command, argument);
  const size_t size = command == GETALL ? values : SizeOfStatus<semid_ds>(command);
  return crossing.After(recording.End(result, argument, size));
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
