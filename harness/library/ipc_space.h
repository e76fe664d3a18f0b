// SPDX-License-Identifier: Apache-2.0
//
// IpcSpace: the calling thread in a new IPC namespace, and back.
//
//   IpcSpace space;
//   if (const std::string why = space.Enter(); !why.empty()) ...   // refused, and nothing changed
//
// See "Namespaces" in <ipcrig/ipcrig.h>. Not for processes that share the caller's memory.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace ipcrig {
inline namespace v0 {

// While it is there a process that is in a user namespace for an IpcSpace has CAP_SYS_ADMIN in it:
// otherwise it has no more privileges than it came with. Looking at its children in /proc takes as
// many as they could have (proc(5), PTRACE_MODE_ATTACH_FSCREDS). Async-signal-safe.
class AdminForNow {
 public:
  AdminForNow();
  ~AdminForNow();
  AdminForNow(const AdminForNow&) = delete;
  AdminForNow& operator=(const AdminForNow&) = delete;
};

class IpcSpace {
 public:
  IpcSpace() = default;
  IpcSpace(const IpcSpace&) = delete;
  IpcSpace& operator=(const IpcSpace&) = delete;

  // Empty, or why not.
  std::string Enter();
  // The same; for the process and thread that entered.
  std::string Leave();

 private:
  UniqueFd outer_;
};

}  // namespace v0
}  // namespace ipcrig
