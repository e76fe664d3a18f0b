// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "litmus/lexer.h"
#include "litmus/parse_process.h"
#include "litmus/test.h"

namespace ipcrig::litmus {
namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : in_(text, path) {}

  Result<Test> Parse() {
    Header();
    Initial();
    while (in_.ok() && in_.Peek().starts_with('P')) ParseProcess(in_, test_);
    if (in_.ok() && test_.processes.empty()) in_.Fail("expected P0 (...) { ... }");
    Locations();
    Condition();
    if (in_.ok() && !in_.AtEnd()) {
      in_.Fail(fmt::format("\"{}\": expected the end after the condition", in_.Peek()));
    }
    Finish();
    if (!in_.ok()) return in_.error();
    return test_;
  }

 private:
  struct InitialValue {
    std::string name;
    size_t offset;
    int32_t value;
  };
  void Header() {
    if (!in_.Eat("C")) {
      return in_.Fail("a test begins with \"C NAME\"; tests in assembler are not read");
    }
    test_.name = in_.RestOfLine();
    if (test_.name.empty()) in_.Fail("the test has no name");
    while (in_.ok() && in_.Peek() != "{") {
      if (in_.Peek().size() > 1 && in_.Peek().front() == '"') {
        test_.doc = in_.Peek().substr(1, in_.Peek().size() - 2);
        in_.Next();
      } else {
        (void)in_.Name("{");  // Cycle=Rfe PodRR ...
        if (in_.ok() && in_.Peek() != "=") in_.Fail("expected {");
        if (in_.ok()) (void)in_.RestOfLine();
      }
    }
  }

  void Initial() {
    in_.Expect("{");
    while (in_.ok() && !in_.Eat("}")) {
      if (IsNumber(in_.Peek())) return in_.Fail("registers begin as 0: only locations go here");
      InitialValue initial;
      const bool brackets = in_.Eat("[");
      initial.offset = in_.offset();
      initial.name = in_.Name("a location");
      while (!brackets && in_.ok() && (in_.Peek() == "*" || IsName(in_.Peek()))) {  // int x
        (void)in_.Eat("*");
        initial.offset = in_.offset();
        initial.name = in_.Name("a location");
      }
      if (brackets) in_.Expect("]");
      initial.value = in_.Eat("=") ? in_.Number() : 0;
      initials_.push_back(initial);
      if (in_.Peek() != "}") in_.Expect(";");
    }
  }

  // locations [x; 1:r0;]
  void Locations() {
    if (!in_.Eat("locations")) return;
    in_.Expect("[");
    while (in_.ok() && !in_.Eat("]")) {
      (void)OneObservable();
      if (in_.Peek() != "]") in_.Expect(";");
    }
  }

  void Condition() {
    if (in_.AtEnd()) return;
    const size_t start = in_.offset();
    test_.condition_line = in_.line();
    if (in_.Eat("~")) {
      in_.Expect("exists");
      test_.quantifier = Quantifier::kNotExists;
    } else if (in_.Eat("exists")) {
      test_.quantifier = Quantifier::kExists;
    } else if (in_.Eat("forall")) {
      test_.quantifier = Quantifier::kForall;
    } else {
      return in_.Fail("expected exists, ~exists or forall");
    }
    Disjunction(0);
    test_.condition = in_.TextFrom(start);
  }

  void Disjunction(int depth) {
    if (depth > kMaxDepth) return in_.Fail("too many parentheses");
    Conjunction(depth);
    while (in_.ok() && in_.Eat("\\/")) {
      Conjunction(depth);
      test_.proposition.push_back({Term::Kind::kOr});
    }
  }

  void Conjunction(int depth) {
    Primary(depth);
    while (in_.ok() && in_.Eat("/\\")) {
      Primary(depth);
      test_.proposition.push_back({Term::Kind::kAnd});
    }
  }

  void Primary(int depth) {
    if (in_.Eat("~") || in_.Eat("not")) {
      if (depth > kMaxDepth) return in_.Fail("too many negations");
      Primary(depth + 1);
      test_.proposition.push_back({Term::Kind::kNot});
    } else if (in_.Eat("(")) {
      Disjunction(depth + 1);
      in_.Expect(")");
    } else if (in_.Eat("true")) {
      test_.proposition.push_back({Term::Kind::kTrue});
    } else {
      Term term{Term::Kind::kEqual, OneObservable(), 0};
      if (!in_.Eat("==")) in_.Expect("=");
      term.value = in_.Number();
      test_.proposition.push_back(term);
    }
  }

