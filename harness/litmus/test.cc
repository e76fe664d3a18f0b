// SPDX-License-Identifier: Apache-2.0
#include "litmus/test.h"

#include <fmt/format.h>

namespace ipcrig::litmus {

bool Holds(const Test& test, const State& state) {
  std::vector<bool> stack;
  const auto pop = [&] {
    const bool top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Term& term : test.proposition) {
    switch (term.kind) {
      case Term::Kind::kTrue:
        stack.push_back(true);
        break;
      case Term::Kind::kEqual:
        stack.push_back(state[term.observed] == term.value);
        break;
      case Term::Kind::kNot:
        stack.back() = !stack.back();
        break;
      case Term::Kind::kAnd: {
        const bool right = pop();
        stack.back() = stack.back() && right;
        break;
      }
      case Term::Kind::kOr: {
        const bool right = pop();
        stack.back() = stack.back() || right;
        break;
      }
    }
  }
  return !stack.empty() && stack.back();
}

std::string PrintState(const Test& test, const State& state) {
  std::string text;
  for (size_t i = 0; i < test.observed.size(); ++i) {
    const Observable& seen = test.observed[i];
    const auto index = static_cast<size_t>(seen.index);
    if (!text.empty()) text += ' ';
    text += seen.process < 0
                ? fmt::format("[{}]={};", test.locations[index].name, state[i])
                : fmt::format("{}:{}={};", seen.process,
                              test.processes[static_cast<size_t>(seen.process)].registers[index],
                              state[i]);
  }
  return text;
}

}  // namespace ipcrig::litmus
