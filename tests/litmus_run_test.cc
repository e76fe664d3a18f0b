// SPDX-License-Identifier: Apache-2.0
//
// Litmus tests in real processes: what is right passes however it is attached, and memory or
// synchronisation that was broken on purpose is caught.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command.h"
#include "litmus/control.h"
#include "litmus/judge.h"
#include "litmus/report.h"
#include "shipped_litmus.h"

namespace ipcrig::litmus {
namespace {

using testing::HasSubstr;

// Runs `executed`, and judges it as if it had been `test`.
TestResult RunAs(const litmus::Test& test, const litmus::Test& executed, const RunOptions& options,
                 bool gated = false) {
  TestResult result;
  result.path = test.name;
  result.test = test;
  result.machine = NativeMachine().value_or(Machine::kOmca);
  result.allowed = AllowedStates(test, result.machine);
  result.options = options;
  const auto interesting = [&](const State& state) {
    return !result.allowed.states.contains(state) || Holds(test, state);
  };
  std::string why_not;
  std::optional<Perpetual> plan;
  if (!gated) plan = PlanPerpetual(executed, interesting, why_not);
  result.perpetual = plan.has_value();
  result.observed = RunLitmus(executed, plan, options);
  result.judgement = Judge(test, result.machine, result.allowed, result.observed);
  return result;
}

RunOptions Iterations(uint64_t iterations) {
  RunOptions options;
  options.iterations = iterations;
  options.seconds = 0;
  options.timeout_s = 60;
  return options;
}

#define SKIP_IF_IT_CANNOT_RUN(result)                       \
  if ((result).judgement.verdict == ExitCode::kCannotRun) { \
    GTEST_SKIP() << (result).judgement.reason;              \
  }                                                         \
  static_assert(true)

bool HasFinding(const TestResult& result, const std::string& signature) {
  const auto& findings = result.judgement.findings;
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.signature.starts_with(signature);
  });
}

TEST(LitmusRun, EveryWayToAttachPasses) {
  for (const char* attach : {"different", "inherited", "twice", "readonly"}) {
    for (const bool removed : {false, true}) {
      for (const bool gated : {false, true}) {
        auto options = Iterations(gated ? 64 : 20000);
        options.attach = *AttachNamed(attach);
        options.removed = removed;
        for (const char* name : {"MP+rdonly", "CoRR", "SB"}) {
          const litmus::Test test = ReadShipped(name);
          const auto result = RunAs(test, test, options, gated);
          SKIP_IF_IT_CANNOT_RUN(result);
          EXPECT_EQ(result.judgement.verdict, ExitCode::kPass) << TextOf(result);
          EXPECT_EQ(result.observed.iterations, options.iterations);
        }
      }
    }
  }
}

