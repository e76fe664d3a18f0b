// SPDX-License-Identifier: Apache-2.0
#include "litmus/parse_process.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace ipcrig::litmus {
namespace {

struct OrderName {
  std::string_view name;
  Order order;
};

constexpr OrderName kOrders[] = {
    {"memory_order_relaxed", Order::kRelaxed}, {"memory_order_acquire", Order::kAcquire},
    {"memory_order_consume", Order::kAcquire}, {"memory_order_release", Order::kRelease},
    {"memory_order_acq_rel", Order::kAcqRel},  {"memory_order_seq_cst", Order::kSeqCst},
};

// A statement of a fixed order: what it is called, and whether its location is given as *x or x.
struct FixedOrder {
  std::string_view name;
  Order order;
  bool dereferenced;
};

constexpr FixedOrder kLoads[] = {
    {"READ_ONCE", Order::kRelaxed, true},
    {"smp_load_acquire", Order::kAcquire, false},
    {"atomic_load", Order::kSeqCst, false},
};
constexpr FixedOrder kStores[] = {
    {"WRITE_ONCE", Order::kRelaxed, true},
    {"smp_store_release", Order::kRelease, false},
    {"atomic_store", Order::kSeqCst, false},
};

struct KernelFence {
  std::string_view name;
  unsigned pairs;
};

constexpr KernelFence kFences[] = {
    {"smp_mb", kAllPairs}, {"smp_rmb", kLoadLoad}, {"smp_wmb", kStoreStore}};

struct IpcCall {
  std::string_view name;
  IpcKind kind;
  Action action;
};

constexpr IpcCall kIpcCalls[] = {
    {"msgsnd", IpcKind::kMsg, Action::kPost},       {"msgrcv", IpcKind::kMsg, Action::kWait},
    {"write", IpcKind::kPipe, Action::kPost},       {"read", IpcKind::kPipe, Action::kWait},
    {"futex_wake", IpcKind::kFutex, Action::kPost}, {"futex_wait", IpcKind::kFutex, Action::kWait},
};

struct IpcType {
  std::string_view name;
  IpcKind kind;
};

constexpr IpcType kIpcTypes[] = {{"sem", IpcKind::kSem},
                                 {"msg", IpcKind::kMsg},
                                 {"pipe", IpcKind::kPipe},
                                 {"futex", IpcKind::kFutex}};

template <typename Table>
const auto* Find(const Table& table, std::string_view name) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const auto& entry) { return entry.name == name; });
  return found == std::end(table) ? nullptr : &*found;
}

unsigned PairsOf(Order order) {
  switch (order) {
    case Order::kAcquire:
      return kLoadLoad | kLoadStore;
    case Order::kRelease:
      return kLoadStore | kStoreStore;
    case Order::kAcqRel:
      return kLoadLoad | kLoadStore | kStoreStore;
    case Order::kSeqCst:
      return kAllPairs;
    case Order::kPlain:
    case Order::kRelaxed:
      break;
  }
  return 0;
}

class ProcessParser {
 public:
  ProcessParser(Lexer& in, Test& test) : in_(in), test_(test) {}

  void Parse() {
    const std::string expected = fmt::format("P{}", test_.processes.size());
    if (!in_.Eat(expected)) return in_.Fail("expected " + expected);
    if (test_.processes.size() == kMaxProcesses) return in_.Fail("too many processes");
    test_.processes.emplace_back();
    in_.Expect("(");
    while (in_.ok() && !in_.Eat(")")) {
      OneParameter();
      if (in_.Peek() != ")") in_.Expect(",");
    }
    in_.SetInCode(true);
    in_.Expect("{");
    while (in_.ok() && in_.Peek() != "}") OneStatement();
    in_.SetInCode(false);
    in_.Expect("}");
  }

 private:
  struct Parameter {
    bool is_ipc;
    int index;
  };

