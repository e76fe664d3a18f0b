// SPDX-License-Identifier: Apache-2.0
#include "exec/requirements.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "exec/worker.h"
#include "ops/needs.h"

namespace ipcrig {
namespace {

bool MakesNamespace(const Op& op) {
  const auto* clone = std::get_if<Clone>(&op);
  return clone != nullptr && (clone->flags.bits & ~abi::kCloneSysvsem) != 0;
}

// These take an index for an id, or look at none.
bool IgnoresId(const Op& op) {
  return IsOneOf<ShmctlIndex, ShmctlIpcInfo, ShmctlShmInfo, MsgctlIndex, MsgctlIpcInfo,
                 MsgctlMsgInfo, SemctlIndex, SemctlIpcInfo, SemctlSemInfo>(op);
}

template <Kind kKind>
bool IsForeign(const Id<kKind>& id) {
  return id.slot < 0 ? id.number >= 0 : id.number != 0;
}

// Whether the call names an object by an id that no call returned.
bool NamesForeignId(const Op& op) {
  if (IgnoresId(op)) return false;
  return std::visit(
      []<typename T>(const T& call) {
        if constexpr (requires { call.segment.number; }) {
          return IsForeign(call.segment);
        } else if constexpr (requires { call.queue.number; }) {
          return IsForeign(call.queue);
        } else if constexpr (requires { call.set.number; }) {
          return IsForeign(call.set);
        } else {
          return false;
        }
      },
      op);
}

// Whether the line expects an index of a namespace where nothing was before. In the answers of the
// calls that tell one it comes first.
bool ExpectsIndex(const Step& step) {
  const auto& fields = step.expect.fields;
  return IgnoresId(step.op) && std::any_of(fields.begin(), fields.end(),
                                           [](const auto& field) { return field.index == 0; });
}

// The key that a call opens or creates by number.
std::optional<int> LiteralKey(const Op& op) {
  return std::visit(
      []<typename T>(const T& call) -> std::optional<int> {
        if constexpr (requires { call.key.number; }) {
          if (call.key.slot < 0 && call.key.number != abi::kIpcPrivate) return call.key.number;
        }
        return std::nullopt;
      },
      op);
}

// Whether an object of this kind exists for a key other than IPC_PRIVATE.
bool KeyExists(std::optional<ObjectKind> kind, int key) {
  if (!kind) return false;
  errno = 0;
  const int id = *kind == ObjectKind::kShm   ? shmget(key, 0, 0)
                 : *kind == ObjectKind::kMsg ? msgget(key, 0)
                                             : semget(key, 0, 0);
  return id >= 0 || errno != ENOENT;
}

// What stands against this call in the caller's own namespace.
std::string MissingInShared(const Op& op) {
  if (IsOneOf<ExecProgram>(op)) return "programs run in a private IPC namespace only";
  const bool far_reaching = ChangesUser(op) || UsesSysctl(op) || MakesNamespace(op) ||
                            IsOneOf<Unshare, Setns, Capset>(op);
  if (far_reaching) {
    return fmt::format("{} is permitted in a private namespace only: without --shared-namespace",
                       OpName(op));
  }
  if (NamesForeignId(op)) {
    return "an id that no call returned may be somebody else's object here";
  }
  const auto key = LiteralKey(op);
  if (key && KeyExists(CreatesWhat(op), *key)) {
    return fmt::format("the key {} is in use in this namespace", *key);
  }
  return "";
}

bool TryToExecute() {
  char name[] = "ipcrig-worker";
  char flag[] = "--ipcrig-worker";
  char* const argv[] = {name, flag, nullptr};
  const pid_t pid = _Fork();
  if (pid == 0) {
    execve("/proc/self/exe", argv, environ);
    _exit(1);
  }
  int status = 1;
  return pid < 0 || (waitpid(pid, &status, 0) == pid && status == 0);
}

std::string MissingForCall(const Op& op, const Facts& facts) {
  if (Executes(op) && !CanExecuteItself()) {
    return "exec: this program runs, and the kernel cannot execute it: under an emulator, register "
           "that with binfmt_misc";
  }
  if (ChangesUser(op) && facts.cap_setuid == 0) {
    return fmt::format("{} needs other user ids, which exist for root only: run as root",
                       OpName(op));
  }
  if (UsesSysctl(op) && facts.sysctl == 0) {
    return fmt::format(
        "{}: the limits in /proc/sys/kernel cannot be written here: run as root, "
        "where /proc/sys is mounted writable",
        OpName(op));
  }
  if (UsesRestore(op) && facts.checkpoint_restore == 0) {
    return fmt::format("{}: MSG_COPY and *_next_id need a kernel with CONFIG_CHECKPOINT_RESTORE",
                       OpName(op));
  }
  return "";
}

}  // namespace

std::string MissingFor(const Scenario& scenario, const Facts& facts, Isolation isolation) {
  for (const Step& step : scenario.steps) {
    if (step.kind != Step::Kind::kCall) continue;
    const bool shared = isolation == Isolation::kShared;
    if (shared && ExpectsIndex(step)) return "indexes depend on what was in this namespace before";
    std::string missing = shared ? MissingInShared(step.op) : "";
    if (missing.empty()) missing = MissingForCall(step.op, facts);
    if (!missing.empty()) return missing;
  }
  return "";
}

bool Executes(const Op& op) { return IsOneOf<ExecSelf, ExecProgram>(op); }

bool LeavesAMark(const Op& op) {
  // Parts of huge pages cannot be unmapped.
  const auto* get = std::get_if<Shmget>(&op);
  if (get != nullptr && get->flags.Has(abi::kShmHugetlb)) return true;
  const auto* unshare = std::get_if<Unshare>(&op);
  if (unshare != nullptr && unshare->flags.Has(abi::kCloneNewpid)) return true;
  return IsOneOf<Fork, Clone, Thread, ThreadExit, ExecSelf, ExecProgram>(op) ||
         IsOneOf<Setuid, Setgid, Setgroups, Capset>(op);
}

bool LeavesSettings(const Op& op) {
  return IsOneOf<Sigaction, SignalAction, Setrlimit, Unshare, Setns>(op);
}

bool MakesAPipe(const Op& op) {
  return std::holds_alternative<Pipe>(op) || std::holds_alternative<Pipe2>(op);
}

bool CanExecuteItself() {
  static const bool can = TryToExecute();
  return can;
}

bool ExecutesAnything(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) {
    return step.kind == Step::Kind::kCall && Executes(step.op);
  });
}

std::optional<ObjectKind> CreatesWhat(const Op& op) {
  if (std::holds_alternative<Shmget>(op)) return ObjectKind::kShm;
  if (std::holds_alternative<Msgget>(op)) return ObjectKind::kMsg;
  if (std::holds_alternative<Semget>(op)) return ObjectKind::kSem;
  return std::nullopt;
}

}  // namespace ipcrig