// The addresses of both processes, as they saw them themselves.
TEST(LitmusRun, ProcessesAttachWhereTheyShould) {
  struct Places {
    char* store[2];
    const char* load[2];
  };
  void* memory =
      mmap(nullptr, sizeof(Places), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* places = static_cast<Places*>(memory);
  auto options = Iterations(16);
  options.attached = [&](size_t process, std::vector<View>& views) {
    places->store[process] = views[0].store;
    places->load[process] = views[0].load;
  };
  const litmus::Test test = ReadShipped("SB");
  options.attach = Attach::kInherited;
  const auto result = RunAs(test, test, options);
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_EQ(places->store[0], places->store[1]);
  options.attach = Attach::kDifferent;
  (void)RunAs(test, test, options);
  EXPECT_NE(places->store[0], places->store[1]);
  EXPECT_EQ(places->store[0], places->load[0]);
  options.attach = Attach::kTwice;
  (void)RunAs(test, test, options);
  EXPECT_NE(places->store[0], places->store[1]);
  EXPECT_NE(places->store[0], places->load[0]);
  munmap(memory, sizeof(Places));
}

TEST(LitmusRun, OtherMemoryPassesOrIsSkipped) {
  const litmus::Test test = ReadShipped("MP+rel+acq");
  for (const char* memory : {"memfd", "huge"}) {
    auto options = Iterations(1000);
    options.memory = *MemoryNamed(memory);
    const auto verdict = RunAs(test, test, options).judgement.verdict;
    EXPECT_TRUE(verdict == ExitCode::kPass || verdict == ExitCode::kCannotRun) << memory;
  }
}

// The planted bugs. Each is a test that is executed otherwise than it is written.

TEST(LitmusRun, StoresInTheWrongOrderAreCaught) {
  const litmus::Test test = ReadShipped("MP+rel+acq");
  litmus::Test reordered = test;
  std::swap(reordered.processes[0].body[0], reordered.processes[0].body[1]);
  const auto result = RunAs(test, reordered, Iterations(3'000'000));
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_EQ(result.judgement.verdict, ExitCode::kFail) << TextOf(result);
  EXPECT_TRUE(HasFinding(result, "forbidden: 1:r0=1; 1:r1=0;"));
  EXPECT_TRUE(HasFinding(result, "condition: 1:r0=1; 1:r1=0;"));
  EXPECT_THAT(TextOf(result), HasSubstr("SUMMARY: ipcrig: visibility: MP+rel+acq"));
}

TEST(LitmusRun, LoadsInTheWrongOrderAreCaught) {
  const litmus::Test test = ReadShipped("CoRR");
  litmus::Test reordered = test;
  std::swap(reordered.processes[1].body[0], reordered.processes[1].body[1]);
  // Both load x: what is swapped is which of them is r0.
  const auto result = RunAs(test, reordered, Iterations(3'000'000));
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_EQ(result.judgement.verdict, ExitCode::kFail) << TextOf(result);
}

// A reader whose attach is a private copy: what a kernel does that breaks sharing, as by copying on
// write what it should not.
void CopyPrivately(size_t process, std::vector<View>& views) {
  if (process != 1) return;
  const auto bytes = kLine * kMaxGatedRound;
  void* copy = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED) _exit(1);
  views[0].load = static_cast<char*>(copy);
}

TEST(LitmusRun, AStaleCopyIsCaughtWithEachKindOfSynchronisation) {
  for (const char* name : {"MP+semop", "MP+msg", "MP+pipe", "MP+futex"}) {
    auto options = Iterations(16);
    options.attached = CopyPrivately;
    const litmus::Test test = ReadShipped(name);
    const auto result = RunAs(test, test, options);
    SKIP_IF_IT_CANNOT_RUN(result);
    EXPECT_EQ(result.judgement.verdict, ExitCode::kFail) << name;
    EXPECT_TRUE(HasFinding(result, "forbidden: 1:r0=0;")) << name;
  }
}

TEST(LitmusRun, AStaleCopyIsCaughtInPerpetualTests) {
  auto options = Iterations(1'000'000);
  options.attached = CopyPrivately;
  const litmus::Test test = ReadShipped("MP+rel+acq");
  const auto result = RunAs(test, test, options);
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_TRUE(result.perpetual);
  EXPECT_TRUE(HasFinding(result, "forbidden: 1:r0=1; 1:r1=0;")) << TextOf(result);
}

TEST(LitmusRun, ValuesThatNobodyStoredAreCaught) {
  auto options = Iterations(1000);
  options.attached = [](size_t process, std::vector<View>& views) {
    CopyPrivately(process, views);
    if (process == 1) *reinterpret_cast<uint32_t*>(const_cast<char*>(views[0].load)) = 0xdeadbeef;
  };
  const litmus::Test test = ReadShipped("MP+rel+acq");
  const auto result = RunAs(test, test, options);
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_TRUE(HasFinding(result, "impossible")) << TextOf(result);
}

