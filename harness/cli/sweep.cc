// SPDX-License-Identifier: Apache-2.0
//
// ipcrig sweep [options] -- PROGRAM ARGS...
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <list>
#include <memory>

#include <fmt/format.h>

#include "base/shell_word.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/trace_options.h"
#include "report/sweep_report.h"
#include "trace/launch.h"
#include "trace/stack.h"

namespace ipcrig {
namespace {

constexpr double kPeersTimeout = 1;  // s
constexpr double kRunTimeout = 30;   // s

volatile std::sig_atomic_t sweep_ended = 0;

struct SweepCommand {
  std::vector<std::string> program;
  std::string recover;
  std::string before;
  std::string at;
  std::string kill = "process";
  std::string json;
  std::string junit;
  std::string ktap;
  std::string html;
  std::string color = "auto";
  int signal = SIGKILL;
  int jobs = 1;
  size_t points = 0;
  double peer_timeout_s = kPeersTimeout;
  double timeout_s = kRunTimeout;

  TraceOptions ToOptions() const {
    TraceOptions options;
    options.command = program;
    options.watch = Watch::kAllCalls;
    options.foreground = false;
    options.before = before;
    options.recover = recover;
    options.peer_timeout_ms = static_cast<int64_t>(peer_timeout_s * 1000);
    options.timeout_ms = static_cast<int64_t>(timeout_s * 1000);
    sigemptyset(&options.mask);
    return options;
  }
  // What a command that repeats a point has to say besides.
  std::string Options() const {
    std::string text;
    if (kill != "process") text += "--kill " + kill + " ";
    if (signal != SIGKILL) text += fmt::format("--signal {} ", signal);
    if (!recover.empty()) text += fmt::format("--recover {} ", ShellWord(recover));
    if (!before.empty()) text += fmt::format("--before {} ", ShellWord(before));
    if (peer_timeout_s != kPeersTimeout) text += fmt::format("--peer-timeout {} ", peer_timeout_s);
    if (timeout_s != kRunTimeout) text += fmt::format("--timeout {} ", timeout_s);
    return text;
  }
};

// Runs the program once for each point, `jobs` at a time.
class PointRuns {
 public:
  PointRuns(const SweepCommand& command, const Record& recording,
            const std::vector<SweepPoint>& points)
      : command_(command), recording_(recording), points_(points), results_(points.size()) {}

  // Those of all points, or of those that were tried before somebody wanted no more.
  std::vector<SweepResult> Run() {
    for (const int number : {SIGINT, SIGTERM}) {
      (void)::signal(number, [](int) { sweep_ended = 1; });
    }
    size_t next = 0;
    while (sweep_ended == 0 && (next < points_.size() || !active_.empty())) {
      while (next < points_.size() && active_.size() < static_cast<size_t>(command_.jobs)) {
        Start(next++);
      }
      WaitForSome();
    }
    if (sweep_ended != 0) {
      std::erase_if(results_, [](const SweepResult& result) { return result.tries == 0; });
    }
    return std::move(results_);
  }

 private:
  struct Active {
    size_t index;
    TracedRun run;
  };

  void Start(size_t index) {
    TraceOptions options = command_.ToOptions();
    options.crash = points_[index].crash;
    auto run = TracedRun::Start(options);
    if (!run.ok()) {
      results_[index] = {points_[index], SweepVerdict::kNotReached, run.error().Text()};
      return;
    }
    active_.push_back({index, std::move(*run)});
  }

  void WaitForSome() {
    std::vector<pollfd> fds;
    for (const Active& active : active_) fds.push_back({active.run.fd(), POLLIN, 0});
    if (fds.empty()) return;
    poll(fds.data(), fds.size(), -1);
    for (auto it = active_.begin(); it != active_.end();) {
      it->run.Advance();
      if (!it->run.Finished()) {
        ++it;
        continue;
      }
      Finish(it->index, it->run.Take());
      it = active_.erase(it);
    }
  }

