// SPDX-License-Identifier: Apache-2.0
//
// Sandbox: where the engine of a scenario lives.
//
//   private   new IPC, PID and mount namespaces; of a caller without privilege inside a new user
//             namespace, in which it is root. The kernel removes everything in them when the engine
//             ends, and the engine is killed with its parent (PR_SET_PDEATHSIG): whatever happens,
//             no process and no object is left.
//   shared    the caller's own namespaces. Only objects that the scenario's calls created are
//             removed.
//
// Between EnterSandbox() in the child and its return nothing of the parent is shared but memory
// contents and descriptors: it is a fork.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace ipcrig {

struct SandboxOptions {
  bool shared_namespace = false;
};

enum class Isolation { kPrivate, kPrivateInUserNamespace, kShared };

// Forks into a sandbox: like fork(2), 0 in the child. The error says what was refused.
struct SandboxChild {
  pid_t pid = 0;  // as the parent knows it
  Isolation isolation = Isolation::kPrivate;
};
Result<SandboxChild> ForkIntoSandbox(const SandboxOptions& options);

// clone(2) as fork(2): with new namespaces, CLONE_NEWIPC and so on.
pid_t ForkWith(unsigned long flags);

// In a new user namespace: the only user and group there are is the caller's, under these numbers.
Result<bool> MapIdentity(uid_t inner_uid, gid_t inner_gid, uid_t outer_uid, gid_t outer_gid);

// In the child: signals, identity, /proc, death with the parent. `lifeline` is a pipe that the
// parent reads.
Result<bool> SetUpSandbox(Isolation isolation, uid_t outer_uid, gid_t outer_gid, int lifeline);

inline constexpr int kEnginePriority = 1;  // of SCHED_FIFO, where it is permitted
inline constexpr int kWorkerPriority = 2;
// Gives a process or a thread (0: this one) this priority of SCHED_FIFO; 0: SCHED_OTHER.
bool SetPriority(pid_t pid, int priority);

// Whether SCHED_FIFO may be used here, and on success: uses it for the engine.
bool EnterRealtime();
// The processors that this process may use, from the index-th on.
std::vector<int> PermittedProcessors(int index);
// Binds a process or a thread (0: this one) and its future children to a processor.
void PinTo(pid_t pid, int processor);

}  // namespace ipcrig