// The reader does not wait: as if a P, a msgrcv, a read or a futex wait let it through.
TEST(LitmusRun, SynchronisationThatIsSkippedIsCaught) {
  for (const char* name : {"MP+semop", "MP+msg", "MP+pipe", "MP+futex", "ISA2+semop+msg"}) {
    const litmus::Test test = ReadShipped(name);
    litmus::Test skipped = test;
    for (Process& process : skipped.processes) {
      std::erase_if(process.body, [](const Statement& one) {
        return one.action == Action::kPost || one.action == Action::kWait;
      });
    }
    const auto result = RunAs(test, skipped, Iterations(4'000), true);
    SKIP_IF_IT_CANNOT_RUN(result);
    EXPECT_EQ(result.judgement.verdict, ExitCode::kFail) << TextOf(result);
  }
}

TEST(LitmusRun, ALockThatLetsBothInLosesIncrements) {
  const litmus::Test test = ReadShipped("Mutex+semop");
  litmus::Test unlocked = test;
  for (Process& process : unlocked.processes) {
    std::erase_if(process.body, [](const Statement& one) { return one.action == Action::kWait; });
    std::erase_if(process.body, [](const Statement& one) { return one.action == Action::kPost; });
  }
  const auto result = RunAs(test, unlocked, Iterations(20'000), true);
  SKIP_IF_IT_CANNOT_RUN(result);
  if (result.observed.processors < 2) GTEST_SKIP() << "one processor seldom interrupts it there";
  EXPECT_TRUE(HasFinding(result, "condition: [x]=1;")) << TextOf(result);
}

// A lost wake-up: nobody posts.
TEST(LitmusRun, AProcessThatStillWaitsIsNamed) {
  const litmus::Test test = ReadShipped("MP+semop");
  litmus::Test lost = test;
  lost.processes[0].body.pop_back();
  auto options = Iterations(16);
  options.timeout_s = 0.5;
  const auto result = RunAs(test, lost, options);
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_EQ(result.judgement.verdict, ExitCode::kTimedOut);
  EXPECT_EQ(result.judgement.reason, "P1 is still in semop(c, -1) (line 11)");
}

TEST(LitmusRun, AProcessThatDiesIsAFinding) {
  auto options = Iterations(16);
  const litmus::Test test = ReadShipped("MP+rel+acq");
  options.attached = [](size_t process, std::vector<View>&) {
    if (process == 1) (void)raise(SIGKILL);
  };
  const auto result = RunAs(test, test, options);
  SKIP_IF_IT_CANNOT_RUN(result);
  EXPECT_EQ(result.judgement.verdict, ExitCode::kFail);
  EXPECT_THAT(result.judgement.reason, HasSubstr("P1 was ended by Killed"));
}

class LitmusCommandLine : public testing::Test {
 protected:
  ScratchDirectory scratch_;
};

TEST_F(LitmusCommandLine, ShippedTestsPass) {
  const CommandResult result = RunIpcrig({"litmus", "-n", "64", "--timeout", "60"});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(" pass in "));
}

TEST_F(LitmusCommandLine, PrintsWhatLitmus7Prints) {
  const CommandResult result = RunIpcrig({"litmus", "mp+semop", "-n", "32", "--timeout", "60"});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_THAT(result.output,
              HasSubstr("Test MP+semop Forbidden\nHistogram (1 states)\n32    :>1:r0=1;\nOk\n\n"
                        "Witnesses\nPositive: 32, Negative: 0\n"
                        "Condition ~exists (1:r0=0) is validated\n"
                        "Observation MP+semop Never 0 32\nTime MP+semop "));
  EXPECT_THAT(result.output, HasSubstr("1 of 1 allowed states seen; gated, 32 iterations"));
}

TEST_F(LitmusCommandLine, OneProcessorIsNotedAndNoFailure) {
  const CommandResult result =
      RunIpcrig({"litmus", "SB", "MP+semop", "-n", "100", "--processors", "0", "--timeout", "60"});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("Note 1 processor: weak outcomes cannot be seen"));
}

TEST_F(LitmusCommandLine, AConditionThatDoesNotHoldFails) {
  const std::string path =
      scratch_.Write("wrong.litmus", "C Wrong\n{}\nP0 (int *x) {\n  *x = 1;\n}\n~exists (x=1)\n");
  const CommandResult result = RunIpcrig({"litmus", path, "-n", "8", "--timeout", "60"});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("wrong.litmus:6  ~exists (x=1)"));
  EXPECT_THAT(result.output, HasSubstr("observed  [x]=1;  8 times"));
  EXPECT_THAT(result.output, HasSubstr("though the machine allows it"));
  EXPECT_THAT(result.output, HasSubstr("again     ipcrig litmus " + path));
}

TEST_F(LitmusCommandLine, JsonHasStatesAndVerdicts) {
  const CommandResult result =
      RunIpcrig({"litmus", "SB", "-n", "1000", "--seed", "3", "--json", "-", "--timeout", "60"});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  const auto json = nlohmann::json::parse(result.output);
  const auto& test = json["tests"][0];
  EXPECT_EQ(test["name"], "SB");
  EXPECT_EQ(test["verdict"], "pass");
  EXPECT_EQ(test["mode"], "perpetual");
  EXPECT_EQ(test["iterations"], 1000);
  EXPECT_EQ(test["seed"], 3);
  EXPECT_FALSE(test["states"].empty());
}

TEST_F(LitmusCommandLine, BadInputAndUsage) {
  const std::string bad = scratch_.Write("bad.litmus", "C Bad\n{}\nP0 (int *x) { *z = 1; }\n");
  CommandResult result = RunIpcrig({"litmus", bad});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr("bad.litmus:3:16: z is no location"));
  const std::string stuck = scratch_.Write(
      "stuck.litmus",
      "C Stuck\n{}\nP0 (sem s, int *x) {\n  semop(s, -1);\n  semop(s, 1);\n  *x = 1;\n}\n");
  result = RunIpcrig({"litmus", stuck});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr("may wait for each other for ever"));
  EXPECT_EQ(RunIpcrig({"litmus", "no_such_test"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"litmus", "--machine", "alpha"}).exit_code, 64);
  EXPECT_EQ(RunIpcrig({"litmus", "SB", "--attach", "nowhere"}).exit_code, 64);
}

