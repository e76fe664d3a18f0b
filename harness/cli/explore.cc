// SPDX-License-Identifier: Apache-2.0
//
// ipcrig explore
#include <poll.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <random>
#include <set>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "explore/counts.h"
#include "explore/expect.h"
#include "explore/shard.h"
#include "gen/families.h"

namespace ipcrig {
namespace {

constexpr int kTickMs = 200;           // between two looks at the counters
constexpr int64_t kScenarioMs = 2000;  // for one scenario
constexpr int64_t kSlowScenarioMs = 10000;
constexpr int kDefaultSeconds = 60;
constexpr int kRunsToSeeAgain = 20;

volatile sig_atomic_t interrupted = 0;

// --shard
struct Part {
  uint64_t index = 0;
  uint64_t count = 1;
};

struct ExploreCommand {
  ExecOptions exec;
  double seconds = 0;
  uint64_t runs = 0;
  uint64_t seed = 0;
  int processes = 2;
  size_t steps = 20;
  int jobs = 1;
  std::string families;
  uint32_t family_bits = kAllFamilies;
  std::string shard = "0/1";
  Part part;
  std::string out = "findings";
  PictureOptions picture;
  bool fail_fast = false;
  bool exhaustive = false;
  bool race = false;
  std::optional<Family> enumerate = std::nullopt;  // of --exhaustive, one after the other
};

std::string AllFamilies() { return fmt::format("{}", fmt::join(FamilyNames(), ",")); }

// "1/4": the second of four parts. False where it is no such thing.
bool ReadPart(const std::string& text, Part& part) {
  char rest = 0;
  unsigned long long index = 0;
  unsigned long long count = 0;
  if (sscanf(text.c_str(), "%llu/%llu%c", &index, &count, &rest) != 2) return false;
  part = {index, count};
  return index < count;
}

bool HasSignature(const ScenarioResult& result, const std::string& signature) {
  const auto& findings = result.judgement.findings;
  return !findings.empty() && findings.front().signature == signature;
}

class Exploration {
 public:
  // What is found is added to `shown`.
  Exploration(const ExploreCommand& command, std::vector<ScenarioResult>& shown)
      : command_(command),
        shown_(shown),
        style_(command.exec.ToStyle()),
        rules_(command.exec.ToRules()),
        options_(command.exec.ToRunOptions()) {}

  ExitCode Run() {
    if (!StartShards()) return ExitCode::kCannotRun;
    while (!Done() && interrupted == 0) {
      WaitForSome();
      ShowProgress();
    }
    progress_.Clear();
    PrintSummary();
    return Code();
  }

 private:
  bool StartShards() {
    for (int job = 0; job < command_.jobs; ++job) {
      if (!StartShard(PlanOf(job))) return false;
    }
    const ShardPlan slow = SlowPlan();
    return command_.enumerate || command_.race || slow.first >= slow.end || StartShard(slow);
  }

  bool StartShard(const ShardPlan& plan) {
    auto shard = Shard::Start(plan);
    if (!shard.ok()) {
      fmt::print(stderr, "ipcrig: {}; `ipcrig doctor` tells more\n", shard.error().Text());
      return false;
    }
    shards_.push_back(std::move(*shard));
    return true;
  }

  ShardPlan PlanOf(int job) const {
    const Part& part = command_.part;
    ShardPlan plan;
    plan.seed = command_.seed;
    plan.first = part.index + part.count * static_cast<uint64_t>(job);
    plan.stride = part.count * static_cast<uint64_t>(command_.jobs);
    if (command_.runs != 0) plan.end = command_.runs;
    plan.seconds = command_.seconds;
    plan.generate.processes = command_.processes;
    plan.generate.steps = command_.steps;
    plan.generate.families = command_.family_bits;
    plan.generate.race = command_.race;
    plan.enumerate = command_.enumerate;
    plan.run = options_;
    plan.run.timeout_ms = kScenarioMs;
    plan.run.ipcs_program = false;
    plan.run.processor = job;
    plan.rules = rules_;
    return plan;
  }

