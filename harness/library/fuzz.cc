// SPDX-License-Identifier: Apache-2.0
//
// Of what is here nothing is instrumented in other people's fuzzers: only their code guides them.
#include <sched.h>
#include <sys/ipc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include <ipcrig/fuzz.h>

#include "library/counters.h"

namespace ipcrig {
inline namespace v0 {
namespace fuzz {
namespace {

void RequireNamespace(const Rig& rig) {
  constexpr int kCannotRunHere = 69;
  if (rig.ok()) return;
  fprintf(stderr, "ipcrig: %s\n", rig.why().c_str());
  _exit(kCannotRunHere);
}

// The coverage of a child, in the place of its parent's: only what the consumer does guides.
class Coverage {
 public:
  explicit Coverage(Rig& rig) : counters_(Counters(size_)) {
    constexpr size_t kMost = 512 * 1024;  // of the shared megabyte
    size_ = std::min(size_, kMost);
    shared_ = static_cast<uint8_t*>(rig.SharedBytes(size_, 1));
  }
  // In the child.
  void Begin() { std::fill_n(counters_, size_, 0); }
  void End() { std::copy_n(counters_, size_, shared_); }
  // In the parent, with the Rig; and at the very end.
  void Keep() { kept_.assign(shared_, shared_ + size_); }
  void Give() { std::copy_n(kept_.data(), size_, counters_); }

 private:
  size_t size_ = 0;
  uint8_t* counters_;
  uint8_t* shared_ = nullptr;
  std::vector<uint8_t> kept_ = {};
};

// start(rig, queue, coverage) starts the consumer.
template <typename Start>
int Feed(const Start& start, const uint8_t* data, size_t size) {
  std::optional<Rig> rig(std::in_place, RigOptions{std::chrono::seconds(2)});
  RequireNamespace(*rig);
  Coverage coverage(*rig);
  const int queue = msgget(IPC_PRIVATE, 0600);
  for (const Message& message : MessagesOf(data, size)) {
    if (!Send(queue, message, IPC_NOWAIT)) break;
  }
  Process& consumer = start(*rig, queue, coverage);
  while (!consumer.HasEnded() && !consumer.IsBlocked(Call::kMsgrcv)) sched_yield();
  msgctl(queue, IPC_RMID, nullptr);
  rig->AwaitProcesses();
  coverage.Keep();
  rig.reset();
  coverage.Give();
  return 0;
}

}  // namespace

std::vector<Message> MessagesOf(const uint8_t* data, size_t size) {
  constexpr int kLarge = 252;  // and above: types of 1, 2^15, 2^30 and 2^45
  std::vector<Message> messages;
  for (size_t at = 0; at + 2 <= size;) {
    const int byte = data[at];
    const long type = byte < kLarge ? byte % 4 + 1 : 1L << ((byte - kLarge) * 15);
    const size_t length = std::min<size_t>(data[at + 1], size - at - 2);
    messages.push_back({type, std::string(reinterpret_cast<const char*>(data) + at + 2, length)});
    at += 2 + length;
  }
  return messages;
}

int OneInput(void (*consume)(int queue), const uint8_t* data, size_t size) {
  const auto start = [consume](Rig& rig, int queue, Coverage& coverage) -> Process& {
    return rig.Fork("consumer", [&coverage, consume, queue] {
      coverage.Begin();
      consume(queue);
      coverage.End();
    });
  };
  return Feed(start, data, size);
}

int OneInput(const char* preload, std::vector<std::string> argv, const uint8_t* data, size_t size) {
  const auto start = [&](Rig& rig, int queue, Coverage&) -> Process& {
    argv.push_back(std::to_string(queue));
    return rig.ExecWith(preload, "consumer", argv);
  };
  return Feed(start, data, size);
}

void EnterNamespaces() { RequireNamespace(Rig()); }

}  // namespace fuzz
}  // namespace v0
}  // namespace ipcrig
