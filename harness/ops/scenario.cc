// SPDX-License-Identifier: Apache-2.0
#include "ops/scenario.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr size_t kWidestAlignedCall = 48;

// Of ASCII; the bytes of other letters are none, whether or not `char` has a sign.
bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

std::string_view WithoutBlanks(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

// Cuts "  # comment" off the end of a line; quotes hide a '#'.
std::string CutComment(std::string_view& line) {
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '#') {
      std::string comment(WithoutBlanks(line.substr(i)));
      line = line.substr(0, i);
      return comment;
    }
  }
  return "";
}

class Parser {
 public:
  explicit Parser(std::string_view path) { error_.path = path; }

  std::variant<Scenario, ParseError> Parse(std::string_view text) {
    if (text.size() > kMaxScenarioBytes) return Fail({}, 1, "scenario longer than 1 MiB");
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      if (const auto error = ParseLine(text.substr(0, end))) return *error;
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (scenario_.steps.empty()) return Fail({}, 1, "no step: a scenario has at least one call");
    if (race_line_ > 0) {
      line_ = race_line_;
      return Fail("race", 1, "a race without its end: add a line }");
    }
    scenario_.below = std::move(above_);
    return std::move(scenario_);
  }

 private:
  ParseError Fail(std::string_view line, int column, std::string message) {
    error_.line = std::max(line_, 1);
    error_.column = column;
    error_.message = std::move(message);
    error_.source = line.substr(0, 120);
    for (char& c : error_.source) {
      if (IsControl(c)) c = c == '\t' ? ' ' : '?';
    }
    return error_;
  }

  std::optional<ParseError> ParseLine(std::string_view whole) {
    if (whole.size() > kMaxLineBytes) {
      return Fail(whole, static_cast<int>(kMaxLineBytes), "line longer than 4096 bytes");
    }
    const auto control =
        std::find_if(whole.begin(), whole.end(), [](char c) { return IsControl(c) && c != '\t'; });
    if (control != whole.end()) {
      return Fail(whole, static_cast<int>(control - whole.begin()) + 1,
                  fmt::format("control character {:#04x}", static_cast<unsigned char>(*control)));
    }
    std::string_view code = whole;
    const std::string comment = CutComment(code);
    if (WithoutBlanks(code).empty()) {
      above_.push_back(comment);
      return std::nullopt;
    }
    if (scenario_.steps.size() == kMaxSteps) return Fail(whole, 1, "more than 2000 steps");
    Reader in(code, scenario_.names);
    Step step = ReadStep(in);
    if (in.ok() && !in.AtEnd()) in.FailHere("expected the end of the line");
    if (!in.ok()) return Fail(whole, in.error().column, in.error().message);
    step.comment = comment;
    step.above = std::move(above_);
    above_.clear();
    scenario_.steps.push_back(std::move(step));
    return std::nullopt;
  }

  // The lines that no process has. Whether it was one.
  bool ReadMark(Reader& in, Step& step) {
    if (in.EatWord("ipcs")) {
      step.kind = Step::Kind::kIpcs;
      if (race_line_ > 0) in.Fail("ipcs within a race; move it behind the }");
    } else if (in.EatWord("race")) {
      step.kind = Step::Kind::kRace;
      if (std::exchange(race_line_, line_) > 0) in.Fail("a race within a race");
      owners_.clear();
      step.schedule = ReadSchedule(in);
      in.Expect('{');
    } else if (in.Eat('}')) {
      step.kind = Step::Kind::kEndRace;
      if (std::exchange(race_line_, 0) == 0) in.Fail("no race above that could end");
    } else {
      return false;
    }
    return true;
  }

  Step ReadStep(Reader& in) {
    Step step;
    if (ReadMark(in, step)) return step;
    step.process = ReadProcess(in);
    const auto index = static_cast<size_t>(step.process);
    if (in.EatWord("returns")) {
      step.kind = Step::Kind::kReturns;
      if (index >= last_call_.size() || !last_call_[index]) {
        in.Fail("no call above that could return");
        return step;
      }
      if (race_line_ > 0) in.Fail("returns within a race; move it behind the }");
      step.op = *last_call_[index];
    } else {
      const size_t start = in.offset();
      step.op = ReadOp(in);
      if (in.ok() && race_line_ > 0) CheckRacing(in, start, step);
      last_call_.resize(std::max(last_call_.size(), index + 1));
      last_call_[index] = step.op;
    }
    if (in.EatArrow()) step.expect = ReadExpectation(in, step.op);
    return step;
  }

  // Whether the call can stand in a race. What another process would find in a variable that is
  // assigned there, nobody could tell.
  void CheckRacing(Reader& in, size_t start, const Step& step) {
    if (!CanRace(step.op)) {
      in.FailAt(start, fmt::format("{} cannot race; move it out of the block", OpName(step.op)));
    }
    const auto note = [&](int slot, bool assigns) {
      const auto [owner, first] = owners_.try_emplace(slot, Owner{step.process, assigns});
      if (first) return;
      if (owner->second.process != step.process && (assigns || owner->second.assigns)) {
        in.FailAt(start, fmt::format("{} is assigned in this race and used by two processes",
                                     in.names().variables[static_cast<size_t>(slot)].name));
      }
      owner->second.assigns = owner->second.assigns || assigns;
    };
    for (const int slot : OpUses(step.op)) note(slot, false);
    if (const int slot = OpAssigns(step.op); slot >= 0) note(slot, true);
  }

