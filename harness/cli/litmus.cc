// SPDX-License-Identifier: Apache-2.0
//
// ipcrig litmus
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include <fmt/format.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "litmus/report.h"
#include "litmus/shipped.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

struct LitmusCommand {
  std::vector<std::string> tests;
  litmus::RunOptions options;
  double seconds = 0;
  std::string machine;
  std::string memory = "sysv";
  std::string attach = "different";
  std::string json;
  bool gated = false;
  bool list = false;
  bool only_allowed = false;
};

// A test that was read, and which states it may end in.
struct LoadedTest {
  std::string path;
  litmus::Test test;
  litmus::Allowed allowed;
};

struct TestSource {
  std::string path;
  std::string text;
};

bool ReadWhole(const fs::path& path, std::vector<TestSource>& sources) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    fmt::print(stderr, "ipcrig: cannot read {}\n", path.string());
    return false;
  }
  sources.push_back({path.string(), text.str()});
  return true;
}

// A file, a directory of *.litmus, or the name of a test that is part of the program.
ExitCode FindTests(const std::string& name, std::vector<TestSource>& sources) {
  std::error_code error;
  if (fs::is_directory(name, error)) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(name, error)) {
      if (entry.path().extension() == ".litmus") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
      if (!ReadWhole(path, sources)) return ExitCode::kUsage;
    }
    if (!paths.empty()) return ExitCode::kPass;
    fmt::print(stderr, "ipcrig: no file *.litmus in {}\n", name);
    return ExitCode::kUsage;
  }
  if (fs::exists(name, error)) {
    return ReadWhole(name, sources) ? ExitCode::kPass : ExitCode::kUsage;
  }
  const litmus::ShippedTest* shipped = litmus::FindShipped(name);
  if (shipped == nullptr) {
    fmt::print(stderr, "ipcrig: {} is no file and no test; `ipcrig litmus --list` lists them\n",
               name);
    return ExitCode::kUsage;
  }
  sources.push_back({std::string(shipped->name), std::string(shipped->text)});
  return ExitCode::kPass;
}

ExitCode LoadTests(const LitmusCommand& command, litmus::Machine machine,
                   std::vector<LoadedTest>& loaded) {
  std::vector<TestSource> sources;
  for (const std::string& name : command.tests) {
    if (const ExitCode code = FindTests(name, sources); code != ExitCode::kPass) return code;
  }
  if (command.tests.empty()) {
    for (const litmus::ShippedTest& one : litmus::ShippedTests()) {
      sources.push_back({std::string(one.name), std::string(one.text)});
    }
  }
  ExitCode code = ExitCode::kPass;
  for (const TestSource& source : sources) {
    auto parsed = litmus::ParseLitmus(source.text, source.path);
    if (!parsed.ok()) {
      fmt::print(stderr, "ipcrig: {}\n", parsed.error().Text());
      code = ExitCode::kBadInput;
      continue;
    }
    loaded.push_back({source.path, std::move(*parsed), {}});
    LoadedTest& one = loaded.back();
    one.allowed = litmus::AllowedStates(one.test, machine);
    if (!one.allowed.may_block) continue;
    fmt::print(stderr, "ipcrig: {}:1:1: its processes may wait for each other for ever\n",
               source.path);
    code = ExitCode::kBadInput;
  }
  return code;
}

std::string AgainText(const LitmusCommand& command, const LoadedTest& loaded,
                      litmus::Machine machine) {
  std::string text = "ipcrig litmus " + loaded.path;
  if (command.memory != "sysv") text += " --memory " + command.memory;
  if (command.attach != "different") text += " --attach " + command.attach;
  if (command.options.removed) text += " --removed";
  if (command.gated) text += " --gated";
  if (machine != litmus::NativeMachine()) {
    text += fmt::format(" --machine {}", litmus::MachineName(machine));
  }
  return text + fmt::format(" --seed {}", command.options.seed);
}

litmus::TestResult RunTest(const LitmusCommand& command, const LoadedTest& loaded,
                           litmus::Machine machine, Progress& progress) {
  litmus::TestResult result;
  result.path = loaded.path;
  result.again = AgainText(command, loaded, machine);
  result.test = loaded.test;
  result.machine = machine;
  result.allowed = loaded.allowed;
  result.options = command.options;
  const auto interesting = [&](const litmus::State& state) {
    return !loaded.allowed.states.contains(state) || litmus::Holds(loaded.test, state);
  };
  std::optional<litmus::Perpetual> plan;
  if (!command.gated) plan = litmus::PlanPerpetual(loaded.test, interesting, result.why_gated);
  result.perpetual = plan.has_value();
  result.observed = litmus::RunLitmus(loaded.test, plan, command.options, [&](uint64_t iterations) {
    progress.Show(fmt::format("{}: {} iterations", loaded.test.name, iterations));
  });
  result.judgement = litmus::Judge(loaded.test, machine, loaded.allowed, result.observed);
  return result;
}

ExitCode WorstOf(const std::vector<litmus::TestResult>& results) {
  for (const ExitCode code :
       {ExitCode::kBroken, ExitCode::kTimedOut, ExitCode::kFail, ExitCode::kUnknown}) {
    for (const litmus::TestResult& result : results) {
      if (result.judgement.verdict == code) return code;
    }
  }
  const bool ran = std::any_of(results.begin(), results.end(), [](const auto& result) {
    return result.judgement.verdict == ExitCode::kPass;
  });
  return ran ? ExitCode::kPass : ExitCode::kCannotRun;
}

