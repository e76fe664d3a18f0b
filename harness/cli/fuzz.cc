// SPDX-License-Identifier: Apache-2.0
//
// ipcrig fuzz TARGET
//
// The fuzz targets are programs of their own (fuzz/); this command finds one beside the tool, lets
// libFuzzer drive it for a while, shows how far it is, and sorts what it found by signature.
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

#include "cli/child.h"
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

// What libFuzzer tells while it runs:
//   #4096: cov: 1234 ft: 2345 corp: 67 exec/s: 890 oom/timeout/crash: 0/0/1 time: 12s job: 3
struct Tally {
  uint64_t runs = 0;
  std::string corpus = "0";
  std::string features = "0";
  std::string crashes = "0/0/0";

  void Read(const std::string& line) {
    if (line.empty() || line[0] != '#') return;
    runs = std::max<uint64_t>(runs, strtoull(line.c_str() + 1, nullptr, 10));
    Word(line, "corp: ", " /", corpus);
    Word(line, "ft: ", " ", features);
    Word(line, "oom/timeout/crash: ", " ", crashes);
  }
  static void Word(const std::string& line, std::string_view name, const char* end,
                   std::string& word) {
    const size_t at = line.find(name);
    if (at == std::string::npos) return;
    const size_t from = at + name.size();
    word = line.substr(from, line.find_first_of(end, from) - from);
  }
};

// What is done with the findings of a target.
struct Target {
  std::string_view name;
  Scenario (*scenario)(const uint8_t*, size_t);  // that an input means; none: bytes are kept
  bool on_kernel;                                // so `ipcrig shrink` sees them, too
};

Scenario AsItIs(const uint8_t* data, size_t size) { return ScenarioFromBytes(data, size); }

constexpr Target kTargets[] = {{"kernel_fuzz", AsItIs, true},
                               {"race_fuzz", RaceFromBytes, true},
                               {"model_fuzz", AsItIs, false}};
constexpr Target kOther = {"", nullptr, false};

