// SPDX-License-Identifier: Apache-2.0
//
// A litmus test: a few processes that store to and load from shared locations, and a condition on
// what they may have seen when all have ended. The text is the C language of litmus7 and of the
// Linux kernel's memory model, without branches, loops and read-modify-writes, and with calls that
// synchronise processes:
//
//   C MP+semop
//   "what was stored before a V is seen after the P that it lets go on"
//   { x=0; s=0; }
//
//   P0 (int *x, sem s) {
//     *x = 1;
//     semop(s, 1);
//   }
//
//   P1 (const int *x, sem s) {          // const: through a read-only attach
//     semop(s, -1);
//     int r0 = *x;
//   }
//
//   ~exists (1:r0=0)
//
//   auto parsed = ParseLitmus(text, "mp+semop.litmus");
//   if (!parsed.ok()) return parsed.error();   // mp+semop.litmus:9:3: unknown statement sempo
//
// scenarios/litmus/README.md is the grammar. All of this is pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ipcrig::litmus {

inline constexpr size_t kMaxProcesses = 8;
inline constexpr size_t kMaxStatements = 16;  // of a process
inline constexpr size_t kMaxRegisters = 16;   // of a process
inline constexpr size_t kMaxObjects = 16;     // locations, and the same number of IPC objects
inline constexpr size_t kMaxObserved = 16;    // values that make up a state
inline constexpr size_t kMaxBytes = 64 << 10;

enum class Order { kPlain, kRelaxed, kAcquire, kRelease, kAcqRel, kSeqCst };

// kPost and kWait are calls on an IPC object: a V, a message, a byte, a wake; and what takes it.
enum class Action { kLoad, kStore, kFence, kPost, kWait };

// What a fence keeps in order: accesses before it and after it, of these kinds.
enum FencePair : unsigned {
  kLoadLoad = 1,
  kLoadStore = 2,
  kStoreLoad = 4,
  kStoreStore = 8,
  kAllPairs = 15,
};

struct Statement {
  Action action = Action::kLoad;
  Order order = Order::kPlain;
  int object = -1;        // index into locations; of kPost and kWait into ipc
  int reg = -1;           // kLoad: where it goes; each register is loaded once.
                          // kStore: what is added to `value`, or -1
  int32_t value = 0;      // kStore
  unsigned pairs = 0;     // kFence
  int line = 0;           // in the file
  std::string text = {};  // as in the file
};

enum class IpcKind { kSem, kMsg, kPipe, kFutex };

struct IpcObject {
  std::string name;
  IpcKind kind = IpcKind::kSem;
  int32_t initial = 0;
};

struct Location {
  std::string name;
  int32_t initial = 0;
};

struct Process {
  std::vector<Statement> body;
  std::vector<std::string> registers;
  std::vector<bool> attached;   // for each location: it is a parameter
  std::vector<bool> read_only;  // and const
};

// A value of the final state: a register, or (process < 0) a location.
struct Observable {
  int process = -1;
  int index = 0;
  bool operator==(const Observable&) const = default;
};

// The values of Test::observed, in their order.
using State = std::vector<int32_t>;

enum class Quantifier { kNone, kExists, kNotExists, kForall };

// A proposition in postfix order: kEqual pushes, kNot replaces, kAnd and kOr take two.
struct Term {
  enum class Kind { kTrue, kEqual, kNot, kAnd, kOr } kind = Kind::kTrue;
  size_t observed = 0;  // kEqual: index into Test::observed
  int32_t value = 0;
};

struct Test {
  std::string name;
  std::string doc;
  std::vector<Location> locations;
  std::vector<IpcObject> ipc;
  std::vector<Process> processes;
  std::vector<Observable> observed;  // what makes up a state: registers by process, then locations
  Quantifier quantifier = Quantifier::kNone;
  std::vector<Term> proposition;
  std::string condition;   // as text, "exists (1:r0=1 /\ 1:r1=0)"; empty for kNone
  int condition_line = 0;  // in the file
};

// The error says path:line:column: what.
Result<Test> ParseLitmus(std::string_view text, const std::string& path);

// Whether the proposition holds in this state; the quantifier is not looked at.
bool Holds(const Test& test, const State& state);

// "1:r0=1; 1:r1=0; [x]=2;"
std::string PrintState(const Test& test, const State& state);

}  // namespace ipcrig::litmus
