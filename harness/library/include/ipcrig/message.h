// SPDX-License-Identifier: Apache-2.0
//
// A message of a queue as a value: what the generators and the fuzzer send, for those who have no
// struct of their own for it.
//
//   ipcrig::Send(queue, {1, "hello"});
//   std::optional<ipcrig::Message> message = ipcrig::Receive(queue, 0, IPC_NOWAIT);
//
// Both make the call of msgop(2) and leave its errno. They allocate, so they are not
// async-signal-safe.
#pragma once

#include <sys/msg.h>

#include <cstring>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace ipcrig {
inline namespace v0 {

struct Message {
  long type = 1;
  std::string text = {};

  friend bool operator==(const Message& a, const Message& b) {
    return a.type == b.type && a.text == b.text;
  }
  friend std::ostream& operator<<(std::ostream& out, const Message& message) {
    return out << "{" << message.type << ", \"" << message.text << "\"}";
  }
};

// What msgsnd(2) and msgrcv(2) take: a type, and the text behind it.
inline bool Send(int queue, const Message& message, int flags = 0) {
  std::vector<char> buffer(sizeof(long) + message.text.size());
  std::memcpy(buffer.data(), &message.type, sizeof(long));
  std::memcpy(buffer.data() + sizeof(long), message.text.data(), message.text.size());
  return msgsnd(queue, buffer.data(), message.text.size(), flags) == 0;
}

// Nothing where msgrcv(2) fails. Longer texts than `most` are E2BIG, as ever.
inline std::optional<Message> Receive(int queue, long type = 0, int flags = 0, size_t most = 8192) {
  std::vector<char> buffer(sizeof(long) + most);
  const ssize_t length = msgrcv(queue, buffer.data(), most, type, flags);
  if (length < 0) return std::nullopt;
  Message message;
  std::memcpy(&message.type, buffer.data(), sizeof(long));
  message.text.assign(buffer.data() + sizeof(long), static_cast<size_t>(length));
  return message;
}

}  // namespace v0
}  // namespace ipcrig
