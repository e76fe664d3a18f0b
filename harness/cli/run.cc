// SPDX-License-Identifier: Apache-2.0
//
// ipcrig run FILE|DIR...
#include <fnmatch.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <random>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/progress.h"

namespace ipcrig {
namespace {

struct RunCommand {
  ExecOptions exec;
  std::vector<std::string> paths;
  int jobs = 1;
  int repeat = 1;
  uint64_t seed = 0;
  bool verbose = false;
  bool fail_fast = false;
  std::string filter;
  ReportOptions report;
};

bool Fits(const std::string& path, const std::string& filter) {
  if (filter.empty() || path.find(filter) != std::string::npos) return true;
  return fnmatch(filter.c_str(), path.c_str(), 0) == 0;
}

// Runs up to `jobs` scenarios at a time; results are in the order of the scenarios, without those
// that --fail-fast left out.
class Batch {
 public:
  Batch(const std::vector<LoadedScenario>& scenarios, const RunCommand& command)
      : scenarios_(scenarios),
        command_(command),
        style_(command.exec.ToStyle()),
        options_(command.exec.ToRunOptions()),
        results_(scenarios.size()) {}

  std::vector<ScenarioResult> Run() {
    size_t next = 0;
    while (WantsMore(next) || !active_.empty()) {
      while (WantsMore(next) && active_.size() < static_cast<size_t>(command_.jobs)) {
        Start(next++);
      }
      WaitForSome();
    }
    results_.resize(next);
    return std::move(results_);
  }

 private:
  struct Active {
    size_t index;
    ipcrig::Run run;
    ResultOfRuns result;
    double start;
    bool wanted = true;  // more of its runs
    bool Over() const { return !wanted || run.Finished(); }
  };

  bool WantsMore(size_t next) const {
    return next < scenarios_.size() && !(command_.fail_fast && failed_ > 0);
  }

  void Start(size_t index) {
    options_.processor = static_cast<int>(index) % std::max(command_.jobs, 1);
    const double start = MonotonicSeconds();
    auto run = ipcrig::Run::Start(scenarios_[index].scenario, options_);
    if (!run.ok()) return Finish(index, NotStarted(scenarios_[index], run.error()));
    active_.push_back(
        {index, std::move(*run), {scenarios_[index], command_.exec.ToRules()}, start});
  }

  void WaitForSome() {
    std::vector<pollfd> fds;
    int64_t wait_ms = 1000;
    for (const Active& active : active_) {
      fds.push_back({active.run.fd(), POLLIN, 0});
      wait_ms = std::min(wait_ms, active.run.TimeLeftMs());
    }
    if (fds.empty()) return;
    poll(fds.data(), fds.size(), static_cast<int>(wait_ms));
    for (Active& active : active_) {
      active.run.Advance();
      while (auto history = active.wanted ? active.run.Next() : std::nullopt) {
        active.wanted = active.result.Add(*history);
      }
      if (active.Over()) {
        Finish(active.index, active.result.Take(MonotonicSeconds() - active.start));
      }
    }
    std::erase_if(active_, [](const Active& active) { return active.Over(); });
  }

  void Finish(size_t index, ScenarioResult result) {
    ++done_;
    const Verdict verdict = result.judgement.verdict;
    const bool passed = verdict == Verdict::kPass;
    if (!passed && verdict != Verdict::kSkipped) ++failed_;
    progress_.Clear();
    if (!passed) {
      fmt::print("{}", TextReport(result, style_));
    } else if (command_.verbose) {
      fmt::print("{}  {}  {:.0f} ms\n", VerdictWord(Verdict::kPass, style_), result.path,
                 result.seconds * 1000);
      for (const auto& note : result.judgement.notes) fmt::print("      {}\n", note);
      for (const auto& name : result.judgement.deviations) {
        fmt::print("      known deviation {}\n", name);
      }
    }
    fflush(stdout);
    progress_.Show(
        fmt::format("[{}/{}] {} not passed  {}", done_, scenarios_.size(), failed_, result.path));
    results_[index] = std::move(result);
  }

  const std::vector<LoadedScenario>& scenarios_;
  const RunCommand& command_;
  TextStyle style_;
  RunOptions options_;
  Progress progress_;
  std::vector<ScenarioResult> results_;
  std::vector<Active> active_;
  size_t done_ = 0;
  size_t failed_ = 0;
};

// What is to be run: filtered, repeated, and with a seed in an order of its own.
ExitCode Choose(const RunCommand& command, std::vector<LoadedScenario>& chosen) {
  std::vector<LoadedScenario> loaded;
  const ExitCode code = LoadScenarios(command.paths, command.exec.programs, loaded);
  if (code != ExitCode::kPass) return code;
  std::erase_if(loaded, [&](const auto& one) { return !Fits(one.path, command.filter); });
  if (loaded.empty()) {
    fmt::print(stderr, "ipcrig: no scenario fits --filter {}\n", command.filter);
    return ExitCode::kUsage;
  }
  for (int i = 0; i < command.repeat; ++i) {
    chosen.insert(chosen.end(), loaded.begin(), loaded.end());
  }
  if (command.seed != 0) {
    std::mt19937_64 random(command.seed);
    std::shuffle(chosen.begin(), chosen.end(), random);
  }
  return ExitCode::kPass;
}

ExitCode Execute(const RunCommand& command) {
  if (!command.report.picture.CanWrite()) return ExitCode::kUsage;
  std::vector<LoadedScenario> scenarios;
  const ExitCode code = Choose(command, scenarios);
  if (code != ExitCode::kPass) return code;
  const double start = MonotonicSeconds();
  const std::vector<ScenarioResult> results = Batch(scenarios, command).Run();
  return command.report.Write(results, MonotonicSeconds() - start);
}

}  // namespace

void AddRunCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<RunCommand>();
  CLI::App* run = app.add_subcommand("run", "run scenarios and judge them");
  run->footer(
      "Examples:\n"
      "  ipcrig run scenarios                          everything below a directory\n"
      "  ipcrig run scenarios --filter 'msg/*' -v      only some, with a line for each\n"
      "  ipcrig run a.ipc --repeat 100 --jobs 2        again and again\n"
      "  ipcrig run scenarios --fail-fast              until the first that fails\n"
      "  ipcrig run scenarios --junit report.xml       for CI\n"
      "  ipcrig run scenarios --html runs.html         pictures of all, failures first\n");
  run->add_option("paths", command->paths, "scenario files, and directories to search for *.ipc")
      ->required();
  command->exec.Register(*run);
  run->add_option("-j,--jobs", command->jobs, "how many scenarios at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  run->add_option("--repeat", command->repeat, "run everything this often")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  run->add_option("--filter", command->filter, "only paths that contain this, or fit this pattern");
  run->add_option("--seed", command->seed, "run in the order that this number shuffles to")
      ->check(kWholeNumber);
  run->add_flag("--fail-fast", command->fail_fast, "start nothing more once one did not pass");
  command->report.Register(*run);
  run->add_flag("-v,--verbose", command->verbose, "a line for each scenario that passes, too");
  run->callback([command, &exit_code] { exit_code = Execute(*command); });
}

}  // namespace ipcrig
