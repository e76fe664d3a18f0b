// SPDX-License-Identifier: Apache-2.0
//
// The fields of a line of a call log (ops/call_log.h), one by one.
//
//   BytesOf(json["result"]["text"])                 the bytes of "hello", or of {"hex": "00ff"}
//   ArgumentText(json["args"][1])                   "[{0, -1, SEM_UNDO}]"
//   ReadLoggedResult(op, json, outcome)             "" or what is wrong with json["result"]
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "ops/outcome.h"

namespace ipcrig {

using LogJson = nlohmann::json;

// Whether a log may have it.
bool CanBeLogged(const Op& op);
// Whether it has an operation with SEM_UNDO.
bool Undoes(const Op& op);

// A message.
std::optional<std::string> BytesOf(const LogJson& text);
// Any other argument as a scenario has it. A list within a list is a struct.
std::string ArgumentText(const LogJson& argument, int depth = 0);
std::string ReadLoggedResult(const Op& op, const LogJson& line, Outcome& outcome);

}  // namespace ipcrig