TEST_F(LitmusCommandLine, AllowedStatesAndTheListNeedNoRun) {
  CommandResult result = RunIpcrig({"litmus", "SB", "--allowed", "--machine", "sc"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output,
            "Test SB on sc\nStates 3\n0:r0=0; 1:r0=1;\n0:r0=1; 1:r0=0;\n0:r0=1; 1:r0=1;\n\n");
  result = RunIpcrig({"litmus", "--list"});
  EXPECT_THAT(result.output, HasSubstr("mp+semop"));
}

TEST_F(LitmusCommandLine, NobodyCanRunIt) {
  if (const std::string why = WhyNotAsNobody(); !why.empty()) GTEST_SKIP() << why;
  const CommandResult result = RunIpcrig(
      {"litmus", "MP+semop", "MP+futex", "SB", "-n", "32", "--timeout", "60"}, {.as_nobody = true});
  if (result.exit_code == 69) GTEST_SKIP() << result.output;
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(LitmusCommandLine, NothingIsLeftWhenItIsKilled) {
  BecomeReaper();
  for (const char* name : {"MP+semop", "SB"}) {
    CommandProcess command({IPCRIG_BINARY, "litmus", name, "--time", "1000"});
    // Its processes are there: P0 and P1 of the engine.
    // Its processes are there, unless it has ended, since it cannot run here.
    std::vector<std::string> living;
    do {
      living = LivingDescendants();
    } while (!living.empty() && std::count(living.begin(), living.end(), "ipcrig-P1") == 0);
    if (living.empty()) GTEST_SKIP() << command.Wait().output;
    command.Signal(SIGKILL);
    EXPECT_EQ(command.Wait().exit_code, 128 + SIGKILL);
    while (!LivingDescendants().empty()) {
    }
  }
}

}  // namespace
}  // namespace ipcrig::litmus
