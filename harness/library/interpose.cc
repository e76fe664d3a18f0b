// SPDX-License-Identifier: Apache-2.0
//
// The calls of System V IPC as the processes of a Rig make them: libc's, with a note of what was
// created by whom, and death at a KillAt point. Defined in the program itself they come before
// libc's for all of its shared libraries, too; for exec'd programs they are in a library of their
// own (preload.cc). Without a Rig they only call libc's.
#include <dlfcn.h>
#include <link.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstring>

#include "library/board.h"

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
  // The address to return to may be on the next line.
  const auto address = reinterpret_cast<uintptr_t>(caller) - 1;
  dl_find_object found = {};
  if (_dl_find_object(reinterpret_cast<void*>(address), &found) == 0) {
    entry.address = address - found.dlfo_link_map->l_addr;
    const char* name = found.dlfo_link_map->l_name;
    if (name != nullptr && name[0] != '\0') {
      strncpy(entry.module, name, sizeof(entry.module) - 1);
    } else {
      (void)!readlink("/proc/self/exe", entry.module, sizeof(entry.module) - 1);
    }
  }
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

int shmget(key_t key, size_t size, int flags) noexcept {
  Crossing crossing(Call::kShmget);
  return crossing.AfterGet(Real().shmget(key, size, flags), IpcObject::Kind::kShm,
                           Creates(key, flags), __builtin_return_address(0));
}

void* shmat(int id, const void* address, int flags) noexcept {
  return Crossing(Call::kShmat).After(Real().shmat(id, address, flags));
}

int shmdt(const void* address) noexcept {
  return Crossing(Call::kShmdt).After(Real().shmdt(address));
}

int shmctl(int id, int command, shmid_ds* status) noexcept {
  return Crossing(Call::kShmctl).After(Real().shmctl(id, command, status));
}

int msgget(key_t key, int flags) noexcept {
  Crossing crossing(Call::kMsgget);
  return crossing.AfterGet(Real().msgget(key, flags), IpcObject::Kind::kMsg, Creates(key, flags),
                           __builtin_return_address(0));
}

int msgsnd(int id, const void* message, size_t size, int flags) {
  return Crossing(Call::kMsgsnd).After(Real().msgsnd(id, message, size, flags));
}

ssize_t msgrcv(int id, void* message, size_t size, long type, int flags) {
  return Crossing(Call::kMsgrcv).After(Real().msgrcv(id, message, size, type, flags));
}

int msgctl(int id, int command, msqid_ds* status) noexcept {
  return Crossing(Call::kMsgctl).After(Real().msgctl(id, command, status));
}

int semget(key_t key, int count, int flags) noexcept {
  Crossing crossing(Call::kSemget);
  return crossing.AfterGet(Real().semget(key, count, flags), IpcObject::Kind::kSem,
                           Creates(key, flags), __builtin_return_address(0));
}

int semop(int id, sembuf* operations, size_t count) noexcept {
  return Crossing(Call::kSemop).After(Real().semop(id, operations, count));
}

int semtimedop(int id, sembuf* operations, size_t count, const timespec* timeout) noexcept {
  return Crossing(Call::kSemop).After(Real().semtimedop(id, operations, count, timeout));
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
  return Crossing(Call::kSemctl).After(Real().semctl(id, number, command, argument));
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
