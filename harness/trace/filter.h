// SPDX-License-Identifier: Apache-2.0
//
// The seccomp filter of a traced program: which of its calls are shown to the supervisor before
// they are made (SECCOMP_RET_USER_NOTIF of seccomp(2)).
//
//   Result<UniqueFd> listener = InstallFilter(Watch::kCreations);   // in the program, before exec
//   SendDescriptor(socket, listener->get());                        // to the supervisor
//
// A program that makes none of these calls pays for a table look-up per system call, and its
// children, threads and signals cost nothing: unlike with ptrace(2) nobody is attached to them.
//
// Needs Linux 5.19 (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), and CAP_SYS_ADMIN in the caller's user
// namespace, so that set-user-ID programs keep their meaning.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace ipcrig {

enum class Watch {
  kCreations,  // *get that may create (IPC_CREAT, IPC_PRIVATE), IPC_RMID, and SETVAL and SETALL
  kLocks,      // semop(2), too
  kAllCalls,
};

// Installs the filter for the caller and its future children; the descriptor where notifications
// arrive. Errors: EBUSY where another filter has a listener already, EINVAL on an old kernel.
Result<UniqueFd> InstallFilter(Watch watch);

// SCM_RIGHTS of unix(7). A receive answers an unowned -1 where the sender has gone.
bool SendDescriptor(int socket, int descriptor);
UniqueFd ReceiveDescriptor(int socket);

}  // namespace ipcrig
