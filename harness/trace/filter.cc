// SPDX-License-Identifier: Apache-2.0
#include "trace/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "trace/calls.h"

namespace ipcrig {
namespace {

constexpr uint32_t kIpc64Bit = 0x100;  // that libc may set in the command
constexpr uint32_t kIpcOperationMask = 0xffff;

using Program = std::vector<sock_filter>;

sock_filter Statement(unsigned code, uint32_t operand) {
  return {static_cast<uint16_t>(code), 0, 0, operand};
}

sock_filter Jump(unsigned code, uint32_t operand, size_t if_true, size_t if_false) {
  return {static_cast<uint16_t>(code), static_cast<uint8_t>(if_true),
          static_cast<uint8_t>(if_false), operand};
}

sock_filter Load(size_t offset) {
  return Statement(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

// The lower half of a register; all machines here are little-endian.
sock_filter LoadRegister(int index) {
  return Load(offsetof(seccomp_data, args) + static_cast<size_t>(index) * sizeof(uint64_t));
}

sock_filter Return(uint32_t action) { return Statement(BPF_RET | BPF_K, action); }

// What becomes of one call: ends in a return on every way.
Program Decide(const CallNumber& number, Watch watch) {
  const IpcCall call{number.name};
  const auto load = [&](int argument) { return LoadRegister(RegisterOf(number, argument)); };
  if (watch == Watch::kAllCalls) return {Return(SECCOMP_RET_USER_NOTIF)};
  if (call.IsGet()) {
    return {load(0),
            Jump(BPF_JMP | BPF_JEQ | BPF_K, IPC_PRIVATE, 2, 0),
            load(number.name == CallName::kMsgget ? 1 : 2),
            Jump(BPF_JMP | BPF_JSET | BPF_K, IPC_CREAT, 0, 1),
            Return(SECCOMP_RET_USER_NOTIF),
            Return(SECCOMP_RET_ALLOW)};
  }
  const bool operates = number.name == CallName::kSemop || number.name == CallName::kSemtimedop;
  if (operates && watch == Watch::kLocks) return {Return(SECCOMP_RET_USER_NOTIF)};
  if (number.name == CallName::kSemctl) {
    return {load(2),
            Statement(BPF_ALU | BPF_AND | BPF_K, ~kIpc64Bit),
            Jump(BPF_JMP | BPF_JEQ | BPF_K, IPC_RMID, 2, 0),
            Jump(BPF_JMP | BPF_JEQ | BPF_K, SETVAL, 1, 0),
            Jump(BPF_JMP | BPF_JEQ | BPF_K, SETALL, 0, 1),
            Return(SECCOMP_RET_USER_NOTIF),
            Return(SECCOMP_RET_ALLOW)};
  }
  if (call.IsControl()) {
    return {load(1), Statement(BPF_ALU | BPF_AND | BPF_K, ~kIpc64Bit),
            Jump(BPF_JMP | BPF_JEQ | BPF_K, IPC_RMID, 0, 1), Return(SECCOMP_RET_USER_NOTIF),
            Return(SECCOMP_RET_ALLOW)};
  }
  return {Return(SECCOMP_RET_ALLOW)};
}

void Append(Program& program, const Program& more) {
  program.insert(program.end(), more.begin(), more.end());
}

// if (nr == number [&& ipc's operation]) decide
Program Case(const CallNumber& number, Watch watch) {
  const Program decision = Decide(number, watch);
  Program program = {Load(offsetof(seccomp_data, nr))};
  Program rest;
  if (number.operation >= 0) {
    rest = {LoadRegister(0), Statement(BPF_ALU | BPF_AND | BPF_K, kIpcOperationMask),
            Jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number.operation), 0,
                 decision.size())};
  }
  Append(rest, decision);
  program.push_back(
      Jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number.number), 0, rest.size()));
  Append(program, rest);
  return program;
}

Program MakeProgram(Watch watch) {
  Program program;
  std::vector<uint32_t> archs;
  for (const CallNumber& number : CallNumbers()) {
    if (archs.empty() || archs.back() != number.arch) archs.push_back(number.arch);
  }
  for (const uint32_t arch : archs) {
    Program cases;
    for (const CallNumber& number : CallNumbers()) {
      if (number.arch == arch) Append(cases, Case(number, watch));
    }
    cases.push_back(Return(SECCOMP_RET_ALLOW));
    program.push_back(Load(offsetof(seccomp_data, arch)));
    // A conditional jump reaches 255 instructions; BPF_JA reaches all.
    program.push_back(Jump(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0));
    program.push_back(Statement(BPF_JMP | BPF_JA, static_cast<uint32_t>(cases.size())));
    Append(program, cases);
  }
  program.push_back(Return(SECCOMP_RET_ALLOW));
  return program;
}

}  // namespace

Result<UniqueFd> InstallFilter(Watch watch) {
  Program program = MakeProgram(watch);
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  constexpr unsigned long kFlags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
                                   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV |
                                   SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  const long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &filter);
  if (fd < 0) return Error{"a seccomp filter", errno};
  return UniqueFd(static_cast<int>(fd));
}

bool SendDescriptor(int socket, int descriptor) {
  char byte = 'd';
  iovec data = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

UniqueFd ReceiveDescriptor(int socket) {
  char byte = 0;
  iovec data = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) return UniqueFd();
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return UniqueFd();
  int descriptor = -1;
  memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
  return UniqueFd(descriptor);
}

}  // namespace ipcrig
