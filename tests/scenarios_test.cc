// SPDX-License-Identifier: Apache-2.0
//
// Every scenario file is one test. The directory is the list: nothing has to be registered.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "check/judge.h"
#include "command.h"
#include "exec/run.h"
#include "report/report.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;

fs::path Root() { return fs::path(IPCRIG_SOURCE_DIR) / "scenarios"; }

std::vector<fs::path> Files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(Root())) {
    if (entry.path().extension() == ".ipc") files.push_back(fs::relative(entry.path(), Root()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

class ScenarioFile : public testing::TestWithParam<fs::path> {};

TEST_P(ScenarioFile, Passes) {
  const std::string path = (Root() / GetParam()).string();
  const std::string text = Contents(path);
  auto parsed = ParseScenario(text, path);
  ASSERT_TRUE(std::holds_alternative<Scenario>(parsed)) << std::get<ParseError>(parsed).Text();
  const Scenario& scenario = std::get<Scenario>(parsed);
  EXPECT_EQ(PrintScenario(scenario), text) << "`ipcrig format " << path << "` would change it";

  RunOptions options;
  options.programs = std::string(IPCRIG_BUILD_DIR) + "/scenarios/programs";
  const auto history = RunScenario(scenario, options);
  if (!history.ok()) GTEST_SKIP() << history.error().Text();
  const ScenarioResult result{path, scenario, *history, Judge(scenario, *history), 0};
  if (result.judgement.verdict == Verdict::kSkipped) GTEST_SKIP() << result.judgement.reason;
  EXPECT_EQ(result.judgement.verdict, Verdict::kPass) << TextReport(result, {});
}

// shm/hello_parent.ipc becomes shm_hello_parent_ipc.
std::string TestName(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return isalnum(static_cast<unsigned char>(c)) == 0; },
      '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioFile, testing::ValuesIn(Files()), TestName);

}  // namespace
}  // namespace ipcrig
