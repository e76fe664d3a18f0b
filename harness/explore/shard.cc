// SPDX-License-Identifier: Apache-2.0
#include "explore/shard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <utility>

#include "base/io.h"
#include "explore/explorer.h"
#include "gen/draws.h"
#include "gen/situations.h"

namespace ipcrig {
namespace {

uint64_t TakeNumber(std::string_view& line) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), number);
  line.remove_prefix(std::min(static_cast<size_t>(parsed.ptr - line.data()) + 1, line.size()));
  return number;
}

[[noreturn]] void RunShard(const ShardPlan& plan, Isolation isolation, uid_t uid, gid_t gid,
                           int output, ShardCounts& counts) {
  if (!SetUpSandbox(isolation, uid, gid, output).ok()) _exit(1);
  Explorer explorer(plan, isolation, counts);
  while (explorer.Next()) {
    const auto discovery = explorer.TakeDiscovery();
    if (discovery && !WriteAll(output, PrintDiscovery(*discovery)))
      _exit(0);  // nobody reads any more
  }
  (void)WriteAll(output, "done\n");
  _exit(0);
}

}  // namespace

// A head line, the signature, the scenario, the run:
//
//   discovery NUMBER FAILED REPEATED LENGTH-OF-SCENARIO LENGTH-OF-RUN
std::string PrintDiscovery(const Discovery& discovery) {
  const std::string scenario = PrintScenario(discovery.scenario);
  std::string text = "discovery";
  for (const uint64_t number :
       {discovery.number, static_cast<uint64_t>(discovery.failed),
        static_cast<uint64_t>(discovery.repeated), scenario.size(), discovery.run.size()}) {
    text += " " + std::to_string(number);
  }
  return text + "\n" + discovery.signature + "\n" + scenario + discovery.run;
}

std::optional<Discovery> TakeDiscovery(std::string& text) {
  constexpr std::string_view kWord = "discovery ";
  const size_t head = text.find('\n');
  if (head == std::string::npos || !text.starts_with(kWord)) return std::nullopt;
  const size_t signature_end = text.find('\n', head + 1);
  if (signature_end == std::string::npos) return std::nullopt;
  std::string_view line = std::string_view(text).substr(kWord.size(), head - kWord.size());
  Discovery discovery;
  discovery.number = TakeNumber(line);
  discovery.failed = static_cast<int>(TakeNumber(line));
  discovery.repeated = static_cast<int>(TakeNumber(line));
  const size_t of_scenario = TakeNumber(line);
  const size_t of_run = TakeNumber(line);
  const size_t begin = signature_end + 1;
  if (text.size() < begin + of_scenario + of_run) return std::nullopt;
  discovery.signature = text.substr(head + 1, signature_end - head - 1);
  auto parsed = ParseScenario(std::string_view(text).substr(begin, of_scenario), "discovery");
  if (auto* scenario = std::get_if<Scenario>(&parsed)) discovery.scenario = std::move(*scenario);
  discovery.run = text.substr(begin + of_scenario, of_run);
  text.erase(0, begin + of_scenario + of_run);
  return discovery;
}

Result<Shard> Shard::Start(const ShardPlan& plan) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"pipe", errno};
  UniqueFd from(ends[0]);
  const UniqueFd to(ends[1]);
  void* memory =
      mmap(nullptr, sizeof(ShardCounts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return Error{"mmap", errno};
  Shard shard;
  shard.counts_ = static_cast<ShardCounts*>(memory);
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  const auto child = ForkIntoSandbox({.shared_namespace = false});
  if (!child.ok()) return child.error();
  if (child->pid == 0) {
    from.Reset();
    RunShard(plan, child->isolation, uid, gid, to.get(), *shard.counts_);
  }
  shard.pid_ = child->pid;
  shard.from_shard_ = std::move(from);
  return shard;
}

Shard::Shard(Shard&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      from_shard_(std::move(other.from_shard_)),
      counts_(std::exchange(other.counts_, nullptr)),
      text_(std::move(other.text_)),
      finished_(other.finished_),
      complete_(other.complete_) {}

Shard::~Shard() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (counts_ != nullptr) munmap(counts_, sizeof(ShardCounts));
}

std::vector<Discovery> Shard::Advance() {
  if (!finished_) finished_ = !ReadAvailable(fd(), text_);
  std::vector<Discovery> discoveries;
  while (auto discovery = TakeDiscovery(text_)) discoveries.push_back(std::move(*discovery));
  if (finished_) complete_ = text_ == "done\n";
  return discoveries;
}

Scenario DrawScenario(const GenerateOptions& options, uint64_t seed, uint64_t number) {
  constexpr uint64_t kCrowdEvery = 64;
  constexpr size_t kCrowdSteps = 64;
  const bool anything = options.swarm && !options.race && options.families == kAllFamilies;
  const uint64_t situation = number / 3 * 2 + number % 3;  // two of three, the third is drawn
  if (anything && number % 3 != 2 && situation < Situations::Size()) {
    auto scenario = Situations::At(situation, options.facts, options.rules);
    if (scenario) return std::move(*scenario);
  }
  SeededDraw draw(seed * 0x2545f4914f6cdd1dU + number);
  GenerateOptions kind = options;
  kind.seconds = IsSlow(number);
  kind.crowd = !kind.seconds && number % kCrowdEvery == kCrowdEvery / 2;
  if (kind.crowd) kind.steps = std::max(kind.steps, kCrowdSteps);
  return Generate(draw, kind);
}

}  // namespace ipcrig