  void Finish(size_t index, const Result<Record>& record) {
    constexpr int kMostTries = 3;
    const int expected = command_.recover.empty() ? ExitStatus(recording_) : 0;
    const SweepPoint& point = points_[index];
    SweepResult& result = results_[index];
    const int tries = result.tries + 1;
    result = record.ok() ? JudgePoint(recording_, point, *record, expected)
                         : SweepResult{point, SweepVerdict::kNotReached, record.error().Text()};
    result.tries = tries;
    // A program that is not deterministic may come to it another time.
    if (result.verdict == SweepVerdict::kNotReached && tries < kMostTries) return Start(index);
    ++done_;
    bad_ += IsBad(result.verdict) ? 1 : 0;
    const double each = progress_.seconds() / static_cast<double>(done_);
    progress_.Show(fmt::format("[{}/{}] {} bad, {:.0f} s to go", done_, points_.size(), bad_,
                               each * static_cast<double>(points_.size() - done_)));
  }

  const SweepCommand& command_;
  const Record& recording_;
  const std::vector<SweepPoint>& points_;
  std::vector<SweepResult> results_;
  std::list<Active> active_;
  Progress progress_;
  size_t done_ = 0;
  int bad_ = 0;
};

// The run that nobody disturbs.
int MakeRecording(const SweepCommand& command, Record& recording) {
  auto run = TracedRun::Start(command.ToOptions());
  if (!run.ok()) {
    fmt::print(stderr, "ipcrig: cannot sweep here: {}; `ipcrig doctor` tells more\n",
               run.error().Text());
    return static_cast<int>(ExitCode::kCannotRun);
  }
  auto record = run->Wait();
  if (!record.ok()) {
    fmt::print(stderr, "ipcrig: broken: {}\n", record.error().Text());
    return static_cast<int>(ExitCode::kBroken);
  }
  recording = std::move(*record);
  for (const std::string& note : recording.notes) fmt::print(stderr, "ipcrig: {}\n", note);
  if (recording.exec_error != 0) {
    fmt::print(stderr, "ipcrig: {}: {}\n", command.program.front(), strerror(recording.exec_error));
    return ExitStatus(recording);
  }
  if (recording.timed_out) {
    fmt::print(stderr, "ipcrig: the program did not end within {} s undisturbed; --timeout\n",
               command.timeout_s);
    return static_cast<int>(ExitCode::kTimedOut);
  }
  const int status = ExitStatus(recording);
  if (status != 0) {
    fmt::print(stderr, "ipcrig: undisturbed, the program ends with {}; its input is /dev/null\n",
               status);
  }
  if (recording.calls.empty()) {
    fmt::print(stderr, "ipcrig: undisturbed, the program makes no System V IPC call\n");
  }
  Symbolizer symbolizer;
  for (TracedCall& call : recording.calls) symbolizer.Name(call.stack);
  return 0;
}

// The points to be tried; an error text or none.
std::string ChoosePoints(const SweepCommand& command, std::vector<SweepPoint>& points) {
  if (command.at.empty()) {
    points = Sample(points, command.points);
    return "";
  }
  std::erase_if(points, [&](const SweepPoint& point) {
    return command.at != PointText(point.crash) && command.at != StablePointText(point.crash);
  });
  return points.empty() ? fmt::format(
                              "--at: the program makes no call {}; `ipcrig check --trace - "
                              "-- PROGRAM` lists its calls",
                              command.at)
                        : "";
}

// An error text, or none.
std::string SyntaxOfAt(const SweepCommand& command) {
  CrashPoint at;
  const bool stable = command.at.find('/') != std::string::npos;
  if (command.at.empty() || stable || ParsePoint(command.at, at)) return "";
  return fmt::format(
      "--at: \"{}\" is not PROCESS.CALL:before or PROCESS.CALL:after, such as 1.3:after or "
      "server/semop.2:after",
      command.at);
}

int Execute(const SweepCommand& command) {
  SweepReport report{command.program, command.Options(), {}, {}, 0, 0};
  if (const std::string error = SyntaxOfAt(command); !error.empty()) {
    fmt::print(stderr, "ipcrig: {}\n", error);
    return static_cast<int>(ExitCode::kUsage);
  }
  const double start = MonotonicSeconds();
  if (const int code = MakeRecording(command, report.recording); code != 0) return code;
  std::vector<SweepPoint> points =
      PointsOf(report.recording, command.signal, command.kill == "tree");
  report.points = points.size();
  if (const std::string error = ChoosePoints(command, points); !error.empty()) {
    fmt::print(stderr, "ipcrig: {}\n", error);
    return static_cast<int>(ExitCode::kUsage);
  }
  report.results = PointRuns(command, report.recording, points).Run();
  report.seconds = MonotonicSeconds() - start;
  const TextStyle style{.color = WantsColorOn(command.color, STDOUT_FILENO),
                        .width = TerminalColumns(STDOUT_FILENO)};
  const std::string* files[] = {&command.json, &command.junit, &command.ktap, &command.html};
  const bool on_stdout = std::any_of(std::begin(files), std::end(files),
                                     [](const auto* file) { return *file == "-"; });
  fmt::print(on_stdout ? stderr : stdout, "{}{}", SweepText(report, style), SweepSummary(report));
  bool written = true;
  if (!command.json.empty()) written = WriteReport(command.json, SweepJson(report));
  if (!command.junit.empty()) written = WriteReport(command.junit, SweepJUnit(report)) && written;
  if (!command.ktap.empty()) written = WriteReport(command.ktap, SweepKtap(report)) && written;
  if (!command.html.empty()) written = WriteReport(command.html, SweepHtml(report)) && written;
  if (!written) return static_cast<int>(ExitCode::kBroken);
  if (report.results.size() < points.size()) {
    fmt::print(stderr, "ipcrig: interrupted: {} points were not tried\n",
               points.size() - report.results.size());
    return static_cast<int>(ExitCode::kUnknown);
  }
  const bool bad = std::any_of(report.results.begin(), report.results.end(),
                               [](const auto& result) { return IsBad(result.verdict); });
  return static_cast<int>(bad ? ExitCode::kFail : ExitCode::kPass);
}

void AddOptions(CLI::App& sweep, SweepCommand& command) {
  sweep.add_option("--recover", command.recover,
                   "a shell command after each crash; default: the program again");
  sweep.add_option("--before", command.before, "a shell command before each run");
  sweep
      .add_option("--peer-timeout", command.peer_timeout_s,
                  "seconds that the others have to end after the crash")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  sweep.add_option("--timeout", command.timeout_s, "seconds for a run, and for the next start")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  sweep.add_option("--kill", command.kill, "process: the one that makes the call; or tree: all")
      ->check(CLI::IsMember({"process", "tree"}))
      ->capture_default_str();
  sweep.add_option("--signal", command.signal, "number of the signal")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  sweep.add_option("--points", command.points, "try so many, evenly chosen; 0: all")
      ->check(kWholeNumber)
      ->capture_default_str();
  sweep.add_option("--at", command.at, "one point only: 1.3:after, server/semop.2:after");
  sweep.add_option("-j,--jobs", command.jobs, "how many runs at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  sweep.add_option("--json", command.json, "write JSON into this file, - is standard output");
  sweep.add_option("--junit", command.junit, "write JUnit XML into this file");
  sweep.add_option("--ktap", command.ktap, "write KTAP into this file");
  sweep.add_option("--html", command.html, "write a page into this file");
  sweep.add_option("--color", command.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

}  // namespace

void AddSweepCommand(CLI::App& app, int& status) {
  auto command = std::make_shared<SweepCommand>();
  CLI::App* sweep = app.add_subcommand("sweep", "kill a program at each of its IPC calls");
  sweep->footer(
      "Examples:\n"
      "  ipcrig sweep -- ./server --once               before and after each call\n"
      "  ipcrig sweep --at 1.3:after -- ./server --once    one of them again\n"
      "  ipcrig sweep --recover ./repair --jobs 4 -- ./server --once\n"
      "\n"
      "Exit status: 0 nothing bad, 1 a crash hangs a peer, blocks the next start or leaks,\n"
      "             2 broken, 3 interrupted, 64 usage, 69 cannot run here, 124 timed out\n");
  AddOptions(*sweep, *command);
  TakeProgram(*sweep, command->program);
  sweep->callback([command, &status] { status = Execute(*command); });
}

}  // namespace ipcrig