ExitCode RunAll(const LitmusCommand& command, const std::vector<LoadedTest>& loaded,
                litmus::Machine machine) {
  Progress progress;
  std::vector<litmus::TestResult> results;
  for (const LoadedTest& one : loaded) {
    results.push_back(RunTest(command, one, machine, progress));
    progress.Clear();
    if (command.json != "-") fmt::print("{}", litmus::TextOf(results.back()));
    fflush(stdout);
  }
  if (command.json != "-") fmt::print("{}", litmus::SummaryOf(results, progress.seconds()));
  if (!command.json.empty() &&
      !WriteReport(command.json, litmus::JsonOf(results, progress.seconds()))) {
    return ExitCode::kBroken;
  }
  return WorstOf(results);
}

// As herd7 prints them.
void PrintAllowed(const std::vector<LoadedTest>& loaded, litmus::Machine machine) {
  for (const LoadedTest& one : loaded) {
    fmt::print("Test {} on {}\nStates {}{}\n", one.test.name, litmus::MachineName(machine),
               one.allowed.states.size(), one.allowed.complete ? "" : " and more");
    for (const litmus::State& state : one.allowed.states) {
      fmt::print("{}\n", litmus::PrintState(one.test, state));
    }
    fmt::print("\n");
  }
}

void ListTests() {
  for (const litmus::ShippedTest& shipped : litmus::ShippedTests()) {
    const auto parsed = litmus::ParseLitmus(shipped.text, std::string(shipped.name));
    fmt::print("{:<20} {}\n", shipped.name, parsed.ok() ? (*parsed).doc : parsed.error().Text());
  }
}

ExitCode Litmus(LitmusCommand command) {
  if (command.list) {
    ListTests();
    return ExitCode::kPass;
  }
  const auto machine =
      command.machine.empty() ? litmus::NativeMachine() : litmus::MachineNamed(command.machine);
  if (!machine) {
    fmt::print(stderr, "ipcrig: what this processor allows is not known; give --machine\n");
    return ExitCode::kCannotRun;
  }
  command.options.memory = *litmus::MemoryNamed(command.memory);
  command.options.attach = *litmus::AttachNamed(command.attach);
  command.options.seconds = command.seconds;
  if (command.options.iterations == 0 && command.seconds == 0) command.options.seconds = 1;
  if (command.options.seed == 0) command.options.seed = std::random_device{}();
  std::vector<LoadedTest> loaded;
  if (const ExitCode code = LoadTests(command, *machine, loaded); code != ExitCode::kPass) {
    return code;
  }
  if (!command.only_allowed) return RunAll(command, loaded, *machine);
  PrintAllowed(loaded, *machine);
  return ExitCode::kPass;
}

}  // namespace

void AddLitmusCommand(CLI::App& app, ExitCode& exit_code) {
  auto command = std::make_shared<LitmusCommand>();
  command->options.seed = 0;
  CLI::App* litmus =
      app.add_subcommand("litmus", "what becomes visible in shared memory, and when");
  litmus->footer(
      "Examples:\n"
      "  ipcrig litmus                            all tests that come with it, a second each\n"
      "  ipcrig litmus MP+semop SB --time 10      two of them, for longer\n"
      "  ipcrig litmus mine.litmus -n 1000000     a file, a million iterations\n"
      "  ipcrig litmus MP --attach readonly --removed   loads through a read-only attach, of a\n"
      "                                           segment that has been removed\n"
      "  ipcrig litmus SB --allowed --machine sc  what a machine allows, without a run\n"
      "\n"
      "The language is that of litmus7 and of the kernel's memory model, with IPC calls:\n"
      "scenarios/litmus/README.md. A state that the machine does not allow is a failure.\n");
  litmus->add_option("tests", command->tests,
                     "files, directories of *.litmus, or names of tests that come with it; all of "
                     "those where none is given");
  litmus->add_option("-n,--runs", command->options.iterations, "iterations of each test")
      ->check(kWholeNumber);
  litmus
      ->add_option("--time", command->seconds,
                   "seconds for each test; 1 where --runs is not given either")
      ->check(CLI::Range(0.01, 1e9));
  litmus->add_option("--seed", command->options.seed, "decides the delays between statements")
      ->check(kWholeNumber);
  litmus
      ->add_option("--processors", command->options.processors,
                   "where P0, P1... run: numbers among those that may be used, as 0,1")
      ->delimiter(',')
      ->check(CLI::Range(0, 4096));
  litmus->add_option("--attach", command->attach, "different, inherited, twice or readonly")
      ->check(CLI::IsMember({"different", "inherited", "twice", "readonly"}))
      ->capture_default_str();
  litmus->add_option("--memory", command->memory, "sysv, huge or memfd")
      ->check(CLI::IsMember({"sysv", "huge", "memfd"}))
      ->capture_default_str();
  litmus->add_flag("--removed", command->options.removed, "IPC_RMID before the first iteration");
  litmus->add_flag("--gated", command->gated, "a barrier before each iteration, always");
  litmus
      ->add_option("--machine", command->machine,
                   "sc, tso or omca: what is allowed; that of this processor otherwise")
      ->check(CLI::IsMember({"sc", "tso", "omca"}));
  litmus
      ->add_option("--timeout", command->options.timeout_s,
                   "seconds after which a process that waits is given up")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
  litmus->add_option("--json", command->json,
                     "write a JSON report to this file; - for standard "
                     "output");
  litmus->add_flag("--allowed", command->only_allowed, "print the allowed states, run nothing");
  litmus->add_flag("--list", command->list, "list the tests that come with it");
  litmus->callback([command, &exit_code] { exit_code = Litmus(*command); });
}

}  // namespace ipcrig
