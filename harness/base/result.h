// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value, or an Error that says in one sentence what went wrong. No exceptions.
//
//   Result<Scenario> scenario = ParseScenario(text, path);
//   if (!scenario.ok()) return scenario.error();
//   Use(*scenario);
//
// Reading the value of a failed Result is a broken requirement and ends the process.
#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "base/require.h"

namespace ipcrig {

// What went wrong, as a sentence without a full stop; `errno_value` is 0 where no call failed.
struct Error {
  std::string what;
  int errno_value = 0;

  // "cannot open x: No such file or directory"
  std::string Text() const { return errno_value == 0 ? what : what + ": " + strerror(errno_value); }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : held_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return held_.index() == 0; }
  const Error& error() const {
    IPC_REQUIRE(!ok(), "error() of a Result that holds a value");
    return std::get<1>(held_);
  }
  T& operator*() {
    IPC_REQUIRE(ok(), "value of a Result that holds an error");
    return std::get<0>(held_);
  }
  const T& operator*() const { return const_cast<Result&>(*this).operator*(); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

 private:
  std::variant<T, Error> held_;
};

}  // namespace ipcrig
