// SPDX-License-Identifier: Apache-2.0
//
// The flags that each call knows, by the names of its man page.
//
// A family is a type with the table kNames and kMode: whether the low nine bits are permissions.
// To teach a call one more flag, add it to its table; reading, printing and drawing follow.
#pragma once

#include "ops/arg.h"

namespace ipcrig {

struct GetFlagNames {  // shmget(2), msgget(2), semget(2)
  static constexpr bool kMode = true;
  static constexpr FlagName kNames[] = {{"IPC_CREAT", abi::kIpcCreat}, {"IPC_EXCL", abi::kIpcExcl}};
};
using GetFlags = Flags<GetFlagNames>;

struct ShmatFlagNames {  // shmat(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"SHM_RDONLY", abi::kShmRdonly}, {"SHM_RND", abi::kShmRnd}};
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
                                        {"MSG_NOERROR", abi::kMsgNoerror}};
};
using MsgrcvFlags = Flags<MsgrcvFlagNames>;

struct SemOpFlags {  // semop(2)
  static constexpr bool kMode = false;
  static constexpr FlagName kNames[] = {{"IPC_NOWAIT", abi::kIpcNowait},
                                        {"SEM_UNDO", abi::kSemUndo}};
};

}  // namespace ipcrig
