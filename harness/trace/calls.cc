// SPDX-License-Identifier: Apache-2.0
#include "trace/calls.h"

#include <sys/ipc.h>
#include <sys/syscall.h>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "ops/abi.h"

namespace ipcrig {
namespace {

constexpr int kIpc64 = 0x100;  // a bit that libc sets in the command of *ctl on some machines

std::vector<CallNumber> AllNumbers() {
  using enum CallName;
  std::vector<CallNumber> numbers = {
      {kNativeArch, SYS_shmget, -1, kShmget}, {kNativeArch, SYS_shmat, -1, kShmat},
      {kNativeArch, SYS_shmdt, -1, kShmdt},   {kNativeArch, SYS_shmctl, -1, kShmctl},
      {kNativeArch, SYS_msgget, -1, kMsgget}, {kNativeArch, SYS_msgsnd, -1, kMsgsnd},
      {kNativeArch, SYS_msgrcv, -1, kMsgrcv}, {kNativeArch, SYS_msgctl, -1, kMsgctl},
      {kNativeArch, SYS_semget, -1, kSemget}, {kNativeArch, SYS_semop, -1, kSemop},
      {kNativeArch, SYS_semctl, -1, kSemctl}, {kNativeArch, SYS_semtimedop, -1, kSemtimedop}};
#if defined(__x86_64__)
  // arch/x86/entry/syscalls/syscall_32.tbl, and the operations of include/uapi/linux/ipc.h.
  constexpr uint32_t kI386 = kCompatArch;
  constexpr int kIpc = 117;
  const CallNumber i386[] = {
      {kI386, kIpc, 23, kShmget},    {kI386, kIpc, 21, kShmat},     {kI386, kIpc, 22, kShmdt},
      {kI386, kIpc, 24, kShmctl},    {kI386, kIpc, 13, kMsgget},    {kI386, kIpc, 11, kMsgsnd},
      {kI386, kIpc, 12, kMsgrcv},    {kI386, kIpc, 14, kMsgctl},    {kI386, kIpc, 2, kSemget},
      {kI386, kIpc, 1, kSemop},      {kI386, kIpc, 4, kSemtimedop}, {kI386, kIpc, 3, kSemctl},
      {kI386, 395, -1, kShmget},     {kI386, 397, -1, kShmat},      {kI386, 398, -1, kShmdt},
      {kI386, 396, -1, kShmctl},     {kI386, 399, -1, kMsgget},     {kI386, 400, -1, kMsgsnd},
      {kI386, 401, -1, kMsgrcv},     {kI386, 402, -1, kMsgctl},     {kI386, 393, -1, kSemget},
      {kI386, 420, -1, kSemtimedop}, {kI386, 394, -1, kSemctl}};
  numbers.insert(numbers.end(), std::begin(i386), std::end(i386));
#endif
  return numbers;
}

// ipc(call, first, second, third, ptr, fifth): where each argument of the call has gone.
int IpcRegisterOf(CallName name, int argument) {
  static constexpr int kGet[] = {1, 2, 3, 3, 3};      // key, size or flags, flags
  static constexpr int kAt[] = {1, 4, 2, 2, 2};       // id, ptr, flags
  static constexpr int kDt[] = {4, 4, 4, 4, 4};       // ptr
  static constexpr int kCtl[] = {1, 2, 4, 4, 4};      // id, command, ptr
  static constexpr int kSemCtl[] = {1, 2, 3, 4, 4};   // id, number, command, ptr
  static constexpr int kSend[] = {1, 4, 2, 3, 3};     // id, ptr, size, flags
  static constexpr int kReceive[] = {1, 4, 2, 5, 3};  // id, ptr, size, type, flags
  static constexpr int kOperate[] = {1, 4, 2, 5, 5};  // id, ptr, count, timeout
  switch (name) {
    case CallName::kShmat:
      return kAt[argument];
    case CallName::kShmdt:
      return kDt[argument];
    case CallName::kShmctl:
    case CallName::kMsgctl:
      return kCtl[argument];
    case CallName::kSemctl:
      return kSemCtl[argument];
    case CallName::kMsgsnd:
      return kSend[argument];
    case CallName::kMsgrcv:
      return kReceive[argument];
    case CallName::kSemop:
    case CallName::kSemtimedop:
      return kOperate[argument];
    default:
      return kGet[argument];
  }
}

std::string KeyText(int key) {
  return key == IPC_PRIVATE ? "IPC_PRIVATE" : fmt::format("{:#x}", static_cast<unsigned>(key));
}

std::string GetFlagsText(int flags) {
  std::string text;
  const auto bits = static_cast<unsigned>(flags);
  if ((bits & abi::kIpcCreat) != 0) text += "IPC_CREAT|";
  if ((bits & abi::kIpcExcl) != 0) text += "IPC_EXCL|";
  const unsigned rest = bits & ~(abi::kIpcCreat | abi::kIpcExcl | abi::kModeMask);
  if (rest != 0) text += fmt::format("{:#x}|", rest);
  return text + fmt::format("{:04o}", bits & abi::kModeMask);
}

std::string CommandText(int command, ObjectKind kind) {
  static constexpr const char* kCommon[] = {"IPC_RMID", "IPC_SET", "IPC_STAT", "IPC_INFO"};
  static constexpr const char* kSem[] = {"GETPID",  "GETVAL", "GETALL", "GETNCNT",
                                         "GETZCNT", "SETVAL", "SETALL"};
  static constexpr const char* kShm[] = {"SHM_LOCK", "SHM_UNLOCK"};
  constexpr int kFirstOfKind = 11;
  if (command >= 0 && command < 4) return kCommon[command];
  const int at = command - kFirstOfKind;
  if (kind == ObjectKind::kSem && at >= 0 && at < 7) return kSem[at];
  if (kind == ObjectKind::kShm && at >= 0 && at < 2) return kShm[at];
  return std::to_string(command);
}

std::string OperationsText(const std::vector<SemOperation>& operations) {
  std::string text;
  for (const SemOperation& one : operations) {
    const auto flags = static_cast<unsigned>(one.flags);
    std::string names;
    if ((flags & abi::kSemUndo) != 0) names += "|SEM_UNDO";
    if ((flags & abi::kIpcNowait) != 0) names += "|IPC_NOWAIT";
    text += fmt::format("{}{{{}, {:+}, {}}}", text.empty() ? "" : ", ", one.number, one.amount,
                        names.empty() ? "0" : names.substr(1));
  }
  return text;
}

}  // namespace

ObjectKind IpcCall::kind() const {
  if (name <= CallName::kShmctl) return ObjectKind::kShm;
  return name <= CallName::kMsgctl ? ObjectKind::kMsg : ObjectKind::kSem;
}

bool IpcCall::IsGet() const {
  return name == CallName::kShmget || name == CallName::kMsgget || name == CallName::kSemget;
}

bool IpcCall::IsControl() const {
  return name == CallName::kShmctl || name == CallName::kMsgctl || name == CallName::kSemctl;
}

bool IpcCall::IsRemoval() const { return IsControl() && command() == IPC_RMID; }

bool IpcCall::MaySleep() const {
  return name == CallName::kMsgsnd || name == CallName::kMsgrcv || name == CallName::kSemop ||
         name == CallName::kSemtimedop;
}

int IpcCall::flags() const { return static_cast<int>(args[name == CallName::kMsgget ? 1 : 2]); }

int IpcCall::command() const {
  return static_cast<int>(args[name == CallName::kSemctl ? 2 : 1]) & ~kIpc64;
}

std::string_view CallText(CallName name) {
  static constexpr std::string_view kNames[] = {"shmget", "shmat",  "shmdt",      "shmctl",
                                                "msgget", "msgsnd", "msgrcv",     "msgctl",
                                                "semget", "semop",  "semtimedop", "semctl"};
  return kNames[static_cast<size_t>(name)];
}

std::string PrintCall(const IpcCall& call, const std::vector<SemOperation>& operations) {
  const std::string name(CallText(call.name));
  const int object = call.object();
  switch (call.name) {
    case CallName::kShmget:
    case CallName::kSemget:
      return fmt::format("{}({}, {}, {})", name, KeyText(call.key()), call.args[1],
                         GetFlagsText(call.flags()));
    case CallName::kMsgget:
      return fmt::format("{}({}, {})", name, KeyText(call.key()), GetFlagsText(call.flags()));
    case CallName::kShmat:
      return fmt::format("shmat({}, {:#x}, {:#x})", object, call.args[1],
                         static_cast<unsigned>(call.args[2]));
    case CallName::kShmdt:
      return fmt::format("shmdt({:#x})", call.args[0]);
    case CallName::kMsgsnd:
      return fmt::format("msgsnd({}, {} bytes)", object, call.args[2]);
    case CallName::kMsgrcv:
      return fmt::format("msgrcv({}, {} bytes, type {})", object, call.args[2],
                         static_cast<int64_t>(call.args[3]));
    case CallName::kSemop:
    case CallName::kSemtimedop:
      return fmt::format("{}({}, [{}])", name, object, OperationsText(operations));
    case CallName::kSemctl:
      return fmt::format("semctl({}, {}, {})", object, static_cast<int>(call.args[1]),
                         CommandText(call.command(), call.kind()));
    default:
      return fmt::format("{}({}, {})", name, object, CommandText(call.command(), call.kind()));
  }
}

const std::vector<CallNumber>& CallNumbers() {
  static const std::vector<CallNumber> numbers = AllNumbers();
  return numbers;
}

int RegisterOf(const CallNumber& number, int argument) {
  return number.operation < 0 ? argument : IpcRegisterOf(number.name, argument);
}

std::optional<IpcCall> DecodeCall(uint32_t arch, int number, const uint64_t* registers) {
  constexpr uint64_t kOperationMask = 0xffff;  // ipc(2) has a version in the upper half
  for (const CallNumber& one : CallNumbers()) {
    if (one.arch != arch || one.number != number) continue;
    if (one.operation >= 0 &&
        (registers[0] & kOperationMask) != static_cast<uint64_t>(one.operation)) {
      continue;
    }
    IpcCall call{.name = one.name, .compat = arch != kNativeArch};
    for (size_t i = 0; i < call.args.size(); ++i) {
      call.args[i] = registers[RegisterOf(one, static_cast<int>(i))];
    }
    if (call.compat && call.name == CallName::kMsgrcv) {
      call.indirect = one.operation >= 0 && registers[0] <= kOperationMask;
      call.args[3] = static_cast<uint64_t>(int64_t{static_cast<int32_t>(call.args[3])});
    }
    return call;
  }
  return std::nullopt;
}

}  // namespace ipcrig
