// SPDX-License-Identifier: Apache-2.0
//
// ipcrig check [options] -- PROGRAM ARGS...
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/trace_options.h"
#include "report/check_report.h"
#include "trace/launch.h"
#include "trace/stack.h"
#include "trace/suppressions.h"

namespace ipcrig {
namespace {

constexpr int kDefaultErrorStatus = 99;

struct CheckCommand {
  std::vector<std::string> program;
  std::vector<std::string> limits;
  std::vector<std::string> suppressions;
  std::string output;
  std::string color = "auto";
  std::string risks = "warn";
  std::string json;
  std::string junit;
  std::string ktap;
  std::string html;
  std::string trace;
  double settle_s = 1;
  double timeout_s = 0;
  int error_status = kDefaultErrorStatus;
  bool gen_suppressions = false;
  bool keep = false;
  bool locks = false;
  bool verbose = false;
  bool quiet = false;

  bool WantsAllCalls() const { return !html.empty() || !trace.empty(); }
};

ExitCode LoadSuppressions(const CheckCommand& command, std::vector<Suppressions>& all) {
  for (const std::string& path : command.suppressions) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    std::error_code error;
    if (!file.is_open() || std::filesystem::is_directory(path, error)) {
      fmt::print(stderr, "ipcrig: {}: cannot read this file\n", path);
      return ExitCode::kUsage;
    }
    auto parsed = ParseSuppressions(text.str(), path);
    if (!parsed.ok()) {
      fmt::print(stderr, "ipcrig: {}\n", parsed.error().Text());
      return ExitCode::kBadInput;
    }
    all.push_back(std::move(*parsed));
  }
  return ExitCode::kPass;
}

// Ends as the program did: whoever waits for us sees the same signal.
void DieLike(const Record& record) {
  const int signal = EndSignal(record);
  if (signal == 0) return;
  rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);  // the program has left its own
  (void)::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  kill(getpid(), signal);
}

bool AnyUnclean(const CheckCommand& command, const CheckResult& result) {
  return std::any_of(result.findings.begin(), result.findings.end(), [&](const auto& finding) {
    const bool risk = finding.kind == FindingKind::kRisk && command.risks == "error";
    return IsUnclean(finding) || (risk && !finding.suppressed);
  });
}

// Findings with their names, without those that nobody wants to hear of.
CheckResult Judge(const CheckCommand& command, Record record, std::vector<Suppressions>& all) {
  CheckResult result{command.program, std::move(record), {}, 0};
  Symbolizer symbolizer;
  result.findings = JudgeRecord(result.record);
  if (command.risks == "off") {
    std::erase_if(result.findings,
                  [](const auto& finding) { return finding.kind == FindingKind::kRisk; });
  }
  for (TraceFinding& finding : result.findings) symbolizer.Name(finding.stack);
  if (!command.html.empty() || !command.json.empty()) {
    for (TracedCall& call : result.record.calls) symbolizer.Name(call.stack);
  }
  for (Suppressions& one : all) one.Apply(result.record, result.findings);
  const bool unclean = AnyUnclean(command, result);
  result.exit_status = ExitStatus(result.record);
  if (unclean && command.error_status != 0) result.exit_status = command.error_status;
  if (result.record.timed_out) result.exit_status = static_cast<int>(ExitCode::kTimedOut);
  return result;
}

std::string Notes(const CheckCommand& command, const CheckResult& result,
                  const std::vector<Suppressions>& all) {
  std::string text;
  for (const std::string& note : result.record.notes) text += fmt::format("ipcrig: {}\n", note);
  if (!command.verbose) return text;
  for (const Suppressions& file : all) {
    for (const Suppression& one : file.all) {
      if (one.used > 0) continue;
      text += fmt::format("ipcrig: {}:{}: this suppression was not used\n", file.path, one.line);
    }
  }
  return text;
}

std::string ReportText(const CheckCommand& command, const CheckResult& result,
                       const std::vector<Suppressions>& all, const TextStyle& style) {
  std::string text = Notes(command, result, all) + CheckText(result, style);
  if (result.record.timed_out) {
    text += fmt::format("==ipcrig== TIMED OUT: the program did not end within {} s\n",
                        command.timeout_s);
  }
  if (command.gen_suppressions) {
    for (const TraceFinding& finding : result.findings) {
      if (!finding.suppressed) text += SuppressionFor(result.record, finding) + "\n";
    }
  }
  const bool quiet = text.empty() && !command.verbose;
  return quiet ? "" : text + CheckSummary(result);
}

bool WriteReports(const CheckCommand& command, const CheckResult& result,
                  const std::vector<Suppressions>& all) {
  TextStyle style{.color = WantsColorOn(command.color, STDERR_FILENO)};
  const bool to_file = !command.output.empty() && command.output != "-";
  if (to_file) style.color = command.color == "always";
  const std::string text = ReportText(command, result, all, style);
  bool written = true;
  if (!command.quiet && command.output.empty()) fmt::print(stderr, "{}", text);
  if (!command.output.empty()) written = WriteReport(command.output, text);
  if (!command.json.empty()) written = WriteReport(command.json, CheckJson(result)) && written;
  if (!command.junit.empty()) written = WriteReport(command.junit, CheckJUnit(result)) && written;
  if (!command.ktap.empty()) written = WriteReport(command.ktap, CheckKtap(result)) && written;
  if (!command.html.empty()) written = WriteReport(command.html, CheckHtml(result)) && written;
  if (!command.trace.empty()) written = WriteReport(command.trace, CheckTrace(result)) && written;
  return written;
}

