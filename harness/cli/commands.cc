// SPDX-License-Identifier: Apache-2.0
//
// The small commands: replay, format, ops, doctor.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/cli.h"
#include "exec/probe.h"
#include "ops/saved_run.h"
#include "trace/abilities.h"

namespace ipcrig {
namespace {

struct ReplayCommand {
  ExecOptions exec;
  std::string path;
  std::string history;
  int repeat = 1;
  PictureOptions picture;
};

ExitCode Replay(const ReplayCommand& command) {
  if (!command.picture.CanWrite()) return ExitCode::kUsage;
  LoadedScenario loaded;
  const ExitCode code = LoadScenario(command.path, "replay", command.exec.programs, loaded);
  if (code != ExitCode::kPass) return code;
  TextStyle style = command.exec.ToStyle();
  style.most_rows = SIZE_MAX;
  std::vector<ScenarioResult> results;
  results.reserve(static_cast<size_t>(command.repeat));
  const RunOptions options = command.exec.ToRunOptions();
  for (int i = 0; i < command.repeat; ++i) {
    results.push_back(RunAndJudge(loaded, options, command.exec.ToRules()));
  }
  const auto different = std::find_if(results.begin(), results.end(), [](const auto& result) {
    return result.judgement.verdict != Verdict::kPass;
  });
  const ScenarioResult& shown = different == results.end() ? results.front() : *different;
  if (shown.judgement.findings.empty() && !shown.history.events.empty()) {
    fmt::print("{}\n", TextPicture(shown, style));
  }
  fmt::print("{}", TextReport(shown, style));
  if (!command.history.empty() &&
      !WriteReport(command.history, PrintSavedRun({shown.scenario, shown.history}))) {
    return ExitCode::kBroken;
  }
  if (command.repeat > 1) {
    const auto count = std::count_if(results.begin(), results.end(), [](const auto& result) {
      return result.judgement.verdict != Verdict::kPass;
    });
    fmt::print("{} of {} runs did not pass\n", count, command.repeat);
  }
  return command.picture.Write({shown}) ? ExitCodeOf(results) : ExitCode::kBroken;
}

struct FormatCommand {
  std::vector<std::string> paths;
  bool check = false;
};

ExitCode Format(const FormatCommand& command) {
  std::vector<LoadedScenario> loaded;
  const ExitCode code = LoadScenarios(command.paths, DefaultPrograms(), loaded);
  if (code != ExitCode::kPass) return code;
  bool right = true;
  for (const LoadedScenario& one : loaded) {
    const std::string text = PrintScenario(one.scenario);
    if (text == one.text) continue;
    if (command.check) {
      fmt::print("{} is not in its normal form; `ipcrig format {}` changes it\n", one.path,
                 one.path);
      right = false;
    } else if (!WriteReport(one.path, text)) {
      return ExitCode::kBroken;
    }
  }
  return right ? ExitCode::kPass : ExitCode::kFail;
}

void PrintOps() {
  fmt::print("{:<46}  {:<11}  {}\n", "operation", "manual", "answers");
  static constexpr const char* kReplies[] = {
      "number",         "text", "{type, text}", "[numbers]", "{name=number, ...}", "status",
      "status, output", "-"};
  for (const Op& op : AllOps()) {
    fmt::print("{:<46}  {:<11}  {}\n", OpSignature(op), OpManual(op),
               kReplies[static_cast<size_t>(OpReply(op))]);
  }
}

ExitCode Doctor() {
  ExitCode code = ExitCode::kPass;
  std::vector<Capability> all = Probe();
  for (Capability& found : ProbeTracing()) all.push_back(std::move(found));
  for (const Capability& found : all) {
    fmt::print("{:<3}  {:<22}  {}\n", found.present ? "yes" : "no", found.name, found.detail);
    if (found.present) continue;
    fmt::print("     {:<22}  without it: {}\n", "", found.consequence);
    if (found.needed) code = ExitCode::kCannotRun;
  }
  return code;
}

}  // namespace

void AddReplayCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<ReplayCommand>();
  CLI::App* replay = app.add_subcommand("replay", "run one scenario and draw what happened");
  replay->footer(
      "Examples:\n"
      "  ipcrig replay scenarios/shm/hello_parent.ipc\n"
      "  ipcrig replay found.ipc --repeat 20\n"
      "  ipcrig replay found.ipc --html found.html    to step through in a browser\n");
  replay->add_option("file", command->path, "the scenario")->required();
  command->exec.Register(*replay);
  command->picture.Register(*replay);
  replay->add_option("--repeat", command->repeat, "run it this often; a run that fails is shown")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  replay->add_option("--history", command->history,
                     "write the run that is shown into this file, for check-history");
  replay->callback([command, &exit_code] { exit_code = Replay(*command); });
}

void AddFormatCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<FormatCommand>();
  CLI::App* format = app.add_subcommand("format", "write scenarios in their normal form");
  format->add_option("paths", command->paths, "scenario files and directories")->required();
  format->add_flag("--check", command->check, "change nothing; fail where a file would change");
  format->callback([command, &exit_code] { exit_code = Format(*command); });
}

void AddOpsCommand(CLI::App& app, ExitCode&) {
  CLI::App* ops = app.add_subcommand("ops", "list the operations that a scenario can call");
  ops->callback([] { PrintOps(); });
}

void AddDoctorCommand(CLI::App& app, ExitCode& exit_code) {
  CLI::App* doctor = app.add_subcommand("doctor", "tell what this machine permits");
  doctor->callback([&exit_code] { exit_code = Doctor(); });
}

}  // namespace ipcrig
