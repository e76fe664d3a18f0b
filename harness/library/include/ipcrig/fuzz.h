// SPDX-License-Identifier: Apache-2.0
//
// ipcrig for libFuzzer: what a program does with messages that nobody meant.
//
//   #include <ipcrig/fuzz.h>
//
//   // Handles what is in the queue, and returns when there is nothing more, or the queue is gone.
//   void Consume(int queue) {
//     while (const auto message = ipcrig::Receive(queue)) Handle(*message);
//   }
//   IPCRIG_FUZZ_CONSUMER(Consume)
//
//   clang++ -g -fsanitize=fuzzer,address consumer_fuzz.cc $(pkg-config --cflags --libs ipcrig)
//
// The input is taken as messages: a byte for the type (1 to 4, rarely more), one for the length,
// and the text. They go through a real queue, as many as it holds, to a child that runs the
// consumer; when that sleeps in msgrcv(2) the queue is removed, and it has to end. A crash, an exit
// with anything but 0, a consumer that does not end in 2 s, and objects that it leaves are
// findings: they are printed, and the process aborts. What the child covered guides the fuzzer as
// if it had run in this process.
//
//   IPCRIG_FUZZ_PROGRAM("./consumer", "--queue")    // executes ./consumer --queue 42; no coverage
//
// Each input has an IPC namespace and a queue of its own, so no input sees what another left. Some
// hundred inputs a second. Without namespaces the fuzzer does not start (exit 69).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ipcrig/ipcrig.h>
#include <ipcrig/message.h>

namespace ipcrig {
inline namespace v0 {
namespace fuzz {

// The messages that an input stands for.
std::vector<Message> MessagesOf(const uint8_t* data, size_t size);

// Private, for the macros below: one input, and what comes before libFuzzer has threads of its own.
int OneInput(void (*consume)(int queue), const uint8_t* data, size_t size);
int OneInput(const char* preload, std::vector<std::string> argv, const uint8_t* data, size_t size);
inline int OneInput(const std::vector<std::string>& argv, const uint8_t* data, size_t size) {
  return OneInput(IPCRIG_PRELOAD, argv, data, size);
}
void EnterNamespaces();

}  // namespace fuzz
}  // namespace v0
}  // namespace ipcrig

#define IPCRIG_FUZZ_TARGET_(consumer)                                       \
  extern "C" int LLVMFuzzerInitialize(int*, char***) {                      \
    ::ipcrig::fuzz::EnterNamespaces();                                      \
    return 0;                                                               \
  }                                                                         \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    return ::ipcrig::fuzz::OneInput(consumer, data, size);                  \
  }

#define IPCRIG_FUZZ_CONSUMER(consume) IPCRIG_FUZZ_TARGET_(consume)
#define IPCRIG_FUZZ_PROGRAM(...) IPCRIG_FUZZ_TARGET_((std::vector<std::string>{__VA_ARGS__}))