  // This part's share of the scenarios that mostly wait.
  ShardPlan SlowPlan() const {
    ShardPlan plan = PlanOf(0);
    plan.slow = true;
    plan.first = kSlowEvery * (command_.part.index + 1) - 1;
    plan.stride = kSlowEvery * command_.part.count;
    plan.run.timeout_ms = kSlowScenarioMs;
    return plan;
  }

  bool Done() const {
    if (command_.fail_fast && !confirmed_.empty()) return true;
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const Shard& shard) { return shard.Finished(); });
  }

  void WaitForSome() {
    std::vector<pollfd> fds;
    for (const Shard& shard : shards_) {
      if (!shard.Finished()) fds.push_back({shard.fd(), POLLIN, 0});
    }
    poll(fds.data(), fds.size(), kTickMs);
    for (Shard& shard : shards_) {
      for (const Discovery& discovery : shard.Advance()) Report(discovery);
    }
  }

  void Report(const Discovery& discovery) {
    if (confirmed_.contains(discovery.signature)) return;
    const bool confirmed = discovery.failed > 0;
    if (!found_.insert(discovery.signature).second && !confirmed) return;
    progress_.Clear();
    if (confirmed) {
      confirmed_.insert(discovery.signature);
      Show(discovery);
    } else {
      const std::string path = PathOf(discovery, ".run");
      fmt::print("unknown: {}: seen in scenario {}, and in none of {} runs by itself; {}\n",
                 discovery.signature, discovery.number, discovery.repeated,
                 "`ipcrig check-history " + path + "` tells what was seen");
      Write(path, discovery.run);
    }
    fflush(stdout);
  }

  std::string PathOf(const Discovery& discovery, const char* suffix) const {
    return (std::filesystem::path(command_.out) / (FileNameOf(discovery.signature) + suffix))
        .string();
  }

  void Write(const std::string& path, const std::string& text) {
    std::error_code error;
    std::filesystem::create_directories(command_.out, error);
    if (WriteReport(path, text)) return;
    not_written_ = true;
    fmt::print("{}", text);
  }

  void Show(const Discovery& discovery) {
    const std::string path = PathOf(discovery, ".ipc");
    LoadedScenario loaded{path, "", discovery.scenario};
    ScenarioResult result = SeeAgain(loaded, discovery.signature);
    LoadedScenario expecting = loaded;
    ExpectWhatBlocks(expecting.scenario, result.history);
    ScenarioResult again = SeeAgain(expecting, discovery.signature);
    if (HasSignature(again, discovery.signature)) {
      loaded = std::move(expecting);
      result = std::move(again);
    }
    AddHeader(loaded.scenario, discovery);
    result.scenario = loaded.scenario;
    if (HasSignature(result, discovery.signature)) {
      fmt::print("{}", TextReport(result, style_));
    } else {
      fmt::print("SUMMARY: ipcrig: {} at {}\n", discovery.signature, path);
      fmt::print("  again     ipcrig replay --repeat 100 {}\n", path);
    }
    shown_.push_back(result);
    fmt::print("  fails     {} of {} runs by itself\n", discovery.failed, discovery.repeated);
    Write(path, PrintScenario(loaded.scenario));
  }

  // A run that fails so, if one comes soon; else the last of those that did not.
  ScenarioResult SeeAgain(const LoadedScenario& loaded, const std::string& signature) const {
    ScenarioResult result = RunAndJudge(loaded, options_, rules_);
    for (int i = 1; i < kRunsToSeeAgain && !HasSignature(result, signature); ++i) {
      result = RunAndJudge(loaded, options_, rules_);
    }
    return result;
  }

  void AddHeader(Scenario& scenario, const Discovery& discovery) const {
    auto& above = scenario.steps.front().above;
    above = {
        fmt::format("# {}", discovery.signature),
        fmt::format("# found by: ipcrig {} explore {}, scenario {}; fails {} of {}", IPCRIG_VERSION,
                    Source(), discovery.number, discovery.failed, discovery.repeated)};
  }

