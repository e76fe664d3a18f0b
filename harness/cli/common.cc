// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "check/judge.h"
#include "cli/cli.h"
#include "report/page.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWidthInPipes = 100;

// Why a text is no whole number, or nothing.
std::string WhyNoWholeNumber(const std::string& text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const char* begin = text.data() + (hexadecimal ? 2 : 0);
  const char* end = text.data() + text.size();
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(begin, end, number, hexadecimal ? 16 : 10);
  if (error == std::errc() && rest == end) return "";
  return text + " is not a whole number from 0 to " + std::to_string(UINT64_MAX);
}

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

const CLI::Validator kWholeNumber(WhyNoWholeNumber, "UINT");

void JudgeOptions::Register(CLI::App& command) {
  command.add_option("--color", color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.add_option("--profile", profile, "linux, or posix: only what POSIX promises")
      ->check(CLI::IsMember({"linux", "posix"}))
      ->capture_default_str();
  command.add_flag(
      "--strict", strict,
      fmt::format("known deviations of Linux (L1 to {}) are findings", Deviations().back().name));
}

Rules JudgeOptions::ToRules() const {
  return {profile == "posix" ? Profile::kPosix : Profile::kLinux, strict};
}

TextStyle JudgeOptions::ToStyle() const {
  return {.color = WantsColor(color), .width = TerminalWidth()};
}

void ReportOptions::Register(CLI::App& command) {
  command.add_option("--junit", junit, "write JUnit XML into this file, - is standard output");
  command.add_option("--ktap", ktap, "write KTAP into this file, - is standard output");
  command.add_option("--json", json, "write JSON into this file, - is standard output");
  picture.Register(command);
}

ExitCode ReportOptions::Write(const std::vector<ScenarioResult>& results, double seconds) const {
  const std::string* files[] = {&junit, &ktap, &json, &picture.html, &picture.trace};
  const bool report_on_stdout = std::any_of(std::begin(files), std::end(files),
                                            [](const auto* file) { return *file == "-"; });
  fmt::print(report_on_stdout ? stderr : stdout, "{}\n{}", SummaryLine(results, seconds),
             DeviationLines(results));
  bool written = true;
  if (!junit.empty()) written = WriteReport(junit, JUnitReport(results, seconds));
  if (!ktap.empty()) written = WriteReport(ktap, KtapReport(results)) && written;
  if (!json.empty()) written = WriteReport(json, JsonReport(results, seconds)) && written;
  written = picture.Write(results) && written;
  return written ? ExitCodeOf(results) : ExitCode::kBroken;
}

void ExecOptions::Register(CLI::App& command) {
  programs = DefaultPrograms();
  command.add_option("--timeout", timeout_s, "seconds for one scenario")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  command.add_option("--programs", programs, "directory of the programs that scenarios exec")
      ->check(CLI::ExistingDirectory);
  command.add_flag("--shared-namespace", shared_namespace,
                   "run in the caller's own IPC namespace; touches nothing it did not create");
  command.add_flag("--all-views", all_views,
                   "ask ipcs and lsipc for everything at each ipcs line, and not in turns");
  JudgeOptions::Register(command);
}

RunOptions ExecOptions::ToRunOptions() const {
  RunOptions options;
  options.timeout_ms = static_cast<int64_t>(timeout_s * 1000);
  options.shared_namespace = shared_namespace;
  options.all_views = all_views;
  options.programs = fs::absolute(programs).lexically_normal().string();
  return options;
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

ResultOfRuns::ResultOfRuns(const LoadedScenario& loaded, const Rules& rules)
    : loaded_(&loaded), rules_(rules) {
  result_.path = loaded.path;
  result_.scenario = loaded.scenario;
  result_.rules = rules;
  result_.judgement.verdict = Verdict::kBroken;
  result_.judgement.reason = "the engine has told nothing";
}

bool ResultOfRuns::Add(const Result<History>& history) {
  const bool was_unknown = number_ > 0 && result_.judgement.verdict == Verdict::kUnknown;
  const uint32_t times = TimesOf(loaded_->scenario);
  Scenario scenario = WithSeeds(loaded_->scenario, number_++);
  Judgement judgement;
  if (history.ok()) {
    judgement = Judge(scenario, *history, rules_);
  } else {
    judgement.verdict = Verdict::kBroken;
    judgement.reason = history.error().Text();
  }
  deviations_.insert(judgement.deviations.begin(), judgement.deviations.end());
  const bool goes_on =
      judgement.verdict == Verdict::kPass || judgement.verdict == Verdict::kUnknown;
  if (goes_on && was_unknown) return true;
  if (times > 1 && judgement.verdict != Verdict::kPass) {
    judgement.notes.push_back(fmt::format("run {} of {}", number_, times));
  }
  result_.scenario = std::move(scenario);
  result_.judgement = std::move(judgement);
  result_.history = history.ok() ? *history : History{};
  return goes_on;
}

ScenarioResult ResultOfRuns::Take(double seconds) {
  result_.seconds = seconds;
  result_.judgement.deviations.assign(deviations_.begin(), deviations_.end());
  return std::move(result_);
}

ScenarioResult NotStarted(const LoadedScenario& loaded, const Error& error) {
  ScenarioResult result{loaded.path, loaded.scenario, {}, {}, 0, {}};
  result.judgement.verdict = Verdict::kSkipped;
  result.judgement.reason =
      error.Text() + "; --shared-namespace runs in the caller's own, `ipcrig doctor` tells more";
  return result;
}

std::string FileNameOf(const std::string& signature) {
  constexpr size_t kLongest = 80;
  std::string name;
  for (const char c : signature) {
    const bool plain = isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    if (plain) name += c;
    if (!plain && !name.empty() && name.back() != '-') name += '-';
  }
  name.resize(std::min(name.size(), kLongest));
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

ScenarioResult RunAndJudge(const LoadedScenario& loaded, const RunOptions& options,
                           const Rules& rules) {
  const double start = MonotonicSeconds();
  auto run = Run::Start(loaded.scenario, options);
  if (!run.ok()) return NotStarted(loaded, run.error());
  ResultOfRuns result(loaded, rules);
  bool goes_on = true;
  while (goes_on && !run->Finished()) {
    pollfd readable = {run->fd(), POLLIN, 0};
    poll(&readable, 1, static_cast<int>(std::min<int64_t>(run->TimeLeftMs(), 1000)));
    run->Advance();
    while (auto history = goes_on ? run->Next() : std::nullopt) goes_on = result.Add(*history);
  }
  return result.Take(MonotonicSeconds() - start);
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
  std::error_code error;
  struct stat old = {};
  const bool exists = stat(path.c_str(), &old) == 0;
  const bool in_place = exists && !S_ISREG(old.st_mode);  // such as a pipe, or /dev/stdout
  fs::path target = path;
  if (!in_place && fs::is_symlink(target, error)) target = fs::weakly_canonical(target, error);
  const fs::path written =
      in_place ? target : fs::path(fmt::format("{}.{}.part", target.string(), getpid()));
  errno = 0;
  std::ofstream file(written, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  bool done = !file.fail();
  std::string why = done || errno == 0 ? "" : fmt::format(": {}", strerror(errno));
  if (done && exists && !in_place) {  // its owner and mode stay, where that is permitted
    (void)(chown(written.c_str(), old.st_uid, old.st_gid) == 0);
    (void)(chmod(written.c_str(), old.st_mode & 07777) == 0);
  }
  if (done && !in_place) {
    fs::rename(written, target, error);
    done = !error;
    why = ": " + error.message();
  }
  if (done) return true;
  if (!in_place) fs::remove(written, error);
  fmt::print(stderr, "ipcrig: cannot write {}{}\n", path, why);
  return false;
}

void PictureOptions::Register(CLI::App& command) {
  command.add_option("--html", html,
                     "draw what happened into this file: a page to step through in a browser");
  command.add_option("--trace", trace, "write what happened into this file, for Perfetto");
}

bool CanWriteIn(const std::string& directory, const std::string& options) {
  std::error_code error;
  fs::path at = fs::absolute(directory);
  while (!fs::exists(at, error) && at.has_relative_path()) at = at.parent_path();
  const bool folder = fs::is_directory(at, error);
  if (folder && access(at.c_str(), W_OK | X_OK) == 0) return true;
  fmt::print(stderr, "ipcrig: cannot write in {}: {}; name another with {}\n", directory,
             folder ? strerror(errno) : "it is no directory", options);
  return false;
}

bool PictureOptions::CanWrite() const {
  for (const std::string& path : {html, trace}) {
    if (path.empty() || path == "-") continue;
    std::error_code error;
    const fs::path folder = fs::absolute(path).parent_path();
    const char* why = nullptr;
    if (fs::is_directory(path, error)) why = "it is a directory";
    if (!fs::is_directory(folder, error)) why = "its directory does not exist";
    if (why == nullptr) continue;
    fmt::print(stderr, "ipcrig: cannot write {}: {}\n", path, why);
    return false;
  }
  return true;
}

bool PictureOptions::Write(const std::vector<ScenarioResult>& results) const {
  bool written = true;
  if (!html.empty()) written = WriteReport(html, PageHtml(results));
  if (!trace.empty()) written = WriteReport(trace, TraceJson(results)) && written;
  return written;
}

}  // namespace ipcrig
