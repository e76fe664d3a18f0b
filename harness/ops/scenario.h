// SPDX-License-Identifier: Apache-2.0
//
// Scenario: processes and what they do, one call a line. The order of the lines is the schedule.
//
//   # A message that is sent is received.
//   A  q = msgget(IPC_PRIVATE, 0600)
//   B  msgrcv(q, 100, 0, 0)           -> blocks
//   A  msgsnd(q, 1, "hello", 0)
//   B  returns                        -> {1, "hello"}
//   ipcs
//   race {                                             # these are made at the same time
//     A  msgsnd(q, 1, "one", 0)
//     B  msgctl(q, IPC_RMID)
//   }
//
// The grammar is scenarios/README.md. Reading and printing are inverse: ParseScenario(Print(s)) is
// s, comments included, and Print() is the normal form of the text.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ops/expectation.h"
#include "ops/schedule.h"

namespace ipcrig {

inline constexpr size_t kMaxScenarioBytes = 1 << 20;
inline constexpr size_t kMaxLineBytes = 4096;
inline constexpr size_t kMaxSteps = 2000;

struct Step {
  enum class Kind : uint8_t {
    kCall,     // `A  op(...)`: the process calls
    kReturns,  // `A  returns`: the call that blocked has returned by now
    kIpcs,     // `ipcs`: what exists is what the model says
    kRace,     // `race {`: the calls from here to `}` are made at the same time, by each process
               // in the order of its lines
    kEndRace,  // `}`: and everybody has come to rest
  };

  Kind kind = Kind::kCall;
  int8_t process = 0;  // of kCall and kReturns
  Op op = Exit{};      // of kCall; of kReturns the call that returns
  Expectation expect = {};
  Schedule schedule = {};               // of kRace
  int line = 0;                         // of the text that it was made from; 0: of its own
  std::string comment = {};             // after the step, with its '#'
  std::vector<std::string> above = {};  // comments and blank lines before the step

  bool operator==(const Step&) const = default;
  // Whether `process` and `op` mean something.
  bool IsLineOfProcess() const { return kind == Kind::kCall || kind == Kind::kReturns; }
};

struct Scenario {
  Names names;
  std::vector<Step> steps;
  std::vector<std::string> below;  // comments and blank lines after the last step

  bool operator==(const Scenario&) const = default;

  // The line of the step, from 1: in the printed text, or where the step says so.
  int LineOf(size_t step) const;
  // Of the step `race {`: that of its `}`.
  size_t EndOfRace(size_t race) const;
};

// Where and why a text is not a scenario. Text() has the line itself and a caret:
//
//   a.ipc:3:4: unknown operation msgrecv; `ipcrig ops` lists them
//     B  msgrecv(q, 100, 0, 0)
//        ^
struct ParseError {
  std::string path;
  int line = 0;
  int column = 0;
  std::string message;
  std::string source;

  std::string Text() const;
};

// `path` is used in errors only.
std::variant<Scenario, ParseError> ParseScenario(std::string_view text, std::string_view path);

// By process: whether a line makes it. Who begins without one is started by the engine.
std::vector<bool> MadeByLines(const Scenario& scenario);

std::string PrintScenario(const Scenario& scenario);
// One step as it is printed, without the lines above, padding and comment: "B  returns -> EIDRM".
std::string StepText(const Scenario& scenario, size_t index);

}  // namespace ipcrig