  // The options that decide which scenario has which number.
  std::string Source() const {
    if (!command_.enumerate) {
      return fmt::format("{}--seed {:#x}", command_.race ? "--race " : "", command_.seed);
    }
    const auto family = static_cast<size_t>(*command_.enumerate);
    return fmt::format("--exhaustive --ops {}", FamilyNames()[family]);
  }

  void ShowProgress() {
    if (!progress_.visible()) return;
    const double seconds = progress_.seconds();
    const CountsOfShards sums = SumUp(shards_);
    std::string line =
        fmt::format("{} scenarios, {:.0f}/s, {} features, {} findings", sums.runs,
                    static_cast<double>(sums.runs) / seconds, sums.features, found_.size());
    if (sums.tried != 0) line += fmt::format(", shrinking: {} tried", sums.tried);
    if (command_.seconds != 0) {
      line += fmt::format(", {:.0f} s left", std::max(command_.seconds - seconds, 0.0));
    }
    progress_.Show(line.substr(0, style_.width - 1));
  }

  void PrintSummary() const {
    const CountsOfShards sums = SumUp(shards_);
    const double seconds = progress_.seconds();
    for (const Shard& shard : shards_) {
      if (!shard.Finished() || shard.Complete()) continue;
      fmt::print("broken: a shard died in scenario {} of {}\n", shard.counts().number.load(),
                 Source());
    }
    for (const DeviationText& one : Deviations()) {
      if ((sums.deviations & DeviationBit(one.deviation)) == 0) continue;
      fmt::print("known deviation {}: {}\n", one.name, one.text);
    }
    fmt::print("{} scenarios, {} calls in {:.1f} s ({:.0f}/s): {} findings in {} scenarios",
               sums.runs, sums.calls, seconds, static_cast<double>(sums.runs) / seconds,
               found_.size(), sums.findings);
    fmt::print("; {} features, {} cut short, {} skipped, {} unknown; {}\n", sums.features, sums.cut,
               sums.skipped, sums.unknown, Source());
    fflush(stdout);
  }

  ExitCode Code() const {
    const auto died = [](const Shard& shard) { return shard.Finished() && !shard.Complete(); };
    if (not_written_ || std::any_of(shards_.begin(), shards_.end(), died)) return ExitCode::kBroken;
    if (!confirmed_.empty()) return ExitCode::kFail;
    return SumUp(shards_).runs == 0 || !found_.empty() ? ExitCode::kUnknown : ExitCode::kPass;
  }

  const ExploreCommand& command_;
  std::vector<ScenarioResult>& shown_;
  TextStyle style_;
  Rules rules_;
  RunOptions options_;
  Progress progress_;
  bool not_written_ = false;
  std::vector<Shard> shards_;
  std::set<std::string> found_;      // signatures
  std::set<std::string> confirmed_;  // and of those that failed again
};

// --exhaustive: family by family. The worst outcome counts, and a failure before all.
ExitCode ExploreAll(ExploreCommand command, std::vector<ScenarioResult>& shown) {
  std::vector<ExitCode> codes;
  for (size_t i = 0; i < FamilyNames().size() && interrupted == 0; ++i) {
    const auto family = static_cast<Family>(i);
    if ((command.family_bits & FamilyBit(family)) == 0) continue;
    command.enumerate = family;
    codes.push_back(Exploration(command, shown).Run());
    if (command.fail_fast && codes.back() == ExitCode::kFail) break;
  }
  const auto has = [&](ExitCode code) { return std::count(codes.begin(), codes.end(), code) > 0; };
  for (const ExitCode code : {ExitCode::kFail, ExitCode::kBroken, ExitCode::kCannotRun}) {
    if (has(code)) return code;
  }
  return has(ExitCode::kUnknown) ? ExitCode::kUnknown : ExitCode::kPass;
}

