// SPDX-License-Identifier: Apache-2.0
//
// Every scenario file is one test. The directory is the list: nothing has to be registered.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <regex>
#include <set>
#include <typeinfo>

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

// Which operations no scenario of `files` has, as they are written.
std::vector<std::string> WithoutScenario(const std::vector<fs::path>& files) {
  std::set<size_t> seen;
  for (const fs::path& file : files) {
    const auto parsed = ParseScenario(Contents((Root() / file).string()), file.string());
    if (!std::holds_alternative<Scenario>(parsed)) continue;
    for (const Step& step : std::get<Scenario>(parsed).steps) seen.insert(step.op.index());
  }
  std::vector<std::string> missing;
  for (const Op& op : AllOps()) {
    if (!seen.contains(op.index())) missing.push_back(OpSignature(op));
  }
  return missing;
}

// All files of a folder that end so, one behind the other.
std::string Folder(const std::string& folder, const std::string& ending) {
  std::string text;
  for (const auto& entry : fs::directory_iterator(fs::path(IPCRIG_SOURCE_DIR) / folder)) {
    const std::string path = entry.path().string();
    if (path.ends_with(ending)) text += Contents(path);
  }
  return text;
}

// "Msgsnd"
std::string StructName(const Op& op) {
  return std::visit(
      []<typename T>(const T&) {
        const std::string name = typeid(T).name();  // N6ipcrig6MsgsndE
        const size_t begin = name.find_first_not_of("0123456789", strlen("N6ipcrig"));
        return name.substr(begin, name.size() - begin - 1);
      },
      op);
}

// The four steps of ci/CONTRIBUTING.md, for each operation that there is.
TEST(OneMoreOperation, IsInItsFourPlaces) {
  const std::string declared = Folder("harness/ops", "_ops.h");
  const std::string modelled = Folder("harness/model", ".cc");
  const std::string called = Folder("harness/exec", ".cc");
  for (const Op& op : AllOps()) {
    const std::string name = StructName(op);
    EXPECT_NE(declared.find("struct " + name + " {"), std::string::npos) << name;
    EXPECT_NE(modelled.find("void " + name + "::Model("), std::string::npos) << name;
    EXPECT_NE(called.find("void " + name + "::Call("), std::string::npos) << name;
  }
  EXPECT_EQ(WithoutScenario(Files()), std::vector<std::string>());
  EXPECT_GT(WithoutScenario({"msg"}).size(), 50U);  // it would be seen
}

// And the guides to them name files and folders that exist.
TEST(OneMoreOperation, IsDescribedByPlacesThatExist) {
  const fs::path root(IPCRIG_SOURCE_DIR);
  int places = 0;
  for (const char* guide : {"ci/CONTRIBUTING.md", "harness/README.md"}) {
    const std::string text = Contents((root / guide).string());
    const size_t begin = text.find("## One more operation");
    ASSERT_NE(begin, std::string::npos) << guide;
    const std::string part = text.substr(begin, text.find("\n## ", begin + 1) - begin);
    static const std::regex kPlace("`([a-z_]+(?:/[a-z_.]*)+)`");
    for (std::sregex_iterator it(part.begin(), part.end(), kPlace), end; it != end; ++it) {
      const std::string place = (*it)[1];
      const bool exists = fs::exists(root / place) || fs::exists(root / "harness" / place);
      EXPECT_TRUE(exists) << guide << ": " << place;
      ++places;
    }
  }
  EXPECT_GT(places, 8);
}

}  // namespace
}  // namespace ipcrig
