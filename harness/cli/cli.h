// SPDX-License-Identifier: Apache-2.0
//
// The commands of ipcrig. Each registers itself with its options and help, and returns through
// `exit_code` what its callback found.
//
// What a command prints about findings goes to standard output, errors and progress go to standard
// error. Exit codes: base/exit_code.h.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/exit_code.h"
#include "exec/run.h"
#include "model/rules.h"
#include "report/report.h"

namespace ipcrig {

void AddRunCommand(CLI::App& app, ExitCode& exit_code);
void AddExploreCommand(CLI::App& app, ExitCode& exit_code);
void AddFuzzCommand(CLI::App& app, ExitCode& exit_code);
void AddConvertCommand(CLI::App& app, ExitCode& exit_code);
void AddShrinkCommand(CLI::App& app, ExitCode& exit_code);
void AddReplayCommand(CLI::App& app, ExitCode& exit_code);
void AddFormatCommand(CLI::App& app, ExitCode& exit_code);
void AddOpsCommand(CLI::App& app, ExitCode& exit_code);
void AddCatalogueCommand(CLI::App& app, ExitCode& exit_code);
void AddDoctorCommand(CLI::App& app, ExitCode& exit_code);
// What these print they ask of `app`, which has to stay.
void AddManualCommand(CLI::App& app, ExitCode& exit_code);
void AddCompletionCommand(CLI::App& app);

// Options that every command which runs scenarios has.
struct ExecOptions {
  double timeout_s = 10;
  std::string programs;
  std::string color = "auto";
  bool shared_namespace = false;
  bool all_views = false;
  bool strict = false;
  std::string profile = "linux";

  Rules ToRules() const;
  void Register(CLI::App& command);
  RunOptions ToRunOptions() const;
  TextStyle ToStyle() const;
};

// A file that was read as a scenario.
struct LoadedScenario {
  std::string path;
  std::string text;
  Scenario scenario;
};

// The scenarios of files and, recursively, of directories (*.ipc), in the order of their names.
// Prints an error for each that cannot be had and returns the exit code that follows.
ExitCode LoadScenarios(const std::vector<std::string>& paths, const std::string& programs,
                       std::vector<LoadedScenario>& loaded);

// The same for a command that takes one scenario: exactly one.
ExitCode LoadScenario(const std::string& path, const std::string& command,
                      const std::string& programs, LoadedScenario& loaded);

// Runs one scenario and judges it.
ScenarioResult RunAndJudge(const LoadedScenario& loaded, const RunOptions& options,
                           const Rules& rules);
// The result of a run that could not begin.
ScenarioResult NotStarted(const LoadedScenario& loaded, const Error& error);
// The result of a run that has ended.
ScenarioResult ToResult(const LoadedScenario& loaded, const Result<History>& history,
                        double seconds, const Rules& rules);

// The exit code of several results: broken, timed out, fail, unknown, cannot run, pass.
ExitCode ExitCodeOf(const std::vector<ScenarioResult>& results);

// Writes a report into a file, or to standard output for "-". False, with an error printed.
bool WriteReport(const std::string& path, const std::string& text);

}  // namespace ipcrig
