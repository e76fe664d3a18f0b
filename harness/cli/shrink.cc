// SPDX-License-Identifier: Apache-2.0
//
// ipcrig shrink FILE
#include "gen/shrink.h"

#include <memory>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/progress.h"

namespace ipcrig {
namespace {

struct ShrinkCommand {
  ExecOptions exec;
  std::string path;
  std::string out = "-";
  int attempts = 5;
};

ExitCode RunShrink(const ShrinkCommand& command) {
  LoadedScenario loaded;
  const ExitCode code = LoadScenario(command.path, "shrink", command.exec.programs, loaded);
  if (code != ExitCode::kPass) return code;
  const RunOptions options = command.exec.ToRunOptions();
  const auto signature_of = [&](const Scenario& scenario) -> std::string {
    const ScenarioResult result =
        RunAndJudge({command.path, "", scenario}, options, command.exec.ToRules());
    const auto& findings = result.judgement.findings;
    return findings.empty() ? "" : findings.front().signature;
  };
  std::string signature;
  for (int i = 0; i < command.attempts && signature.empty(); ++i) {
    signature = signature_of(loaded.scenario);
  }
  if (signature.empty()) {
    fmt::print(stderr, "ipcrig: {} does not fail in {} runs; --attempts tries more\n", command.path,
               command.attempts);
    return ExitCode::kPass;
  }
  Progress progress;
  int tried = 0;
  const auto fails = [&](const Scenario& candidate) {
    progress.Show(fmt::format("{} tried, {} lines", ++tried, candidate.steps.size()));
    return signature_of(candidate) == signature;
  };
  const Shrunk shrunk = Shrink(loaded.scenario, fails);
  progress.Clear();
  fmt::print(stderr, "{}: {} lines of {}, after {} candidates\n", signature,
             shrunk.scenario.steps.size(), loaded.scenario.steps.size(), shrunk.tried);
  return WriteReport(command.out, PrintScenario(shrunk.scenario)) ? ExitCode::kFail
                                                                  : ExitCode::kBroken;
}

}  // namespace

void AddShrinkCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<ShrinkCommand>();
  CLI::App* shrink = app.add_subcommand("shrink", "make a scenario that fails smaller");
  shrink->footer(
      "Examples:\n"
      "  ipcrig shrink big.ipc -o small.ipc      fewer lines, the same finding\n"
      "\n"
      "Exit code 1 where it fails, as it should; 0 where it does not.\n");
  shrink->add_option("path", command->path, "a scenario file")->required();
  shrink
      ->add_option("-o,--out", command->out,
                   "write the scenario into this file, - is standard output")
      ->capture_default_str();
  shrink->add_option("--attempts", command->attempts, "runs in which it has to fail once")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->exec.Register(*shrink);
  shrink->callback([command, &exit_code] { exit_code = RunShrink(*command); });
}

}  // namespace ipcrig
