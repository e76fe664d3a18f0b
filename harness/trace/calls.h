// SPDX-License-Identifier: Apache-2.0
//
// The System V IPC calls of a program, as the kernel sees them: a number and six registers.
//
//   std::optional<IpcCall> call = DecodeCall(AUDIT_ARCH_X86_64, SYS_semget, registers);
//   call->name == CallName::kSemget; call->args[0]   // the key
//
// A call that 32-bit programs make through ipc(2), which is one system call for all of them, is
// decoded into the same form: `args` are always those of the man page of the call.
#pragma once

#include <linux/audit.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/snapshot.h"

namespace ipcrig {

enum class CallName : uint8_t {
  kShmget,
  kShmat,
  kShmdt,
  kShmctl,
  kMsgget,
  kMsgsnd,
  kMsgrcv,
  kMsgctl,
  kSemget,
  kSemop,
  kSemtimedop,
  kSemctl,
};

struct IpcCall {
  CallName name = CallName::kShmget;
  std::array<uint64_t, 5> args = {};
  bool compat = false;    // made as a 32-bit program does
  bool indirect = false;  // args[1] points to the buffer and to the type: msgrcv by old ipc(2)

  ObjectKind kind() const;
  bool IsGet() const;                                       // it looks up or creates
  bool IsControl() const;                                   // shmctl, msgctl, semctl
  bool IsRemoval() const;                                   // ... with IPC_RMID
  bool MaySleep() const;                                    // msgsnd, msgrcv, semop, semtimedop
  int key() const { return static_cast<int>(args[0]); }     // of an IsGet()
  int flags() const;                                        // of an IsGet()
  int object() const { return static_cast<int>(args[0]); }  // of what is neither get nor shmdt
  int command() const;                                      // of an IsControl(), without IPC_64
};

// "shmget"
std::string_view CallText(CallName name);

// As a person would write the call: `semget(0x1234, 1, IPC_CREAT|0600)`. `operations` is the array
// of a semop, where it is known.
struct SemOperation {
  uint16_t number = 0;
  int16_t amount = 0;
  int16_t flags = 0;
  bool operator==(const SemOperation&) const = default;
};
std::string PrintCall(const IpcCall& call, const std::vector<SemOperation>& operations = {});

// The machine, and what its 32-bit programs are (0: it has none): an AUDIT_ARCH of linux/audit.h.
#if defined(__x86_64__)
inline constexpr uint32_t kNativeArch = AUDIT_ARCH_X86_64;
inline constexpr uint32_t kCompatArch = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
inline constexpr uint32_t kNativeArch = AUDIT_ARCH_AARCH64;
inline constexpr uint32_t kCompatArch = 0;
#else
#error "say which AUDIT_ARCH this machine is"
#endif

// The call that these registers ask for; nothing where it is none of System V IPC.
std::optional<IpcCall> DecodeCall(uint32_t arch, int number, const uint64_t* registers);

// What a program of a machine can ask for: every number that DecodeCall knows, for the filter.
struct CallNumber {
  uint32_t arch = 0;
  int number = 0;
  int operation = -1;  // the first argument of ipc(2), which says what is called; -1: not ipc(2)
  CallName name = CallName::kShmget;
};
const std::vector<CallNumber>& CallNumbers();

// Where the argument of the man page stands among the registers of such a call.
int RegisterOf(const CallNumber& number, int argument);

}  // namespace ipcrig