std::string Contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Fuzzing {
 public:
  explicit Fuzzing(FuzzCommand command) : command_(std::move(command)) {}

  ExitCode Run() {
    (void)signal(SIGINT, [](int) { asked_to_end = 1; });
    (void)signal(SIGTERM, [](int) { asked_to_end = 1; });
    if (const ExitCode code = Find(); code != ExitCode::kPass) return code;
    artifacts_ = fs::path(command_.out) / "artifacts";
    for (const fs::path& directory : {fs::path(command_.corpus), artifacts_}) {
      if (!Make(directory)) return ExitCode::kUsage;
    }
    if (command_.merge) return Merge();
    const std::string problem = Fuzz();
    progress_.Clear();
    if (!problem.empty()) {
      fmt::print(stderr, "ipcrig: {}: {}\n", command_.target, problem);
      return ExitCode::kBroken;
    }
    Triage();
    fmt::print("{}: {} runs in {:.1f} s ({:.0f}/s): {} findings; {} features, {} inputs in {}\n",
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
                                 "--build --preset fuzz`, or name another directory with --targets"
                               : fmt::format("it has {}", fmt::join(names, ", ")));
      return ExitCode::kUsage;
    }
    bool drives = false;
    if (const auto program = Child::Start({program_, "-help=1"})) {
      program->ForEachLine(asked_to_end, [&](const std::string& line) {
        drives = drives || line.starts_with("Usage:");
      });
    }
    if (!drives) {
      fmt::print(stderr,
                 "ipcrig: {} only replays files, since it was built without libFuzzer; build it "
                 "with `cmake --preset fuzz && cmake --build --preset fuzz`\n",
                 program_);
      return ExitCode::kCannotRun;
    }
    const auto* const known =
        std::find_if(std::begin(kTargets), std::end(kTargets),
                     [&](const Target& target) { return target.name == command_.target; });
    target_ = known == std::end(kTargets) ? kOther : *known;
    if (command_.corpus.empty()) {
      command_.corpus = (fs::path(command_.out) / "corpus" / command_.target).string();
    }
    return ExitCode::kPass;
  }

  static bool Make(const fs::path& directory) {
    std::error_code error;
    if (!CanWriteIn(directory, "--out or --corpus")) return false;
    fs::create_directories(directory, error);
    if (error) fmt::print(stderr, "ipcrig: {}: {}\n", directory.string(), error.message());
    return !error;
  }

  // The first directory is the corpus; others, among the flags, are only read.
  std::vector<std::string> Arguments(const std::vector<std::string>& mode) const {
    std::vector<std::string> arguments = {program_};
    arguments.insert(arguments.end(), mode.begin(), mode.end());
    arguments.push_back("-print_funcs=0");
    // Who weighs inputs by how rare their features are, where each has hundreds, does little else.
    if (target_.scenario != nullptr) arguments.push_back("-entropic=0");
    if (command_.seed != 0) arguments.push_back(fmt::format("-seed={}", command_.seed));
    arguments.push_back("-artifact_prefix=" + artifacts_.string() + "/");
    return arguments;
  }

  // What kept it from running, or nothing.
  std::string Fuzz() {
    std::vector<std::string> arguments = Arguments(
        {fmt::format("-fork={}", command_.jobs), "-ignore_crashes=1", "-ignore_timeouts=1",
         "-ignore_ooms=1", fmt::format("-max_total_time={:.0f}", std::max(command_.seconds, 1.0))});
    arguments.push_back(command_.corpus);
    arguments.insert(arguments.end(), command_.flags.begin(), command_.flags.end());
    const auto program = Child::Start(arguments, (artifacts_ / "tmp").string());
    if (program == nullptr) return Error{"fork", errno}.Text();
    std::string last;
    const int status = program->ForEachLine(asked_to_end, [&](const std::string& line) {
      tally_.Read(line);
      last = line.empty() ? last : line;
      progress_.Show(fmt::format(
          "{}: {} runs, {:.0f}/s, {} features, {} inputs, {} ooms/timeouts/crashes, {:.0f} s left",
          command_.target, tally_.runs, static_cast<double>(tally_.runs) / progress_.seconds(),
          tally_.features, tally_.corpus, tally_.crashes,
          std::max(command_.seconds - progress_.seconds(), 0.0)));
    });
    fuzzed_ = progress_.seconds();
    // With crashes that it was told to ignore it ends with the status of one.
    const bool in_time = last.starts_with("INFO: exiting: ");
    if (asked_to_end != 0 || in_time || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return "";
    return "libFuzzer ended with: " + last;
  }

  ExitCode Merge() {
    const fs::path merged = command_.corpus + ".merged";
    std::error_code error;
    fs::create_directories(merged, error);
    std::vector<std::string> arguments = Arguments({"-merge=1"});
    arguments.insert(arguments.end(), {merged.string(), command_.corpus});
    arguments.insert(arguments.end(), command_.flags.begin(), command_.flags.end());
    const auto program = Child::Start(arguments, (artifacts_ / "tmp").string());
    const int status =
        program == nullptr ? -1 : program->ForEachLine(asked_to_end, [](const std::string&) {});
    fs::remove(artifacts_, error);
    if (status != 0 || asked_to_end != 0) {
      fs::remove_all(merged, error);
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
    const auto program = Child::Start({program_, "-runs=20", input.string()});
    std::string signature;
    if (program == nullptr) return signature;
    bool reports = false;
    program->ForEachLine(asked_to_end, [&](const std::string& line) {
      constexpr std::string_view kOurs = "SUMMARY: ipcrig: ";
      constexpr std::string_view kTheirs = "SUMMARY: ";
      if (line.starts_with(kOurs)) signature = line.substr(kOurs.size());
      if (signature.empty() && line.starts_with(kTheirs)) signature = line.substr(kTheirs.size());
      reports = reports && signature.empty();
      const bool elsewhere = line.find("ipcrig replay input.ipc") != std::string::npos;
      if (reports && !elsewhere) report += line + "\n";
      reports = reports || line.starts_with("Running:");
    });
    return signature;
  }

  // The smallest input of each signature is kept.
  void Triage() {
    std::vector<fs::path> inputs;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(artifacts_)) {
      const bool slow = entry.path().filename().string().starts_with("slow-unit");
      if (!slow || !fs::remove(entry.path(), error)) inputs.push_back(entry);
    }
    std::sort(inputs.begin(), inputs.end(), [](const fs::path& a, const fs::path& b) {
      return std::pair(fs::file_size(a), a) < std::pair(fs::file_size(b), b);
    });
    for (size_t i = 0; i < inputs.size() && asked_to_end == 0; ++i) {
      progress_.Show(fmt::format("sorting what was found: {} of {}", i + 1, inputs.size()));
      std::string report;
      std::string signature = SignatureOf(inputs[i], report);
      if (asked_to_end != 0) break;
      if (signature.empty()) signature = "not seen again in 20 runs";
      progress_.Clear();
      const bool first = found_[signature]++ == 0;
      if (!first || Keep(signature, inputs[i], report)) fs::remove(inputs[i], error);
    }
    progress_.Clear();
    fs::remove(artifacts_, error);  // where nothing is left in it
  }

  // Writes the input under its signature's name, and says it. False where it could not be written.
  bool Keep(const std::string& signature, const fs::path& input, const std::string& report) const {
    std::string bytes = Contents(input);
    const bool is_scenario = target_.scenario != nullptr;
    if (is_scenario) {
      const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
      bytes = fmt::format("# {}\n# found by: ipcrig fuzz {}\n{}", signature, command_.target,
                          PrintScenario(target_.scenario(data, bytes.size())));
    }
    const std::string name = FileNameOf(signature) + (is_scenario ? ".ipc" : ".bin");
    const std::string kept = (fs::path(command_.out) / name).string();
    if (!WriteReport(kept, bytes)) return false;
    fmt::print("{}\n  again     {} {}\n", report, program_, kept);
    if (target_.on_kernel) {
      fmt::print("  smaller   ipcrig shrink {} -o scenarios/regress/{}\n", kept, name);
    } else {
      fmt::print("  smaller   {} -minimize_crash=1 -runs=100000 {}\n", program_, kept);
    }
    fmt::print("SUMMARY: ipcrig: {}\n", signature);
    return true;
  }

  FuzzCommand command_;
  std::string program_;
  Target target_ = kOther;
  fs::path artifacts_;
  Progress progress_;
  Tally tally_;
  double fuzzed_ = 1;
  std::map<std::string, int> found_;
};

}  // namespace

void AddFuzzCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<FuzzCommand>();
  command->targets = HereIs("");
  CLI::App* fuzz = app.add_subcommand("fuzz", "let libFuzzer look for what fails");
  fuzz->footer(
      "Examples:\n"
      "  ipcrig fuzz kernel --time 600 --out found     the running kernel against the model\n"
      "  ipcrig fuzz kernel -- -max_len=4096 scenarios flags of libFuzzer's, and inputs to begin "
      "with\n"
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
  fuzz->add_option("--seed", command->seed, "of libFuzzer; 0: another each time")
      ->check(kWholeNumber);
  fuzz->add_option("--targets", command->targets, "directory of the fuzz targets");
  fuzz->add_flag("--merge", command->merge, "make the corpus smaller, and do nothing else");
  fuzz->add_option("flags", command->flags,
                   "after --: flags of libFuzzer, and directories of inputs to begin with");
  fuzz->callback([command, &exit_code] { exit_code = Fuzzing(*command).Run(); });
}

}  // namespace ipcrig