  void OneParameter() {
    const size_t start = in_.offset();
    bool read_only = false;
    const IpcType* ipc = nullptr;
    bool is_int = false;
    bool pointer = false;
    for (; in_.ok(); in_.Next()) {
      const std::string_view word = in_.Peek();
      if (word == "const") {
        read_only = read_only || !pointer;
      } else if (word == "int" || word == "atomic_int") {
        is_int = true;
      } else if (word == "*") {
        pointer = true;
      } else if (word != "volatile") {
        if (is_int || ipc != nullptr) break;
        ipc = Find(kIpcTypes, word);
        if (ipc == nullptr) break;
      }
    }
    if (ipc == nullptr && !(is_int && pointer)) {
      return in_.FailAt(start,
                        "a parameter is int *x or atomic_int *x, const or not; or sem s, "
                        "msg q, pipe p, futex f");
    }
    const size_t offset = in_.offset();
    const std::string name = in_.Name("the parameter's name");
    if (!in_.ok()) return;
    if (parameters_.count(name) != 0) return in_.FailAt(offset, name + " is a parameter already");
    const int index = ipc == nullptr ? LocationNamed(name, offset) : IpcNamed(name, *ipc, offset);
    parameters_[name] = {ipc != nullptr, index};
    if (ipc != nullptr || !in_.ok()) return;
    Process& process = test_.processes.back();
    const size_t at = static_cast<size_t>(index);
    process.attached.resize(std::max(process.attached.size(), at + 1));
    process.read_only.resize(process.attached.size());
    process.attached[at] = true;
    process.read_only[at] = read_only;
  }

  int LocationNamed(const std::string& name, size_t offset) {
    if (FindNamed(test_.ipc, name) >= 0) in_.FailAt(offset, name + " is no location elsewhere");
    const int found = FindNamed(test_.locations, name);
    if (found >= 0) return found;
    if (test_.locations.size() == kMaxObjects) in_.FailAt(offset, "too many locations");
    test_.locations.push_back({name, 0});
    return static_cast<int>(test_.locations.size()) - 1;
  }

  int IpcNamed(const std::string& name, const IpcType& type, size_t offset) {
    const int found = FindNamed(test_.ipc, name);
    const bool other = found >= 0 && test_.ipc[static_cast<size_t>(found)].kind != type.kind;
    if (other || FindNamed(test_.locations, name) >= 0) {
      in_.FailAt(offset, name + " is something else in another process");
    }
    if (found >= 0) return found;
    if (test_.ipc.size() == kMaxObjects) in_.FailAt(offset, "too many IPC objects");
    test_.ipc.push_back({name, type.kind, 0});
    return static_cast<int>(test_.ipc.size()) - 1;
  }

  void OneStatement() {
    statement_ = {};
    start_ = in_.offset();
    if (in_.Eat("int")) {
      Declaration();
    } else if (in_.Eat("*")) {
      statement_.action = Action::kStore;
      statement_.object = Location();
      in_.Expect("=");
      StoredValue();
      Add();
    } else {
      const std::string name = in_.Name("a statement");
      if (in_.ok() && !Call(name)) {
        if (in_.Peek() != "=") return in_.FailAt(start_, "unknown statement " + name);
        Assignment(name);
      }
    }
    in_.Expect(";");
  }

  void Declaration() {
    do {
      const std::string name = in_.Name("a register");
      if (parameters_.count(name) != 0) return in_.FailAt(start_, name + " is a parameter");
      if (in_.Peek() == "=") Assignment(name);
    } while (in_.ok() && in_.Eat(","));
  }

  // register = load
  void Assignment(const std::string& name) {
    if (parameters_.count(name) != 0)
      return in_.FailAt(start_, "a location is stored to as *" + name);
    in_.Expect("=");
    statement_ = {};
    statement_.action = Action::kLoad;
    if (in_.Eat("*")) {
      statement_.object = Location();
    } else {
      const size_t offset = in_.offset();
      const std::string call = IsName(in_.Peek()) ? in_.Name("a load") : "";
      const FixedOrder* load = Find(kLoads, call);
      if (load == nullptr && call != "atomic_load_explicit") {
        return in_.FailAt(offset, "a register gets the value of a load");
      }
      in_.Expect("(");
      if (load != nullptr && load->dereferenced) in_.Expect("*");
      statement_.object = Location();
      statement_.order = load != nullptr ? load->order : ExplicitOrder();
      in_.Expect(")");
      if (statement_.order == Order::kRelease || statement_.order == Order::kAcqRel) {
        in_.FailAt(offset, "a load is relaxed, acquire or seq_cst");
      }
    }
    statement_.reg = Register(name);
    Add();
  }

  // A new one: no register is loaded twice.
  int Register(const std::string& name) {
    auto& registers = test_.processes.back().registers;
    const auto found = std::find(registers.begin(), registers.end(), name);
    if (found != registers.end()) in_.FailAt(start_, name + " is loaded twice");
    if (registers.size() == kMaxRegisters) in_.FailAt(start_, "too many registers");
    registers.push_back(name);
    return static_cast<int>(registers.size()) - 1;
  }

