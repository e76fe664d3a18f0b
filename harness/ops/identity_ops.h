// SPDX-License-Identifier: Apache-2.0
//
// Operations on who a process is and what it may: user and group ids, capabilities, limits,
// namespaces, and the sysctls of its IPC namespace.
//
//   B  setuid(1000)
//   B  shmctl(seg, IPC_RMID)           -> EPERM
//   A  sysctl(shmmax, 8192)
//   A  unshare(CLONE_NEWIPC)
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

using UserId = Number<0, UINT32_MAX>;

// Sets the real, effective and saved user id. Leaving user id 0 drops all capabilities.
struct Setuid {
  static constexpr std::string_view kName = "setuid";
  static constexpr std::string_view kManual = "setuid(2)";
  static constexpr Reply kReply = Reply::kNumber;
  UserId uid;
  static constexpr auto kFields = std::tuple{Field{"uid", &Setuid::uid}};
  bool operator==(const Setuid&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Setgid {
  static constexpr std::string_view kName = "setgid";
  static constexpr std::string_view kManual = "setgid(2)";
  static constexpr Reply kReply = Reply::kNumber;
  UserId gid;
  static constexpr auto kFields = std::tuple{Field{"gid", &Setgid::gid}};
  bool operator==(const Setgid&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Setgroups {
  static constexpr std::string_view kName = "setgroups";
  static constexpr std::string_view kManual = "setgroups(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Groups groups;
  static constexpr auto kFields = std::tuple{Field{"list", &Setgroups::groups}};
  bool operator==(const Setgroups&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Leaves the caller these capabilities only, of those that it has.
struct Capset {
  static constexpr std::string_view kName = "capset";
  static constexpr std::string_view kManual = "capset(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Capabilities capabilities;
  static constexpr auto kFields = std::tuple{Field{"effective", &Capset::capabilities}};
  bool operator==(const Capset&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Sets the soft limit, in bytes.
struct Setrlimit {
  static constexpr std::string_view kName = "setrlimit";
  static constexpr std::string_view kManual = "setrlimit(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Choice<"RLIMIT_MEMLOCK", "RLIMIT_AS"> resource;
  Number<0, INT64_MAX> limit;
  static constexpr auto kFields =
      std::tuple{Field{"resource", &Setrlimit::resource}, Field{"rlim_cur", &Setrlimit::limit}};
  bool operator==(const Setrlimit&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Unshare {
  static constexpr std::string_view kName = "unshare";
  static constexpr std::string_view kManual = "unshare(2)";
  static constexpr Reply kReply = Reply::kNumber;
  NamespaceFlags flags;
  static constexpr auto kFields = std::tuple{Field{"flags", &Unshare::flags}};
  bool operator==(const Unshare&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Enters the IPC namespace of a process.
struct Setns {
  static constexpr std::string_view kName = "setns";
  static constexpr std::string_view kManual = "setns(2)";
  static constexpr Reply kReply = Reply::kNumber;
  Process target;
  Word<"CLONE_NEWIPC"> command;
  static constexpr auto kFields =
      std::tuple{Field{"process", &Setns::target}, Field{"cmd", &Setns::command}};
  bool operator==(const Setns&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Limits and ids of the caller's IPC namespace, as in /proc/sys/kernel; the four values of `sem`
// have the names that semctl(2) gives them.
using SysctlName =
    Choice<"shmmax", "shmall", "shmmni", "shm_rmid_forced", "shm_next_id", "msgmax", "msgmnb",
           "msgmni", "msg_next_id", "semmsl", "semmns", "semopm", "semmni", "sem_next_id">;

struct Sysctl {
  static constexpr std::string_view kName = "sysctl";
  static constexpr std::string_view kManual = "sysctl(8)";
  static constexpr Reply kReply = Reply::kNumber;
  SysctlName name;
  Amount value;
  static constexpr auto kFields =
      std::tuple{Field{"name", &Sysctl::name}, Field{"value", &Sysctl::value}};
  bool operator==(const Sysctl&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct ReadSysctl {
  static constexpr std::string_view kName = "read_sysctl";
  static constexpr std::string_view kManual = "sysctl(8)";
  static constexpr Reply kReply = Reply::kNumber;
  SysctlName name;
  static constexpr auto kFields = std::tuple{Field{"name", &ReadSysctl::name}};
  bool operator==(const ReadSysctl&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
