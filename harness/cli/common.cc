// SPDX-License-Identifier: Apache-2.0
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "check/judge.h"
#include "cli/cli.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWidthInPipes = 100;

size_t TerminalWidth() {
  winsize size = {};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
    return kWidthInPipes;
  }
  return size.ws_col == 0 ? kWidthInPipes : std::max<size_t>(size.ws_col, 40);
}

bool IsSet(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr && *value != '\0';
}

bool WantsColor(const std::string& when) {
  if (when != "auto") return when == "always";
  const char* term = getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  return !IsSet("NO_COLOR") && !dumb && isatty(STDOUT_FILENO) != 0;
}

// The scenario files that a path stands for; an error text where there are none.
std::string FindFiles(const std::string& path, std::vector<std::string>& files) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error) return fmt::format("{}: {}", path, error.message());
  if (!fs::is_directory(status)) {
    files.push_back(path);
    return "";
  }
  std::vector<std::string> found;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".ipc") found.push_back(it->path().string());
  }
  if (error) return fmt::format("{}: {}", path, error.message());
  if (found.empty()) return fmt::format("{}: no scenario (*.ipc) in this directory", path);
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  return "";
}

// The first program that a scenario wants and the directory does not have, as an error text.
std::string MissingProgram(const LoadedScenario& loaded, const std::string& directory) {
  for (size_t i = 0; i < loaded.scenario.steps.size(); ++i) {
    const auto* exec = std::get_if<ExecProgram>(&loaded.scenario.steps[i].op);
    if (exec == nullptr) continue;
    const std::string program = fmt::format("{}/{}", directory, exec->program.view());
    if (access(program.c_str(), X_OK) == 0) continue;
    return fmt::format("{}:{}: no program \"{}\" in {}; name its directory with --programs",
                       loaded.path, loaded.scenario.LineOf(i), exec->program.view(), directory);
  }
  return "";
}

// Reads and parses one file; an error text or none.
std::string LoadOne(const std::string& path, const std::string& programs,
                    std::vector<LoadedScenario>& loaded) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char part[4096];
  while (text.size() <= kMaxScenarioBytes && file.read(part, sizeof(part)).gcount() > 0) {
    text.append(part, static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) return fmt::format("{}: cannot read this file", path);
  auto parsed = ParseScenario(text, path);
  if (const auto* error = std::get_if<ParseError>(&parsed)) return error->Text();
  loaded.push_back({path, text, std::move(std::get<Scenario>(parsed))});
  return MissingProgram(loaded.back(), programs);
}

}  // namespace

void ExecOptions::Register(CLI::App& command) {
  programs = DefaultPrograms();
  command.add_option("--timeout", timeout_s, "seconds for one scenario")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  command.add_option("--programs", programs, "directory of the programs that scenarios exec")
      ->check(CLI::ExistingDirectory);
  command.add_option("--color", color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.add_flag("--shared-namespace", shared_namespace,
                   "run in the caller's own IPC namespace; touches nothing it did not create");
  command.add_flag("--all-views", all_views,
                   "ask ipcs and lsipc for everything at each ipcs line, and not in turns");
  command.add_option("--profile", profile, "linux, or posix: only what POSIX promises")
      ->check(CLI::IsMember({"linux", "posix"}))
      ->capture_default_str();
  command.add_flag("--strict", strict, "known deviations of Linux (L1 to L9) are findings");
}

RunOptions ExecOptions::ToRunOptions() const {
  RunOptions options;
  options.timeout_ms = static_cast<int64_t>(timeout_s * 1000);
  options.shared_namespace = shared_namespace;
  options.all_views = all_views;
  options.programs = fs::absolute(programs).lexically_normal().string();
  return options;
}

Rules ExecOptions::ToRules() const {
  return {profile == "posix" ? Profile::kPosix : Profile::kLinux, strict};
}

TextStyle ExecOptions::ToStyle() const {
  return {.color = WantsColor(color), .width = TerminalWidth()};
}

ExitCode LoadScenarios(const std::vector<std::string>& paths, const std::string& programs,
                       std::vector<LoadedScenario>& loaded) {
  std::vector<std::string> files;
  ExitCode worst = ExitCode::kPass;
  for (const std::string& path : paths) {
    if (const std::string error = FindFiles(path, files); !error.empty()) {
      fmt::print(stderr, "ipcrig: {}\n", error);
      worst = ExitCode::kUsage;
    }
  }
  for (const std::string& file : files) {
    if (const std::string error = LoadOne(file, programs, loaded); !error.empty()) {
      fmt::print(stderr, "ipcrig: {}\n", error);
      worst = ExitCode::kBadInput;
    }
  }
  return worst;
}

ExitCode LoadScenario(const std::string& path, const std::string& command,
                      const std::string& programs, LoadedScenario& loaded) {
  std::vector<LoadedScenario> all;
  const ExitCode code = LoadScenarios({path}, programs, all);
  if (code != ExitCode::kPass) return code;
  if (all.size() != 1) {
    fmt::print(stderr, "ipcrig: {} holds {} scenarios; {} takes one\n", path, all.size(), command);
    return ExitCode::kUsage;
  }
  loaded = std::move(all.front());
  return ExitCode::kPass;
}

ScenarioResult ToResult(const LoadedScenario& loaded, const Result<History>& history,
                        double seconds, const Rules& rules) {
  ScenarioResult result{loaded.path, loaded.scenario, {}, {}, seconds};
  if (!history.ok()) {
    result.judgement.verdict = Verdict::kBroken;
    result.judgement.reason = history.error().Text();
  } else {
    result.history = *history;
    result.judgement = Judge(loaded.scenario, *history, rules);
  }
  return result;
}

ScenarioResult NotStarted(const LoadedScenario& loaded, const Error& error) {
  ScenarioResult result{loaded.path, loaded.scenario, {}, {}, 0};
  result.judgement.verdict = Verdict::kSkipped;
  result.judgement.reason =
      error.Text() + "; --shared-namespace runs in the caller's own, `ipcrig doctor` tells more";
  return result;
}

ScenarioResult RunAndJudge(const LoadedScenario& loaded, const RunOptions& options,
                           const Rules& rules) {
  const double start = MonotonicSeconds();
  auto run = Run::Start(loaded.scenario, options);
  if (!run.ok()) return NotStarted(loaded, run.error());
  run->Wait();
  return ToResult(loaded, run->Take(), MonotonicSeconds() - start, rules);
}

ExitCode ExitCodeOf(const std::vector<ScenarioResult>& results) {
  const auto any = [&](auto is) {
    return std::any_of(results.begin(), results.end(),
                       [&](const ScenarioResult& result) { return is(result.judgement); });
  };
  const auto has = [&](Verdict verdict) {
    return any([&](const Judgement& judgement) { return judgement.verdict == verdict; });
  };
  if (has(Verdict::kBroken)) return ExitCode::kBroken;
  if (any([](const Judgement& judgement) { return judgement.timed_out; })) {
    return ExitCode::kTimedOut;
  }
  if (has(Verdict::kFail)) return ExitCode::kFail;
  if (has(Verdict::kUnknown)) return ExitCode::kUnknown;
  return has(Verdict::kPass) || results.empty() ? ExitCode::kPass : ExitCode::kCannotRun;
}

bool WriteReport(const std::string& path, const std::string& text) {
  if (path == "-") {
    fmt::print("{}", text);
    return true;
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file.fail()) return true;
  fmt::print(stderr, "ipcrig: cannot write {}\n", path);
  return false;
}

}  // namespace ipcrig
