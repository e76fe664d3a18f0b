// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.h"

#include <utility>

#include <fmt/format.h>

namespace ipcrig {
namespace {

template <typename T>
concept HasResult = requires(T op) {
  op.result.slot;
};
template <typename T>
concept HasChild = requires(T op) {
  op.child.index;
};
template <typename T>
concept HasReplyNames = requires {
  T::kReplyNames;
};
// An argument that is a word, and tells operations of one name apart by it.
template <typename T>
concept IsWord = requires(std::string_view text) {
  T::Accepts(text);
};
template <typename T>
concept IsOptional = T::kOptional;
template <typename T>
concept HasWords = requires {
  T::kWords;
};

template <typename T, typename F>
using Member = std::remove_reference_t<decltype(std::declval<T&>().*std::declval<F>().member)>;

// Calls f(field) for each field of T, in order.
template <typename T, typename Function>
void ForEachField(Function f) {
  std::apply([&](const auto&... field) { (f(field), ...); }, T::kFields);
}

template <size_t... kIndex>
std::vector<Op> MakeAll(std::index_sequence<kIndex...>) {
  return {Op(std::in_place_index<kIndex>)...};
}

// Whether the fixed words of T stand in the argument list that starts at the reader.
template <typename T>
bool WordsFit(Reader& in) {
  bool fit = true;
  int position = 0;
  ForEachField<T>([&](const auto& field) {
    using Arg = Member<T, decltype(field)>;
    if constexpr (IsWord<Arg>) fit = fit && Arg::Accepts(in.NthArgument(position));
    ++position;
  });
  return fit;
}

template <typename T>
void ReadArguments(Reader& in, T& op) {
  bool first = true;
  ForEachField<T>([&](const auto& field) {
    if constexpr (IsOptional<Member<T, decltype(field)>>) {
      if (in.Peek() == ')') return;
    }
    if (!first) in.Expect(',');
    first = false;
    (op.*field.member).Read(in);
  });
  in.Expect(')');
}

template <HasWords Arg>
std::string WordList(std::string_view between) {
  return fmt::format("{}", fmt::join(Arg::kWords, between));
}

// The words that tell operations of this name apart: "IPC_STAT, IPC_SET, IPC_RMID".
std::string WordsOf(std::string_view name) {
  std::string words;
  for (const Op& op : AllOps()) {
    std::visit(
        [&]<typename T>(const T&) {
          if (T::kName != name) return;
          ForEachField<T>([&](const auto& field) {
            using Arg = Member<T, decltype(field)>;
            if constexpr (HasWords<Arg>) words += (words.empty() ? "" : ", ") + WordList<Arg>(", ");
          });
        },
        op);
  }
  return words;
}

// The operation of this name whose words fit; fails at the name, or at the arguments.
Op ChooseOp(Reader& in, const std::string& name, size_t name_offset) {
  bool known = false;
  for (const Op& op : AllOps()) {
    if (OpName(op) != name) continue;
    known = true;
    if (std::visit([&]<typename T>(const T&) { return WordsFit<T>(in); }, op)) return op;
  }
  if (known) {
    in.FailHere(fmt::format("unknown form of {}: it knows {}", name, WordsOf(name)));
  } else {
    in.FailAt(name_offset, fmt::format("unknown operation {}; `ipcrig ops` lists them", name));
  }
  return Exit{};
}

void Declare(Reader& in, const std::string& variable, size_t offset, Kind kind, int8_t& slot) {
  auto& variables = in.names().variables;
  int found = in.names().FindVariable(variable);
  const std::string problem = NameProblem(variable, "a variable");
  if (!problem.empty()) {
    in.FailAt(offset, problem);
  } else if (found < 0 && variables.size() == kMaxVariables) {
    in.FailAt(offset, fmt::format("more than {} variables", kMaxVariables));
  } else if (found < 0 && in.ok()) {
    found = static_cast<int>(variables.size());
    variables.push_back({variable, kind});
  } else if (found >= 0 && variables[static_cast<size_t>(found)].kind != kind) {
    in.FailAt(offset,
              fmt::format("{} is {} above and cannot become {}", variable,
                          KindName(variables[static_cast<size_t>(found)].kind), KindName(kind)));
  }
  slot = static_cast<int8_t>(found);
}

}  // namespace

const std::vector<Op>& AllOps() {
  static const std::vector<Op> all = MakeAll(std::make_index_sequence<kOpCount>());
  return all;
}

std::string_view OpName(const Op& op) {
  return std::visit([]<typename T>(const T&) { return T::kName; }, op);
}

std::string_view OpManual(const Op& op) {
  return std::visit([]<typename T>(const T&) { return T::kManual; }, op);
}

Reply OpReply(const Op& op) {
  return std::visit([]<typename T>(const T&) { return T::kReply; }, op);
}

std::vector<std::string_view> OpReplyNames(const Op& op) {
  return std::visit(
      []<typename T>(const T&) -> std::vector<std::string_view> {
        if constexpr (HasReplyNames<T>) {
          return {std::begin(T::kReplyNames), std::end(T::kReplyNames)};
        } else {
          return {};
        }
      },
      op);
}

std::string OpSignature(const Op& op) {
  std::string arguments;
  std::visit(
      [&]<typename T>(const T&) {
        ForEachField<T>([&](const auto& field) {
          using Arg = Member<T, decltype(field)>;
          if (!arguments.empty()) arguments += ", ";
          if constexpr (HasWords<Arg>) {
            arguments += WordList<Arg>("|");
          } else if constexpr (IsOptional<Arg>) {
            arguments += fmt::format("[{}]", field.name);
          } else {
            arguments += field.name;
          }
        });
      },
      op);
  return fmt::format("{}({})", OpName(op), arguments);
}

int OpAssigns(const Op& op) {
  return std::visit(
      []<typename T>(const T& self) {
        if constexpr (HasResult<T>) return static_cast<int>(self.result.slot);
        return -1;
      },
      op);
}

std::vector<int> OpUses(const Op& op) {
  std::vector<int> slots;
  std::visit(
      [&]<typename T>(const T& self) {
        ForEachField<T>([&](const auto& field) {
          const auto& argument = self.*field.member;
          if constexpr (requires { argument.slot; }) {
            if (argument.slot >= 0) slots.push_back(argument.slot);
          }
        });
      },
      op);
  return slots;
}

int ChildOf(const Op& op) {
  return std::visit(
      []<typename T>(const T& self) {
        if constexpr (HasChild<T>) return static_cast<int>(self.child.index);
        return -1;
      },
      op);
}

bool CanRace(const Op& op) {
  if (const auto* kill = std::get_if<Kill>(&op)) {
    return kill->signal.number != abi::kSigstop && kill->signal.number != abi::kSigcont;
  }
  return IsOneOf<Shmget, Shmat, Shmdt, ShmctlStat, ShmctlIndex, ShmctlSet, ShmctlRmid, ShmctlLock,
                 ShmctlIpcInfo, ShmctlShmInfo>(op) ||
         IsOneOf<Msgget, Msgsnd, Msgrcv, MsgctlStat, MsgctlIndex, MsgctlSet, MsgctlRmid,
                 MsgctlIpcInfo, MsgctlMsgInfo>(op) ||
         IsOneOf<Semget, Semop, Semtimedop, SemctlGetval, SemctlGetpid, SemctlGetncnt,
                 SemctlGetzcnt, SemctlSetval, SemctlGetall, SemctlSetall, SemctlStat, SemctlIndex,
                 SemctlSet, SemctlRmid, SemctlIpcInfo, SemctlSemInfo>(op) ||
         IsOneOf<Write, Read, Close, Exit>(op);
}

void PrintCall(Writer& out, const Op& op) {
  std::visit(
      [&]<typename T>(const T& self) {
        out << T::kName << '(';
        bool first = true;
        ForEachField<T>([&](const auto& field) {
          using Arg = Member<T, decltype(field)>;
          if constexpr (IsOptional<Arg>) {
            if (self.*field.member == Arg{}) return;
          }
          if (!first) out << ", ";
          first = false;
          (self.*field.member).Print(out);
        });
        out << ')';
      },
      op);
}

void PrintOp(Writer& out, const Op& op) {
  const int slot = OpAssigns(op);
  if (slot >= 0) out << out.names.variables[static_cast<size_t>(slot)].name << " = ";
  PrintCall(out, op);
}

Op ReadOp(Reader& in) {
  std::string name = in.Word();
  size_t offset = in.offset() - name.size();
  std::string variable;
  const size_t variable_offset = offset;
  if (in.Eat('=')) {
    variable = std::exchange(name, in.Word());
    offset = in.offset() - name.size();
  }
  in.Expect('(');
  Op op = ChooseOp(in, name, offset);
  std::visit(
      [&]<typename T>(T& self) {
        ReadArguments(in, self);
        if (variable.empty()) return;
        if constexpr (HasResult<T>) {
          using Result = decltype(self.result);
          Declare(in, variable, variable_offset, Result::kVariableKind, self.result.slot);
        } else {
          in.FailAt(variable_offset, fmt::format("{} has no result to keep", name));
        }
      },
      op);
  return op;
}

Op PickOp(Chooser& from, size_t index) {
  Op op = AllOps()[index];
  std::visit(
      [&]<typename T>(T& self) {
        ForEachField<T>([&](const auto& field) {
          if (!from.stuck) (self.*field.member).Pick(from);
        });
        if constexpr (HasResult<T>) {
          using Result = decltype(self.result);
          self.result.slot = static_cast<int8_t>(PickAssigns(from, Result::kVariableKind));
        }
      },
      op);
  return op;
}

Op WithFieldOf(const Op& op, const Op& other, size_t field) {
  Op changed = op;
  std::visit(
      [&]<typename T>(T& self) {
        constexpr size_t kFieldCount = std::tuple_size_v<decltype(T::kFields)>;
        if constexpr (kFieldCount > 0) {
          size_t at = 0;
          ForEachField<T>([&](const auto& one) {
            if (at++ == field % kFieldCount) self.*one.member = std::get<T>(other).*one.member;
          });
        }
      },
      changed);
  return changed;
}

std::vector<Op> SimplerOps(const Op& op) {
  std::vector<Op> simpler;
  std::visit(
      [&]<typename T>(const T& self) {
        ForEachField<T>([&](const auto& field) {
          for (const auto& argument : (self.*field.member).Simpler()) {
            T smaller = self;
            smaller.*field.member = argument;
            simpler.push_back(smaller);
          }
        });
      },
      op);
  return simpler;
}

}  // namespace ipcrig