  // A statement that begins with a word and "(". False where the word is none of them.
  bool Call(const std::string& name) {
    if (name == "if" || name == "while" || name == "for" || name == "return") {
      in_.FailAt(start_, "a test has no branches and no loops");
      return true;
    }
    const FixedOrder* store = Find(kStores, name);
    const KernelFence* fence = Find(kFences, name);
    const IpcCall* ipc = Find(kIpcCalls, name);
    const bool c_store = name == "atomic_store_explicit";
    const bool c_fence = name == "atomic_thread_fence";
    const bool semop = name == "semop";
    if (!c_store && !c_fence && !semop && store == nullptr && fence == nullptr && ipc == nullptr) {
      return false;
    }
    in_.Expect("(");
    if (c_store || store != nullptr) StoreCall(store);
    if (c_fence) FenceOf(PairsOf(OrderHere()));
    if (fence != nullptr) FenceOf(fence->pairs);
    if (ipc != nullptr) IpcStatement(ipc->kind, ipc->action);
    if (semop) {
      IpcStatement(IpcKind::kSem, Action::kPost);
      in_.Expect(",");
      const size_t offset = in_.offset();
      const int32_t number = in_.Number();
      if (number != 1 && number != -1) in_.FailAt(offset, "semop(s, 1) is a V, semop(s, -1) a P");
      if (number == -1) statement_.action = Action::kWait;
    }
    in_.Expect(")");
    Add();
    return true;
  }

  void StoreCall(const FixedOrder* store) {
    statement_.action = Action::kStore;
    if (store != nullptr && store->dereferenced) in_.Expect("*");
    statement_.object = Location();
    in_.Expect(",");
    StoredValue();
    statement_.order = store != nullptr ? store->order : ExplicitOrder();
    if (statement_.order == Order::kAcquire || statement_.order == Order::kAcqRel) {
      in_.FailAt(start_, "a store is relaxed, release or seq_cst");
    }
  }

  void FenceOf(unsigned pairs) {
    statement_.action = Action::kFence;
    statement_.pairs = pairs;
  }

  void IpcStatement(IpcKind kind, Action action) {
    const size_t offset = in_.offset();
    const std::string name = in_.Name("an IPC object");
    const auto found = parameters_.find(name);
    statement_.action = action;
    if (found == parameters_.end() || !found->second.is_ipc ||
        test_.ipc[static_cast<size_t>(found->second.index)].kind != kind) {
      const auto* type = std::find_if(std::begin(kIpcTypes), std::end(kIpcTypes),
                                      [&](const IpcType& one) { return one.kind == kind; });
      return in_.FailAt(offset, fmt::format("no parameter {} {}", type->name, name));
    }
    statement_.object = found->second.index;
  }

  Order ExplicitOrder() {
    in_.Expect(",");
    return OrderHere();
  }

  Order OrderHere() {
    const size_t offset = in_.offset();
    const OrderName* order = Find(kOrders, in_.Name("memory_order_..."));
    if (order == nullptr) in_.FailAt(offset, "unknown memory order");
    return order == nullptr ? Order::kSeqCst : order->order;
  }

  int Location() {
    const size_t offset = in_.offset();
    const std::string name = in_.Name("a location");
    const auto found = parameters_.find(name);
    if (found != parameters_.end() && !found->second.is_ipc) return found->second.index;
    in_.FailAt(offset, name + " is no location: parameters of int * or atomic_int * are");
    return 0;
  }

  // number, register, or register + number
  void StoredValue() {
    if (IsName(in_.Peek())) {
      const size_t offset = in_.offset();
      const auto& registers = test_.processes.back().registers;
      const auto found = std::find(registers.begin(), registers.end(), in_.Name("a register"));
      if (found == registers.end()) {
        return in_.FailAt(offset, "a number, or a register that has been loaded");
      }
      statement_.reg = static_cast<int>(found - registers.begin());
      if (!in_.Eat("+")) return;
    }
    statement_.value = in_.Number();
  }

  void Add() {
    if (!in_.ok()) return;
    Process& process = test_.processes.back();
    if (process.body.size() == kMaxStatements) return in_.FailAt(start_, "too many statements");
    if (statement_.action == Action::kStore &&
        process.read_only[static_cast<size_t>(statement_.object)]) {
      return in_.FailAt(
          start_, test_.locations[static_cast<size_t>(statement_.object)].name + " is const here");
    }
    statement_.line = in_.LineOf(start_);
    statement_.text = in_.TextFrom(start_);
    process.body.push_back(statement_);
  }

  Lexer& in_;
  Test& test_;
  std::map<std::string, Parameter> parameters_;
  Statement statement_;
  size_t start_ = 0;
};

}  // namespace

void ParseProcess(Lexer& in, Test& test) { ProcessParser(in, test).Parse(); }

}  // namespace ipcrig::litmus
