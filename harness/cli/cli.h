// SPDX-License-Identifier: Apache-2.0
//
// The commands of ipcrig. Each registers itself with its options and help, and returns through
// `exit_code` what its callback found.
//
// What a command prints about findings goes to standard output, errors and progress go to standard
// error. Exit codes: base/exit_code.h.
#pragma once

#include <set>
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
void AddCheckHistoryCommand(CLI::App& app, ExitCode& exit_code);
void AddReplayCommand(CLI::App& app, ExitCode& exit_code);
void AddFormatCommand(CLI::App& app, ExitCode& exit_code);
void AddOpsCommand(CLI::App& app, ExitCode& exit_code);
void AddCatalogueCommand(CLI::App& app, ExitCode& exit_code);
void AddLitmusCommand(CLI::App& app, ExitCode& exit_code);
void AddDoctorCommand(CLI::App& app, ExitCode& exit_code);
// What these print they ask of `app`, which has to stay.
void AddManualCommand(CLI::App& app, ExitCode& exit_code);
void AddCompletionCommand(CLI::App& app);

// For numbers that cannot be negative: decimal, or hexadecimal with 0x, of at most 64 bits.
extern const CLI::Validator kWholeNumber;

// Options that every command which judges has.
struct JudgeOptions {
  std::string color = "auto";
  bool strict = false;
  std::string profile = "linux";

  void Register(CLI::App& command);
  Rules ToRules() const;
  TextStyle ToStyle() const;
};

// And every command which runs scenarios.
struct ExecOptions : JudgeOptions {
  double timeout_s = 10;
  std::string programs;
  bool shared_namespace = false;
  bool all_views = false;

  void Register(CLI::App& command);
  RunOptions ToRunOptions() const;
};

// --html and --trace of the commands that run scenarios.
//
//   if (!command.picture.CanWrite()) return ExitCode::kUsage;
//   ...
//   return command.picture.Write(results) ? code : ExitCode::kBroken;
struct PictureOptions {
  std::string html;
  std::string trace;

  void Register(CLI::App& command);
  // Whether the files can be made, as far as that is known beforehand. Prints why not.
  bool CanWrite() const;
  bool Write(const std::vector<ScenarioResult>& results) const;
};

// Reports of several results: a summary, and files where they are asked for.
struct ReportOptions {
  std::string junit;
  std::string ktap;
  std::string json;
  PictureOptions picture;

  void Register(CLI::App& command);
  // The exit code that follows from the results.
  ExitCode Write(const std::vector<ScenarioResult>& results, double seconds) const;
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

// Whether files can be made in a directory, which need not exist yet. Prints why not, and by which
// options another one is named.
bool CanWriteIn(const std::string& directory, const std::string& options);

// The name of the file that a finding is kept in, without its end: "conformance: msgrcv: EIDRM"
// becomes conformance-msgrcv-EIDRM.
std::string FileNameOf(const std::string& signature);

// Runs one scenario and judges it.
ScenarioResult RunAndJudge(const LoadedScenario& loaded, const RunOptions& options,
                           const Rules& rules);
// The result of a run that could not begin.
ScenarioResult NotStarted(const LoadedScenario& loaded, const Error& error);

// The result of a scenario whose races make it be run several times: that of the first run that
// fails, is broken or is skipped, with the seeds that this run had; else of the first that is
// unknown; else of the last.
//
//   while (auto history = run.Next()) if (!result.Add(*history)) break;
class ResultOfRuns {
 public:
  ResultOfRuns(const LoadedScenario& loaded, const Rules& rules);

  // Judges one more run. False where no more of them are wanted.
  bool Add(const Result<History>& history);
  ScenarioResult Take(double seconds);

 private:
  const LoadedScenario* loaded_;
  Rules rules_;
  ScenarioResult result_;
  std::set<std::string> deviations_;  // of any run
  uint32_t number_ = 0;
};

// The exit code of several results: broken, timed out, fail, unknown, cannot run, pass.
ExitCode ExitCodeOf(const std::vector<ScenarioResult>& results);

// Writes a report into a file, or to standard output for "-". False, with an error printed; the
// file is then what it was before.
bool WriteReport(const std::string& path, const std::string& text);

}  // namespace ipcrig
