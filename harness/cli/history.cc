// SPDX-License-Identifier: Apache-2.0
//
// ipcrig check-history FILE...: judges what was recorded, without a kernel.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "check/judge.h"
#include "cli/cli.h"
#include "ops/call_log.h"

namespace ipcrig {
namespace {

struct HistoryCommand {
  JudgeOptions judge;
  std::vector<std::string> paths;
  double time_s = 10;
  bool verbose = false;
  ReportOptions report;
};

// Reads and judges one file.
Result<ScenarioResult> JudgeFile(const std::string& path, const HistoryCommand& command) {
  const double start = MonotonicSeconds();
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Error{path + ": this is a directory; name the files in it"};
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return Error{path + ": cannot read this file"};
  const bool log = IsCallLog(text);
  auto run = log ? ReadCallLog(text, path) : ParseSavedRun(text, path);
  if (!run.ok()) return run.error();
  ScenarioResult result{path, std::move(run->scenario), std::move(run->history)};
  LinearizeOptions racing{.nodes = INT64_MAX, .seconds = command.time_s};
  if (log) racing.states = 1;  // nothing follows its race
  result.judgement = Judge(result.scenario, result.history, command.judge.ToRules(), {}, racing);
  result.rules = command.judge.ToRules();
  result.seconds = MonotonicSeconds() - start;
  result.again = "check-history";
  return result;
}

ExitCode CheckHistories(const HistoryCommand& command) {
  if (!command.report.picture.CanWrite()) return ExitCode::kUsage;
  const TextStyle style = command.judge.ToStyle();
  const double start = MonotonicSeconds();
  std::vector<ScenarioResult> results;
  ExitCode code = ExitCode::kPass;
  for (const std::string& path : command.paths) {
    auto judged = JudgeFile(path, command);
    if (!judged.ok()) {
      fmt::print(stderr, "ipcrig: {}\n", judged.error().Text());
      code = ExitCode::kBadInput;
      continue;
    }
    const ScenarioResult& result = results.emplace_back(std::move(*judged));
    if (result.judgement.verdict != Verdict::kPass) {
      fmt::print("{}", TextReport(result, style));
    } else if (command.verbose) {
      fmt::print("{}  {}  {:.0f} ms\n", VerdictWord(Verdict::kPass, style), path,
                 result.seconds * 1000);
    }
  }
  if (code != ExitCode::kPass) return code;
  return command.report.Write(results, MonotonicSeconds() - start);
}

}  // namespace

void AddCheckHistoryCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<HistoryCommand>();
  CLI::App* history =
      app.add_subcommand("check-history", "judge what was recorded, without a kernel");
  history->footer(
      "Examples:\n"
      "  ipcrig replay found.ipc --history found.run   record a run\n"
      "  ipcrig check-history found.run                and judge it again, on any machine\n"
      "  ipcrig check-history found.run --html found.html   the picture of it\n"
      "  ipcrig check-history calls.jsonl              calls that another program recorded\n"
      "\n"
      "The form of calls.jsonl is in harness/ops/call_log.h.\n");
  history->add_option("files", command->paths, "saved runs, and logs of calls as JSON lines")
      ->required();
  command->judge.Register(*history);
  history->add_option("--time", command->time_s, "seconds for the orders of one race")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command->report.Register(*history);
  history->add_flag("-v,--verbose", command->verbose, "a line for each that passes");
  history->callback([command, &exit_code] { exit_code = CheckHistories(*command); });
}

}  // namespace ipcrig
