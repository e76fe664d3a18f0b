// SPDX-License-Identifier: Apache-2.0
//
// The flags that each call knows, by the names of its man page.
//
// A family is a type with the table kNames and kMode: whether the low nine bits are permissions.
// To teach a call one more flag, add it to its table; reading, printing and drawing follow.
#pragma once

#include "ops/arg.h"

namespace ipcrig {

struct GetFlagNames {  // msgget(2), semget(2)
  static constexpr bool kMode = true;
  static constexpr FlagName kNames[] = {{"IPC_CREAT", abi::kIpcCreat}, {"IPC_EXCL", abi::kIpcExcl}};
};
using GetFlags = Flags<GetFlagNames>;

struct ShmgetFlagNames {  // shmget(2); a size of pages that nobody has: 63
  static constexpr bool kMode = true;
  static constexpr FlagName kNames[] = {
      {"IPC_CREAT", abi::kIpcCreat},      {"IPC_EXCL", abi::kIpcExcl},
      {"SHM_HUGETLB", abi::kShmHugetlb},  {"SHM_NORESERVE", abi::kShmNoreserve},
      {"SHM_HUGE_63", abi::kShmHugeNone}, {"SHM_HUGE_1GB", abi::kShmHuge1Gb},
      {"SHM_HUGE_2MB", abi::kShmHuge2Mb}};
};
using ShmgetFlags = Flags<ShmgetFlagNames>;

struct ShmatFlagNames {  // shmat(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"SHM_RDONLY", abi::kShmRdonly},
                                        {"SHM_RND", abi::kShmRnd},
                                        {"SHM_REMAP", abi::kShmRemap},
                                        {"SHM_EXEC", abi::kShmExec},
                                        {"SHM_UNKNOWN", 01000000}};
};
using ShmatFlags = Flags<ShmatFlagNames>;

struct MsgsndFlagNames {  // msgsnd(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"IPC_NOWAIT", abi::kIpcNowait}};
};
using MsgsndFlags = Flags<MsgsndFlagNames>;

struct MsgrcvFlagNames {  // msgrcv(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"IPC_NOWAIT", abi::kIpcNowait},
                                        {"MSG_NOERROR", abi::kMsgNoerror},
                                        {"MSG_EXCEPT", abi::kMsgExcept},
                                        {"MSG_COPY", abi::kMsgCopy}};
};
using MsgrcvFlags = Flags<MsgrcvFlagNames>;

struct SemOpFlags {  // semop(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"IPC_NOWAIT", abi::kIpcNowait},
                                        {"SEM_UNDO", abi::kSemUndo}};
};

struct ProtectionNames {  // mprotect(2); 0 is PROT_NONE
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"PROT_READ", abi::kProtRead},
                                        {"PROT_WRITE", abi::kProtWrite},
                                        {"PROT_EXEC", abi::kProtExec}};
};
using Protection = Flags<ProtectionNames>;

struct MremapFlagNames {  // mremap(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"MREMAP_MAYMOVE", abi::kMremapMaymove},
                                        {"MREMAP_FIXED", abi::kMremapFixed},
                                        {"MREMAP_DONTUNMAP", abi::kMremapDontunmap}};
};
using MremapFlags = Flags<MremapFlagNames>;

struct PipeFlagNames {  // pipe(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"O_NONBLOCK", abi::kONonblock}};
};
using PipeFlags = Flags<PipeFlagNames>;

struct NamespaceFlagNames {  // clone(2), unshare(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"CLONE_SYSVSEM", abi::kCloneSysvsem},
                                        {"CLONE_NEWIPC", abi::kCloneNewipc},
                                        {"CLONE_NEWPID", abi::kCloneNewpid}};
};
using NamespaceFlags = Flags<NamespaceFlagNames>;

struct SigactionFlagNames {  // sigaction(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"SA_RESTART", abi::kSaRestart}};
};
using SigactionFlags = Flags<SigactionFlagNames>;

struct CapabilityNames {  // capabilities(7)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {
      {"CAP_SETGID", abi::kCapSetgid},      {"CAP_SETUID", abi::kCapSetuid},
      {"CAP_IPC_LOCK", abi::kCapIpcLock},   {"CAP_IPC_OWNER", abi::kCapIpcOwner},
      {"CAP_SYS_ADMIN", abi::kCapSysAdmin}, {"CAP_SYS_RESOURCE", abi::kCapSysResource}};
};
using Capabilities = Flags<CapabilityNames>;

}  // namespace ipcrig