ExitCode Explore(ExploreCommand command) {
  if (!ReadPart(command.shard, command.part)) {
    fmt::print(stderr, "ipcrig: --shard {} is not of the form 0/4\n", command.shard);
    return ExitCode::kUsage;
  }
  if (!command.families.empty()) {
    const auto bits = FamiliesOf(command.families);
    if (!bits) {
      fmt::print(stderr, "ipcrig: --ops {}: the families are {}\n", command.families,
                 AllFamilies());
      return ExitCode::kUsage;
    }
    command.family_bits = *bits;
  }
  if (command.exec.shared_namespace) {
    fmt::print(stderr, "ipcrig: explore makes objects at random: no --shared-namespace\n");
    return ExitCode::kUsage;
  }
  if (!command.picture.CanWrite() || !CanWriteIn(command.out, "--out")) return ExitCode::kUsage;
  for (const int number : {SIGINT, SIGTERM}) (void)signal(number, [](int) { interrupted = 1; });
  if (!command.exhaustive && command.runs == 0 && command.seconds == 0) {
    command.seconds = kDefaultSeconds;
  }
  if (command.seed == 0) command.seed = std::random_device{}();
  std::vector<ScenarioResult> shown;
  const ExitCode code =
      command.exhaustive ? ExploreAll(command, shown) : Exploration(command, shown).Run();
  return command.picture.Write(shown) ? code : ExitCode::kBroken;
}

}  // namespace

void AddExploreCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<ExploreCommand>();
  CLI::App* explore = app.add_subcommand("explore", "judge scenarios that nobody wrote");
  explore->footer(
      "Examples:\n"
      "  ipcrig explore --time 30                 half a minute, then what was found\n"
      "  ipcrig explore --runs 10000 --seed 7     the same scenarios each time\n"
      "  ipcrig explore --ops msg,sem --jobs 2    some families only, on two processors\n"
      "  ipcrig explore --runs 1000000 --shard 0/4   a quarter of them, for a fleet\n"
      "  ipcrig explore --race --time 30          calls that meet, judged by linearizability\n"
      "  ipcrig explore --exhaustive --ops sem    all that three calls can do, from a short list\n"
      "\n"
      "What fails is shrunk and written into a file of --out, to be run by `ipcrig replay`.\n");
  command->exec.Register(*explore);
  explore->add_option("--time", command->seconds, "seconds; 60 where --runs is not given either")
      ->check(CLI::Range(0.01, 1e9));
  explore->add_option("--runs", command->runs, "how many scenarios, in all shards together")
      ->check(kWholeNumber);
  explore->add_option("--seed", command->seed, "decides what is drawn; printed at the end")
      ->check(kWholeNumber);
  explore->add_option("--ops", command->families, "families of operations: " + AllFamilies());
  explore
      ->add_option("--processes", command->processes,
                   "how many begin, at least; some scenarios have up to 4")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  explore->add_option("--steps", command->steps, "lines of a scenario")
      ->check(CLI::Range(2, 200))
      ->capture_default_str();
  explore->add_option("-j,--jobs", command->jobs, "how many at a time, each on its own processor")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  explore->add_option("--shard", command->shard, "i/n: the i-th of n parts, from 0")
      ->capture_default_str();
  explore->add_option("--out", command->out, "directory for what is found")->capture_default_str();
  command->picture.Register(*explore);
  CLI::Option* exhaustive = explore->add_flag(
      "--exhaustive", command->exhaustive,
      "not at random: every scenario of at most three calls of two processes, from "
      "a short list of calls for each family");
  explore
      ->add_flag("--race", command->race,
                 "some calls of each scenario are made at the same time, on all processors")
      ->excludes(exhaustive);
  explore->add_flag("--fail-fast", command->fail_fast, "stop at the first finding");
  explore->callback([command, &exit_code] { exit_code = Explore(*command); });
}

}  // namespace ipcrig
