// SPDX-License-Identifier: Apache-2.0
//
// ReadShipped: a litmus test that comes with ipcrig, by its name.
//
//   const litmus::Test test = ReadShipped("MP+semop");
//
// A test that is not there, or cannot be read, is a failure of the caller.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "litmus/shipped.h"
#include "litmus/test.h"

namespace ipcrig {

inline litmus::Test ReadShipped(std::string_view name) {
  const litmus::ShippedTest* shipped = litmus::FindShipped(name);
  if (shipped == nullptr) {
    ADD_FAILURE() << "no test " << name;
    return {};
  }
  auto parsed = litmus::ParseLitmus(shipped->text, std::string(name));
  if (!parsed.ok()) ADD_FAILURE() << parsed.error().Text();
  return *parsed;
}

}  // namespace ipcrig
