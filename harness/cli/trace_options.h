// SPDX-License-Identifier: Apache-2.0
//
// What the commands that run other people's programs have in common: check and sweep.
//
//   TakeProgram(*command, words);                 // [options] [--] PROGRAM ARGS...
//   ParseLimits({"shmmni=4"}, options.limits);    // an error text or none
//
// Their exit status may be the program's own, which is no ExitCode: it goes through an int.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace ipcrig {

void AddCheckCommand(CLI::App& app, int& status);
void AddSweepCommand(CLI::App& app, int& status);

// Whatever follows the options, and is not parsed.
void TakeProgram(CLI::App& command, std::vector<std::string>& program);

std::string ParseLimits(const std::vector<std::string>& words,
                        std::vector<std::pair<std::string, int64_t>>& limits);

// auto, always, never; what the environment says; whether the descriptor is a terminal.
bool WantsColorOn(const std::string& when, int descriptor);

}  // namespace ipcrig