int Execute(const CheckCommand& command) {
  std::vector<Suppressions> suppressions;
  const ExitCode loaded = LoadSuppressions(command, suppressions);
  if (loaded != ExitCode::kPass) return static_cast<int>(loaded);
  TraceOptions options;
  options.command = command.program;
  if (command.locks) options.watch = Watch::kLocks;
  if (command.WantsAllCalls()) options.watch = Watch::kAllCalls;
  options.settle_ms = static_cast<int64_t>(command.settle_s * 1000);
  options.timeout_ms = static_cast<int64_t>(command.timeout_s * 1000);
  options.keep = command.keep;
  if (const std::string error = ParseLimits(command.limits, options.limits); !error.empty()) {
    fmt::print(stderr, "ipcrig: {}\n", error);
    return static_cast<int>(ExitCode::kUsage);
  }
  auto run = TracedRun::Start(options);
  if (!run.ok()) {
    fmt::print(stderr, "ipcrig: cannot check here: {}; `ipcrig doctor` tells more\n",
               run.error().Text());
    return static_cast<int>(ExitCode::kCannotRun);
  }
  auto record = run->Wait();
  if (!record.ok()) {
    fmt::print(stderr, "ipcrig: broken: {}\n", record.error().Text());
    return static_cast<int>(ExitCode::kBroken);
  }
  if (record->exec_error != 0) {
    fmt::print(stderr, "ipcrig: {}: {}\n", command.program.front(), strerror(record->exec_error));
    return ExitStatus(*record);
  }
  const CheckResult result = Judge(command, std::move(*record), suppressions);
  if (!WriteReports(command, result, suppressions)) return static_cast<int>(ExitCode::kBroken);
  if (command.keep) {
    const bool user = result.record.user_namespace;
    fmt::print(stderr,
               "ipcrig: kept; look with: nsenter {}--ipc --target {} ipcs\n"
               "ipcrig: Ctrl-C ends it and removes everything\n",
               user ? "--user --preserve-credentials " : "", run->supervisor());
    TracedRun::WaitForSignal();
  }
  const bool as_program = result.exit_status == ExitStatus(result.record) && !command.keep;
  { const TracedRun over = std::move(*run); }  // who watched has ended before this process does
  if (as_program) DieLike(result.record);
  return result.exit_status;
}

void AddOptions(CLI::App& check, CheckCommand& command) {
  check.add_option("--suppressions", command.suppressions, "files of findings to accept");
  check.add_flag("--gen-suppressions", command.gen_suppressions,
                 "print the line that suppresses each finding");
  check.add_option("--settle", command.settle_s, "seconds that processes have to end after it")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  check.add_option("--timeout", command.timeout_s, "seconds for the program; 0: no limit")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  check.add_option("--error-exitcode", command.error_status, "exit status where it is not clean")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  check
      .add_option("--limits", command.limits, "limits of the namespace, such as shmmni=4,semmni=2")
      ->delimiter(',');
  check.add_option("--risks", command.risks, "warn, error: they are findings, or off")
      ->check(CLI::IsMember({"warn", "error", "off"}))
      ->capture_default_str();
  check.add_flag("--locks", command.locks, "record semop(2), too, to find locks without SEM_UNDO");
  check.add_flag("--keep", command.keep, "keep what is left until Ctrl-C, to look at it");
  check.add_option("-o,--output", command.output, "write the report into this file");
  check.add_option("--json", command.json, "write JSON into this file, - is standard output");
  check.add_option("--junit", command.junit, "write JUnit XML into this file");
  check.add_option("--ktap", command.ktap, "write KTAP into this file");
  check.add_option("--html", command.html, "record all calls and draw them into this file");
  check.add_option("--trace", command.trace, "record all calls and list them in this file");
  check.add_option("--color", command.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  check.add_flag("-v,--verbose", command.verbose, "a summary of a clean run, too");
  check.add_flag("-q,--quiet", command.quiet, "say nothing; the exit status tells");
}

}  // namespace

void AddCheckCommand(CLI::App& app, int& status) {
  auto command = std::make_shared<CheckCommand>();
  CLI::App* check = app.add_subcommand("check", "run a program and report the IPC that it leaves");
  check->footer(
      "Examples:\n"
      "  ipcrig check -- ./server --test               what does it leave?\n"
      "  ipcrig check --timeout 60 --junit r.xml -- make test\n"
      "  ipcrig check --limits shmmni=4 -- ./server    what does it do when segments run out?\n"
      "  ipcrig check --html calls.html -- ./server    draw all of its calls\n"
      "\n"
      "Exit status: the program's own when it is clean, --error-exitcode when it is not,\n"
      "             124 timed out, 126 cannot be executed, 127 not found, 64, 65, 69 as ever\n");
  AddOptions(*check, *command);
  TakeProgram(*check, command->program);
  check->callback([command, &status] { status = Execute(*command); });
}

}  // namespace ipcrig
