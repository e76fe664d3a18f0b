// SPDX-License-Identifier: Apache-2.0
//
// ipcrig for RapidCheck: generators, and properties of every schedule.
//
//   rc::check("what is sent is received", [] {
//     ipcrig::Rig rig;
//     const int queue = msgget(*ipcrig::gen::Key(), *ipcrig::gen::CreateFlags());
//     const auto sent = *rc::gen::container<std::vector<ipcrig::Message>>(ipcrig::gen::Message());
//     ...
//   });
//
//   ipcrig::ForAllSchedules("two tickets are two", [](ipcrig::Rig& rig) {
//     const int set = semget(IPC_PRIVATE, 1, 0600);
//     auto& before = rig.Shared<std::array<int, 2>>();
//     const auto ticket = [=, &before](int i) {
//       return std::vector<std::function<void()>>{
//           [=, &before] { before[i] = semctl(set, 0, GETVAL); },
//           [=, &before] { semctl(set, 0, SETVAL, before[i] + 1); }};       // wrong: not atomic
//     };
//     ipcrig::Program program;
//     program.processes = {{"a", ticket(0)}, {"b", ticket(1)}};
//     program.at_end = [=] {
//       RC_ASSERT(semctl(set, 0, GETVAL) == 2);
//       semctl(set, 0, IPC_RMID);
//     };
//     return program;
//   });
//
// says after some tries, shrunk to the smallest order that loses an update:
//
//   Falsifiable after 20 tests
//   std::vector<unsigned int>:
//   [1]
//   RC_ASSERT(sold == 2)
//   Expands to:
//   1 == 2
//
// Each case has a Rig of its own, so some thousand are drawn in a second at most; what is left
// behind fails a case, too. Environment: RC_PARAMS, as ever.
#pragma once

#include <sys/ipc.h>
#include <sys/sem.h>

#include <functional>
#include <string>
#include <vector>

#include <ipcrig/message.h>
#include <ipcrig/schedule.h>
#include <rapidcheck.h>

namespace ipcrig {
inline namespace v0 {
namespace gen {

// A few keys, so that they meet; now and then IPC_PRIVATE, or any.
inline rc::Gen<key_t> Key() {
  return rc::gen::weightedOneOf<key_t>({{6, rc::gen::inRange<key_t>(1, 4)},
                                        {2, rc::gen::just<key_t>(IPC_PRIVATE)},
                                        {1, rc::gen::arbitrary<key_t>()}});
}

// For *get: a mode that the owner can use, with and without IPC_CREAT and IPC_EXCL.
inline rc::Gen<int> GetFlags() {
  return rc::gen::apply([](int mode, int create) { return mode | create; },
                        rc::gen::element(0600, 0644, 0666, 0400, 0200),
                        rc::gen::element(IPC_CREAT, 0, IPC_CREAT | IPC_EXCL, IPC_EXCL));
}
// The same, with IPC_CREAT and a mode that may be read and written.
inline rc::Gen<int> CreateFlags() {
  return rc::gen::apply([](int mode) { return mode | IPC_CREAT; },
                        rc::gen::element(0600, 0644, 0666));
}

// Small types, so that they meet. A text of no bytes is one, too.
inline rc::Gen<ipcrig::Message> Message() {
  return rc::gen::apply(
      [](long type, std::string text) {
        return ipcrig::Message{type, std::move(text)};
      },
      rc::gen::weightedOneOf<long>(
          {{6, rc::gen::inRange<long>(1, 4)}, {1, rc::gen::positive<long>()}}),
      rc::gen::arbitrary<std::string>());
}

// One operation on a set of so many semaphores: -1, 0 and 1 mostly.
inline rc::Gen<sembuf> SemOperation(int semaphores) {
  return rc::gen::apply(
      [](int number, int step, int flags) {
        return sembuf{static_cast<unsigned short>(number), static_cast<short>(step),
                      static_cast<short>(flags)};
      },
      rc::gen::inRange(0, semaphores),
      rc::gen::weightedOneOf<int>(
          {{6, rc::gen::element(1, -1, 0)}, {1, rc::gen::inRange(-10, 10)}}),
      rc::gen::element<int>(0, SEM_UNDO, IPC_NOWAIT, SEM_UNDO | IPC_NOWAIT));
}

// Whose turn it is: for RunInOrder. Shrinks to sequential orders.
inline rc::Gen<std::vector<unsigned>> Choices() {
  return rc::gen::container<std::vector<unsigned>>(rc::gen::inRange<unsigned>(0, 4));
}

// Protocols: what each of so many processes does, one line of `step`s each.
template <typename T>
rc::Gen<std::vector<std::vector<T>>> Protocol(size_t processes, rc::Gen<T> step) {
  return rc::gen::container<std::vector<std::vector<T>>>(
      processes, rc::gen::container<std::vector<T>>(std::move(step)));
}

}  // namespace gen

// Private: takes failures for itself while it is there.
class FailureTaker {
 public:
  FailureTaker() : before_(SetHooks({})) {
    Hooks hooks;
    hooks.fail = Take;
    hooks.run_child = before_.run_child;
    SetHooks(hooks);
    Text().clear();
  }
  ~FailureTaker() { SetHooks(before_); }
  FailureTaker(const FailureTaker&) = delete;
  FailureTaker& operator=(const FailureTaker&) = delete;

  static std::string& Text() {
    static std::string text;
    return text;
  }

 private:
  static void Take(const Failure& failure) {
    const std::string file = failure.file == nullptr ? "unknown file" : failure.file;
    Text() += file + ":" + std::to_string(failure.line) + ": " + failure.text + "\n";
  }
  Hooks before_;
};

// Whether build(rig), a Program, holds in every order that is drawn: its assertions (RC_ASSERT,
// IPCRIG_CHECK; in processes GoogleTest's, too, where <ipcrig/gtest.h> is included), no deadlock,
// nothing left behind. Prints the smallest order that fails.
template <typename Build>
bool ForAllSchedules(const std::string& text, Build build) {
  return rc::check(text, [&build] {
    const std::vector<unsigned> choices = *gen::Choices();
    const FailureTaker taker;
    std::string turns;
    {
      Rig rig;
      if (!rig.ok()) RC_FAIL(rig.why());
      const Program program = build(rig);
      turns = RunInOrder(rig, program, choices);
    }
    if (!taker.Text().empty()) RC_FAIL(taker.Text() + "turns: " + turns);
  });
}

}  // namespace v0
}  // namespace ipcrig

namespace rc {
template <>
struct Arbitrary<ipcrig::Message> {
  static Gen<ipcrig::Message> arbitrary() { return ipcrig::gen::Message(); }
};
}  // namespace rc