  // The process of a line: a known one, or one that begins here.
  int8_t ReadProcess(Reader& in) {
    const std::string word = in.Word();
    const std::string problem = NameProblem(word, "a process");
    if (!problem.empty()) in.Fail(problem);
    auto& processes = scenario_.names.processes;
    int index = scenario_.names.FindProcess(word);
    if (index < 0 && in.ok()) {
      if (processes.size() == kMaxProcesses) {
        in.Fail(fmt::format("more than {} processes", kMaxProcesses));
        return 0;
      }
      if (in.Peek() == '(' || in.Peek() == '=') in.Fail("expected a process before the call");
      index = static_cast<int>(processes.size());
      processes.push_back(word);
    }
    return static_cast<int8_t>(std::max(index, 0));
  }

  ParseError error_;
  int line_ = 0;
  Scenario scenario_;
  std::vector<std::string> above_;
  std::vector<std::optional<Op>> last_call_;  // by process
  int race_line_ = 0;                         // of the race that is open; 0: none
  struct Owner {
    int8_t process;
    bool assigns;
  };
  std::map<int, Owner> owners_;  // in a race, by variable: who uses it
};

std::string CallText(const Scenario& scenario, const Step& step) {
  Writer out{scenario.names, ""};
  switch (step.kind) {
    case Step::Kind::kCall:
      PrintOp(out, step.op);
      break;
    case Step::Kind::kReturns:
      return "returns";
    case Step::Kind::kIpcs:
      return "ipcs";
    case Step::Kind::kRace:
      out << "race";
      PrintSchedule(out, step.schedule);
      out << " {";
      break;
    case Step::Kind::kEndRace:
      return "}";
  }
  return out.out;
}

std::string ArrowText(const Scenario& scenario, const Step& step) {
  if (step.expect.kind == Expectation::Kind::kNone) return "";
  Writer out{scenario.names, "-> "};
  PrintExpectation(out, step.op, step.expect);
  return out.out;
}

size_t ProcessWidth(const Scenario& scenario) {
  size_t widest = 0;
  for (const auto& name : scenario.names.processes) widest = std::max(widest, name.size());
  return widest;
}

// The column that the arrows of one block of lines share: after its longest call with an arrow.
size_t ArrowColumn(const Scenario& scenario, size_t first) {
  size_t widest = 0;
  for (size_t i = first; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    if (i > first && !step.above.empty()) break;
    if (step.expect.kind == Expectation::Kind::kNone) continue;
    const size_t width = CallText(scenario, step).size();
    if (width <= kWidestAlignedCall) widest = std::max(widest, width);
  }
  return widest;
}

}  // namespace

int Scenario::LineOf(size_t step) const {
  if (step < steps.size() && steps[step].line > 0) return steps[step].line;
  size_t line = 0;
  for (size_t i = 0; i <= step && i < steps.size(); ++i) line += steps[i].above.size() + 1;
  return static_cast<int>(line);
}

size_t Scenario::EndOfRace(size_t race) const {
  while (steps[race].kind != Step::Kind::kEndRace) ++race;
  return race;
}

std::string ParseError::Text() const {
  return fmt::format("{}:{}:{}: {}\n  {}\n  {:>{}}", path, line, column, message, source, "^",
                     std::clamp(column, 1, 121));
}

std::variant<Scenario, ParseError> ParseScenario(std::string_view text, std::string_view path) {
  return Parser(path).Parse(text);
}

std::string PrintScenario(const Scenario& scenario) {
  std::string text;
  const size_t name_width = ProcessWidth(scenario);
  size_t arrow_column = 0;
  bool racing = false;
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    const Step& step = scenario.steps[i];
    for (const auto& line : step.above) {
      text += (racing && !line.empty() ? "  " : "") + line + "\n";
    }
    if (i == 0 || !step.above.empty()) arrow_column = ArrowColumn(scenario, i);
    std::string line = CallText(scenario, step);
    if (const std::string arrow = ArrowText(scenario, step); !arrow.empty()) {
      line = fmt::format("{:<{}}  {}", line, arrow_column, arrow);
    }
    if (step.IsLineOfProcess()) {
      const auto& name = scenario.names.processes[static_cast<size_t>(step.process)];
      line = fmt::format("{}{:<{}}  {}", racing ? "  " : "", name, name_width, line);
    }
    if (step.kind == Step::Kind::kRace) racing = true;
    if (step.kind == Step::Kind::kEndRace) racing = false;
    text += line + (step.comment.empty() ? "" : "  " + step.comment) + "\n";
  }
  for (const auto& line : scenario.below) text += line + "\n";
  return text;
}

std::vector<bool> MadeByLines(const Scenario& scenario) {
  std::vector<bool> made(scenario.names.processes.size());
  for (const Step& step : scenario.steps) {
    if (const int child = ChildOf(step.op); child >= 0) made[static_cast<size_t>(child)] = true;
  }
  return made;
}

std::string StepText(const Scenario& scenario, size_t index) {
  const Step& step = scenario.steps[index];
  if (!step.IsLineOfProcess()) return CallText(scenario, step);
  const std::string arrow = ArrowText(scenario, step);
  return fmt::format("{}  {}{}{}", scenario.names.processes[static_cast<size_t>(step.process)],
                     CallText(scenario, step), arrow.empty() ? "" : "  ", arrow);
}

}  // namespace ipcrig