  // 1:r0, x or [x]; its place in observed.
  size_t OneObservable() {
    const size_t offset = in_.offset();
    Observable seen;
    if (IsNumber(in_.Peek())) {
      seen.process = in_.Number();
      in_.Expect(":");
      const std::string name = in_.Name("a register");
      if (!in_.ok()) return 0;
      const auto at = static_cast<size_t>(seen.process);
      if (at < test_.processes.size()) seen.index = RegisterIndex(at, name);
      if (at >= test_.processes.size() || seen.index < 0) {
        in_.FailAt(offset, fmt::format("P{} has no register {}", seen.process, name));
      }
    } else {
      const bool brackets = in_.Eat("[");
      const std::string name = in_.Name("a location or a register as 0:r0");
      if (brackets) in_.Expect("]");
      seen.index = FindNamed(test_.locations, name);
      if (seen.index < 0) in_.FailAt(offset, name + " is no location");
    }
    const auto found = std::find(test_.observed.begin(), test_.observed.end(), seen);
    if (found != test_.observed.end()) return static_cast<size_t>(found - test_.observed.begin());
    test_.observed.push_back(seen);
    return test_.observed.size() - 1;
  }

  int RegisterIndex(size_t process, const std::string& name) const {
    const auto& registers = test_.processes[process].registers;
    const auto found = std::find(registers.begin(), registers.end(), name);
    return found == registers.end() ? -1 : static_cast<int>(found - registers.begin());
  }

  std::tuple<bool, int, std::string> SortKey(const Observable& seen) const {
    const auto index = static_cast<size_t>(seen.index);
    if (seen.process < 0) return {true, 0, test_.locations[index].name};
    return {false, seen.process,
            test_.processes[static_cast<size_t>(seen.process)].registers[index]};
  }

  void Finish() {
    if (!in_.ok()) return;
    ApplyInitials();
    for (Process& process : test_.processes) {
      process.attached.resize(test_.locations.size());
      process.read_only.resize(test_.locations.size());
    }
    if (test_.quantifier == Quantifier::kNone && test_.observed.empty()) ObserveAll();
    const std::vector<Observable> as_read = test_.observed;
    std::sort(test_.observed.begin(), test_.observed.end(),
              [&](const auto& a, const auto& b) { return SortKey(a) < SortKey(b); });
    for (Term& term : test_.proposition) {
      if (term.kind != Term::Kind::kEqual) continue;
      const auto found =
          std::find(test_.observed.begin(), test_.observed.end(), as_read[term.observed]);
      term.observed = static_cast<size_t>(found - test_.observed.begin());
    }
    if (test_.observed.size() > kMaxObserved) in_.FailAt(0, "too many values in the condition");
    CheckBalance();
  }

  void ApplyInitials() {
    for (const InitialValue& initial : initials_) {
      const int location = FindNamed(test_.locations, initial.name);
      const int ipc = FindNamed(test_.ipc, initial.name);
      if (location >= 0) {
        test_.locations[static_cast<size_t>(location)].initial = initial.value;
      } else if (ipc < 0) {
        in_.FailAt(initial.offset, initial.name + " is no parameter of any process");
      } else if (initial.value < 0 || initial.value > 1) {
        in_.FailAt(initial.offset, initial.name + " begins as 0 or 1");
      } else {
        test_.ipc[static_cast<size_t>(ipc)].initial = initial.value;
      }
    }
  }

  void ObserveAll() {
    for (size_t p = 0; p < test_.processes.size(); ++p) {
      for (size_t r = 0; r < test_.processes[p].registers.size(); ++r) {
        test_.observed.push_back({static_cast<int>(p), static_cast<int>(r)});
      }
    }
    if (!test_.observed.empty()) return;
    for (size_t i = 0; i < test_.locations.size(); ++i) {
      test_.observed.push_back({-1, static_cast<int>(i)});
    }
  }

  // An iteration must leave IPC objects as it found them.
  void CheckBalance() {
    for (size_t i = 0; i < test_.ipc.size(); ++i) {
      int balance = 0;
      size_t calls = 0;
      for (const Process& process : test_.processes) {
        for (const Statement& one : process.body) {
          if (one.object != static_cast<int>(i)) continue;
          if (one.action == Action::kPost) ++balance, ++calls;
          if (one.action == Action::kWait) --balance, ++calls;
        }
      }
      if (balance == 0) continue;
      in_.FailAt(0, fmt::format("{} of {}: the next iteration would find it changed",
                                balance > 0 ? "more posts than waits" : "more waits than posts",
                                test_.ipc[i].name));
    }
  }

  static constexpr int kMaxDepth = 64;

  Lexer in_;
  Test test_;
  std::vector<InitialValue> initials_;
};

}  // namespace

Result<Test> ParseLitmus(std::string_view text, const std::string& path) {
  if (text.size() > kMaxBytes) return Error{path + ":1:1: a litmus test of more than 64 KiB"};
  return Parser(text, path).Parse();
}

}  // namespace ipcrig::litmus
