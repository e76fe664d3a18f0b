// SPDX-License-Identifier: Apache-2.0
//
// ipcrig fuzz TARGET and ipcrig convert FILE
//
// The fuzz targets are programs of their own (fuzz/); this command finds one beside the tool, lets
// libFuzzer drive it for a while, shows how far it is, and sorts what it found: by signature, each
// made small.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "base/io.h"
#include "base/unique_fd.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "gen/from_bytes.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

struct FuzzCommand {
  std::string target;
  std::string targets;  // the directory
  std::string corpus;
  std::string out = ".";
  double seconds = 60;
  int jobs = 1;
  uint32_t seed = 0;
  bool merge = false;
  std::vector<std::string> flags;
};

volatile sig_atomic_t asked_to_end = 0;

std::string HereIs(const char* name) {
  std::error_code error;
  return (fs::read_symlink("/proc/self/exe", error).parent_path() / name).string();
}

std::vector<std::string> TargetsIn(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("_fuzz") && access(entry.path().c_str(), X_OK) == 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A program that runs while its standard error is read line by line.
class Program {
 public:
  // SIGKILL of this process is SIGKILL of the program.
  static std::unique_ptr<Program> Start(const std::vector<std::string>& arguments) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return nullptr;
    auto program = std::unique_ptr<Program>(new Program);
    program->output_.Reset(ends[0]);
    const UniqueFd write_end(ends[1]);
    std::vector<char*> argv;
    for (const std::string& one : arguments) argv.push_back(const_cast<char*>(one.c_str()));
    argv.push_back(nullptr);
    program->pid_ = fork();
    if (program->pid_ < 0) return nullptr;
    if (program->pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      setpgid(0, 0);
      dup2(write_end.get(), STDERR_FILENO);
      dup2(write_end.get(), STDOUT_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    return program;
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    Wait();
  }

  // Calls f(line) for each line until the program ends or f says no more. Its wait status.
  template <typename Function>
  int ForEachLine(Function f) {
    bool open = true;
    while (open && asked_to_end == 0) {
      pollfd readable = {output_.get(), POLLIN, 0};
      poll(&readable, 1, 200);
      open = ReadAvailable(output_.get(), text_);
      for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
        f(text_.substr(0, end));
        text_.erase(0, end + 1);
      }
    }
    if (asked_to_end != 0) kill(-pid_, SIGKILL);
    return Wait();
  }

 private:
  Program() = default;
  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  pid_t pid_ = -1;
  UniqueFd output_;
  std::string text_;
};

// What libFuzzer tells while it runs:
//   #4096: cov: 1234 ft: 2345 corp: 67 exec/s: 890 oom/timeout/crash: 0/0/1 time: 12s job: 3
struct Tally {
  uint64_t runs = 0;
  std::string corpus = "0";
  std::string features = "0";

  void Read(const std::string& line) {
    if (line.empty() || line[0] != '#') return;
    runs = std::max<uint64_t>(runs, strtoull(line.c_str() + 1, nullptr, 10));
    Word(line, "corp: ", corpus);
    Word(line, "ft: ", features);
  }
  static void Word(const std::string& line, std::string_view name, std::string& word) {
    const size_t at = line.find(name);
    if (at == std::string::npos) return;
    const size_t from = at + name.size();
    word = line.substr(from, line.find_first_of(" /", from) - from);
  }
};

class Fuzzing {
 public:
  explicit Fuzzing(FuzzCommand command) : command_(std::move(command)) {}

  ExitCode Run() {
    if (const ExitCode code = Find(); code != ExitCode::kPass) return code;
    std::error_code error;
    artifacts_ = fs::path(command_.out) / "artifacts";
    for (const fs::path& directory : {fs::path(command_.corpus), artifacts_}) {
      fs::create_directories(directory, error);
      if (!error) continue;
      fmt::print(stderr, "ipcrig: {}: {}; name another with --out or --corpus\n",
                 directory.string(), error.message());
      return ExitCode::kUsage;
    }
    if (command_.merge) return Merge();
    (void)signal(SIGINT, [](int) { asked_to_end = 1; });
    (void)signal(SIGTERM, [](int) { asked_to_end = 1; });
    const std::string problem = Fuzz();
    progress_.Clear();
    if (!problem.empty()) {
      fmt::print(stderr, "ipcrig: {}: {}\n", command_.target, problem);
      return ExitCode::kBroken;
    }
    Triage();
    fmt::print("{}: {} runs in {:.1f} s ({:.0f}/s): {} findings; {} features, {} in {}\n",
               command_.target, tally_.runs, fuzzed_, static_cast<double>(tally_.runs) / fuzzed_,
               found_.size(), tally_.features, tally_.corpus, command_.corpus);
    return found_.empty() ? ExitCode::kPass : ExitCode::kFail;
  }

 private:
  ExitCode Find() {
    const std::vector<std::string> names = TargetsIn(command_.targets);
    for (const std::string& name : {command_.target, command_.target + "_fuzz"}) {
      if (std::find(names.begin(), names.end(), name) == names.end()) continue;
      command_.target = name;
      program_ = (fs::path(command_.targets) / name).string();
    }
    if (program_.empty()) {
      fmt::print(stderr, "ipcrig: no fuzz target {} in {}: {}\n", command_.target, command_.targets,
                 names.empty() ? "there is none; build them with `cmake --preset fuzz && cmake "
                                 "--build --preset fuzz`"
                               : fmt::format("it has {}", fmt::join(names, ", ")));
      return ExitCode::kUsage;
    }
    bool drives = false;
    if (const auto program = Program::Start({program_, "-help=1"})) {
      program->ForEachLine(
          [&](const std::string& line) { drives = drives || line.starts_with("Usage:"); });
    }
    if (!drives) {
      fmt::print(stderr,
                 "ipcrig: {} only replays files, since it was built without libFuzzer; build it "
                 "with `cmake --preset fuzz && cmake --build --preset fuzz`\n",
                 program_);
      return ExitCode::kCannotRun;
    }
    if (command_.corpus.empty()) {
      command_.corpus = (fs::path(command_.out) / "corpus" / command_.target).string();
    }
    return ExitCode::kPass;
  }

  std::vector<std::string> Arguments() const {
    std::vector<std::string> arguments = {program_};
    if (command_.seed != 0) arguments.push_back(fmt::format("-seed={}", command_.seed));
    arguments.push_back("-artifact_prefix=" + artifacts_.string() + "/");
    arguments.insert(arguments.end(), command_.flags.begin(), command_.flags.end());
    arguments.push_back(command_.corpus);
    return arguments;
  }

  // What kept it from running, or nothing.
  std::string Fuzz() {
    std::vector<std::string> arguments = Arguments();
    const std::vector<std::string> mode = {
        fmt::format("-fork={}", command_.jobs), "-ignore_crashes=1", "-ignore_timeouts=1",
        "-ignore_ooms=1", fmt::format("-max_total_time={:.0f}", std::max(command_.seconds, 1.0))};
    arguments.insert(arguments.begin() + 1, mode.begin(), mode.end());
    const auto program = Program::Start(arguments);
    if (program == nullptr) return Error{"fork", errno}.Text();
    std::string last;
    const int status = program->ForEachLine([&](const std::string& line) {
      tally_.Read(line);
      last = line.empty() ? last : line;
      progress_.Show(fmt::format(
          "{}: {} runs, {:.0f}/s, {} features, {} inputs, {:.0f} s left", command_.target,
          tally_.runs, static_cast<double>(tally_.runs) / progress_.seconds(), tally_.features,
          tally_.corpus, std::max(command_.seconds - progress_.seconds(), 0.0)));
    });
    fuzzed_ = progress_.seconds();
    if (asked_to_end != 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return "";
    return "libFuzzer ended with: " + last;
  }

  ExitCode Merge() {
    const fs::path merged = command_.corpus + ".merged";
    std::error_code error;
    fs::create_directories(merged, error);
    std::vector<std::string> arguments = Arguments();
    arguments.insert(arguments.begin() + 1, "-merge=1");
    arguments.back() = merged.string();
    arguments.push_back(command_.corpus);
    const auto program = Program::Start(arguments);
    const int status = program == nullptr ? -1 : program->ForEachLine([](const std::string&) {});
    if (status != 0 || error) {
      fmt::print(stderr, "ipcrig: {}: the corpus cannot be merged; {} is as it was\n",
                 command_.target, command_.corpus);
      return ExitCode::kBroken;
    }
    const auto count = [](const fs::path& directory) {
      return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
    };
    const auto before = count(command_.corpus);
    fs::remove_all(command_.corpus, error);
    fs::rename(merged, command_.corpus, error);
    fmt::print("{}: {} of {} inputs are left\n", command_.corpus, count(command_.corpus), before);
    return ExitCode::kPass;
  }

  // The signature of what an input does; "" where it does nothing any more.
  std::string SignatureOf(const fs::path& input, std::string& report) const {
    const auto program = Program::Start({program_, "-runs=20", input.string()});
    std::string signature;
    if (program == nullptr) return signature;
    program->ForEachLine([&](const std::string& line) {
      report += line + "\n";
      constexpr std::string_view kOurs = "SUMMARY: ipcrig: ";
      constexpr std::string_view kTheirs = "SUMMARY: ";
      if (line.starts_with(kOurs)) signature = line.substr(kOurs.size());
      if (signature.empty() && line.starts_with(kTheirs)) signature = line.substr(kTheirs.size());
    });
    return signature;
  }

  void Triage() {
    std::vector<fs::path> inputs;
    for (const auto& entry : fs::directory_iterator(artifacts_)) {
      if (!entry.path().filename().string().starts_with("slow-unit")) inputs.push_back(entry);
    }
    std::sort(inputs.begin(), inputs.end());
    for (size_t i = 0; i < inputs.size() && asked_to_end == 0; ++i) {
      progress_.Show(fmt::format("sorting what was found: {} of {}", i + 1, inputs.size()));
      std::string report;
      std::string signature = SignatureOf(inputs[i], report);
      if (signature.empty()) signature = "not seen again in 20 runs";
      if (found_[signature]++ > 0) continue;
      progress_.Clear();
      ReportFinding(signature, inputs[i], report);
    }
    progress_.Clear();
  }

  void ReportFinding(const std::string& signature, const fs::path& input,
                     const std::string& report) const {
    std::string name;
    for (const char c : signature) {
      const bool plain = isalnum(static_cast<unsigned char>(c)) != 0;
      if (plain || (!name.empty() && name.back() != '-')) name += plain ? c : '-';
    }
    const bool is_scenario = command_.target != "ipcs_fuzz" && command_.target != "history_fuzz";
    const fs::path kept =
        fs::path(command_.out) / (name.substr(0, 80) + (is_scenario ? ".ipc" : ".bin"));
    std::ifstream in(input, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (is_scenario) {
      const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
      bytes = fmt::format("# {}\n# found by: ipcrig fuzz {}\n", signature, command_.target) +
              PrintScenario(ScenarioFromBytes(data, bytes.size()));
    }
    (void)WriteReport(kept.string(), bytes);
    fmt::print("{}\n  input     {}\n  again     {} {}\n", report.substr(0, report.find("==")),
               kept.string(), program_, input.string());
    if (is_scenario) fmt::print("  smaller   ipcrig shrink {}\n", kept.string());
    fmt::print("SUMMARY: ipcrig: {}\n", signature);
  }

  FuzzCommand command_;
  std::string program_;
  fs::path artifacts_;
  Progress progress_;
  Tally tally_;
  double fuzzed_ = 1;
  std::map<std::string, int> found_;
};

struct ConvertCommand {
  std::vector<std::string> paths;
};

ExitCode Convert(const ConvertCommand& command) {
  for (const std::string& path : command.paths) {
    std::ifstream in(path, std::ios::binary);
    if (!in || fs::is_directory(path)) {
      fmt::print(stderr, "ipcrig: {}: {}\n", path,
                 fs::is_directory(path) ? "is a directory" : strerror(errno));
      return ExitCode::kBadInput;
    }
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
    fmt::print("{}", PrintScenario(ScenarioFromBytes(data, bytes.size())));
  }
  return ExitCode::kPass;
}

}  // namespace

void AddFuzzCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<FuzzCommand>();
  command->targets = HereIs("");
  CLI::App* fuzz = app.add_subcommand("fuzz", "let libFuzzer look for what fails");
  fuzz->footer(
      "Examples:\n"
      "  ipcrig fuzz kernel --time 600 --out found     the running kernel against the model\n"
      "  ipcrig fuzz kernel -- -max_len=4096           flags of libFuzzer's\n"
      "  ipcrig fuzz kernel --merge --corpus corpus    drop inputs that show nothing new\n"
      "\n"
      "Exit code 1 where something was found. Each finding is a file in --out, named after it.\n");
  fuzz->add_option("target", command->target, "parse, model, kernel, race, history or ipcs")
      ->required();
  fuzz->add_option("--time", command->seconds, "seconds")->capture_default_str();
  fuzz->add_option("--corpus", command->corpus,
                   "directory of inputs, read and added to (default: OUT/corpus/TARGET)");
  fuzz->add_option("-o,--out", command->out, "directory for findings")->capture_default_str();
  fuzz->add_option("-j,--jobs", command->jobs, "processes that fuzz")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  fuzz->add_option("--seed", command->seed, "of libFuzzer; 0: another each time");
  fuzz->add_option("--targets", command->targets, "directory of the fuzz targets");
  fuzz->add_flag("--merge", command->merge, "make the corpus smaller, and do nothing else");
  fuzz->add_option("flags", command->flags, "after --: flags of libFuzzer");
  fuzz->callback([command, &exit_code] { exit_code = Fuzzing(*command).Run(); });
}

void AddConvertCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<ConvertCommand>();
  CLI::App* convert =
      app.add_subcommand("convert", "print the scenario that a fuzzer's input means");
  convert->add_option("files", command->paths, "inputs of fuzz targets")->required();
  convert->callback([command, &exit_code] { exit_code = Convert(*command); });
}

}  // namespace ipcrig
