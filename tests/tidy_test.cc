// SPDX-License-Identifier: Apache-2.0
//
// House rules as ordinary tests. Each rule must reject what it is for, must accept what looks
// alike, and must find nothing in the tree.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tidy_rules.h"
#include "tidy_text.h"

namespace ipcrig::tidy {
namespace {

namespace fs = std::filesystem;

struct Accepted {
  std::string path;
  std::string contents;
};

struct Rejected {
  std::string path;
  std::string contents;
  int line;  // of the one violation
};

struct Row {
  std::string name;
  Rule rule;
  std::vector<Rejected> rejects;
  std::vector<Accepted> accepts;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string Repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string FunctionOf(std::string_view head, int lines) {
  return std::string(head) + " {\n" + Repeated("  x();\n", lines - 2) + "}\n";
}

const std::string kLicence = "// SPDX-License-Identifier: Apache-2.0\n";
const std::string kManual = "// One.\n//\n// Two.\n// Three.\n";
const std::string kColumns = std::string(100, '-');

const std::array<Row, 10> kRows = {{
    {"Layering",
     Layering,
     {{"harness/base/a.h", "#include \"ops/op.h\"\n", 1},
      {"harness/ops/a.h", "#include <string>\n#include \"model/state.h\"\n", 2},
      {"harness/model/a.cc", "#include \"exec/worker.h\"\n", 1},
      {"harness/exec/a.cc", "#include \"model/state.h\"\n", 1},
      {"harness/gen/a.cc", "#include \"check/check.h\"\n", 1},
      {"harness/check/a.cc", "  #  include \"report/text.h\"\n", 1},
      {"harness/report/a.cc", "#include \"exec/kernel.h\"\n", 1},
      {"harness/base/a.cc", "#include \"result.h\"\n", 1},
      {"harness/model/a.cc", "#include <sys/msg.h>\n", 1},
      {"harness/check/a.cc", "#include <unistd.h>\n", 1},
      {"harness/ops/a.cc", "#include <signal.h>\n", 1}},
     {{"harness/model/a.cc", "#include <errno.h>\n#include \"ops/op.h\"\n#include <vector>\n"},
      {"harness/exec/a.cc", "#include <sys/msg.h>\n#include \"exec/worker.h\"\n"},
      {"harness/gen/a.cc", "#include \"model/state.h\"\n"},
      {"harness/base/a.cc", "// #include \"ops/op.h\"\n"},
      {"harness/main.cc", "#include \"exec/kernel.h\"\n#include \"model/state.h\"\n"}}},
    {"FileSize",
     FileSize,
     {{"harness/base/a.cc", Repeated("x\n", 401), 401},
      {"tests/a.cc", Repeated("x\n", 601), 601},
      {"scenarios/msg/a.ipc", "#\n" + kColumns + "-\n", 2},
      {"ci/check", kColumns + "-\n", 1}},
     {{"harness/base/a.cc", Repeated("x\n", 400)},
      {"tests/a.cc", Repeated("x\n", 600)},
      {"harness/a.cc", kColumns + "\n"},
      {"harness/a.cc", Repeated("\xC3\xA9", 100) + "\n"},
      {"ci/README.md", kColumns + kColumns + "\n"}}},
    {"FunctionSize",
     FunctionSize,
     {{"harness/a.cc", FunctionOf("void F()", 61), 1},
      {"harness/a.cc", "namespace a {\nclass B {\n" + FunctionOf("int F() const", 61) + "};\n}\n",
       3},
      {"harness/a.cc", FunctionOf("B::B() : a_(1), b_{2}", 61), 1},
      {"tests/a.cc", "\n" + FunctionOf("TEST(Suite, Name)", 61), 2},
      {"scenarios/programs/a.c", FunctionOf("static struct point where(void)", 61), 1}},
     {{"harness/a.cc", FunctionOf("void F()", 60)},
      {"harness/a.cc", FunctionOf("namespace a", 99)},
      {"harness/a.cc", FunctionOf("enum class E : int", 99)},
      {"harness/a.cc", FunctionOf("const int kTable[] =", 99)},
      {"harness/a.cc", FunctionOf("class alignas(64) B final : public C<int>", 99)},
      {"harness/a.md", FunctionOf("void F()", 99)}}},
    {"NoSleep",
     NoSleep,
     {{"harness/exec/a.cc", "\nusleep(10);\n", 2},
      {"tests/a.cc", "std::this_thread::sleep_for(1ms);\n", 1},
      {"fuzz/a.cc", "::sleep (1);\n", 1},
      {"harness/a.cc", "nanosleep\n    (&t, nullptr);\n", 1}},
     {{"harness/exec/a.cc", "// Never usleep(10) here.\nPrint(\"sleep(1)\");\n"},
      {"harness/exec/a.cc", "bool asleep(); int sleep = 0; FallAsleep();\n"},
      {"harness/exec/a.cc", "auto text = R\"x(sleep(1) \" )x\"; char quote = '\"'; Go();\n"}}},
    {"FileHead",
     FileHead,
     {{"harness/a.cc", "#include <string>\n", 1},
      {"scenarios/programs/a.c", "\n" + kLicence, 1},
      {"harness/a.h", kLicence + kManual, 1},
      {"harness/a.h", kLicence + "// One.\n//\n// Two.\n#pragma once\n", 1}},
     {{"harness/a.cc", kLicence + "int x;\n"},
      {"harness/a.h", kLicence + "//\n" + kManual + "#pragma once\n"},
      {"harness/a.h", kLicence + "#pragma once\n\n" + kManual + "int x;\n"},
      {"ci/check", "#!/bin/sh\n"}}},
    {"Whitespace",
     Whitespace,
     {{"harness/a.cc", "a\n\tb\n", 2},
      {"harness/a.cc", "a \n", 1},
      {"scenarios/msg/a.ipc", "a\r\n", 1},
      {"README.md", "a\n\n", 2},
      {"harness/a.cc", "a", 1},
      {"harness/a.cc", "", 1}},
     {{"harness/a.cc", "a\n\nb\n"}, {"tests/golden/report.txt", "a \t\n\n"}}},
    {"NoMarkers",
     NoMarkers,
     {{"harness/a.cc",
       "\n// TO"
       "DO(me): later\n",
       2},
      {"ci/check",
       "# FIX"
       "ME\n",
       1},
      {"README.md",
       "XX"
       "X: think\n",
       1}},
     {{"scenarios/msg/a.ipc",
       "# X001: TO"
       "DOS is not a marker\n"},
      {"ci/check",
       "mktemp /tmp/ipcrig.XXXX"
       "XX\n"}}},
    {"NoBannedCalls",
     NoBannedCalls,
     {{"harness/a.cc", "assert(x);\n", 1},
      {"harness/a.cc", "a;\nstd::exit(1);\n", 2},
      {"harness/a.cc", "system(\"ls\");\n", 1},
      {"harness/a.cc", "FILE* f = popen(\"ls\", \"r\");\n", 1},
      {"harness/a.cc", "std::thread t(f);\n", 1},
      {"harness/a.cc", "std::regex r;\n", 1}},
     {{"harness/a.cc", "static_assert(x); _exit(1); ::_exit(2); std::system_error e; // exit(1)\n"},
      {"harness/a.cc", "std::this_thread::yield(); int exit = 1; std::system_category();\n"},
      {"harness/a.cc", "return app.exit(error) + app->exit(error);\n"},
      {"tests/a.cc", "exit(1);\n"}}},
    {"NoMachinePaths",
     NoMachinePaths,
     {{"harness/a.cc",
       "// see /wo"
       "rk/x\n",
       1},
      {"README.md",
       "a\n`/fa"
       "rm/y`\n",
       2}},
     {{"harness/a.cc",
       "// net/wo"
       "rk/x, /tmp/wo"
       "rk/y, framework/fa"
       "rm/z\n"}}},
    {"ScenarioFile",
     ScenarioFile,
     {{"scenarios/msg/a.ipc", "A  msgget(key=private)\n", 1},
      {"scenarios/msg/a.ipc", "#\n# The second line is too late.\n", 1},
      {"scenarios/race/deep/Upper.ipc", "# A message is received once.\n", 1},
      {"scenarios/msg/a-b.ipc", "# A message is received once.\n", 1}},
     {{"scenarios/msg/lowest_type_of_2.ipc", "# A message is received once.\nA x()\n"},
      {"fuzz/corpus/Seed-1.ipc", "A x()\n"}}},
}};

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct File {
  std::string path;  // relative to the root
  std::string contents;
};

void AddFile(const fs::path& root, const fs::directory_entry& entry, std::vector<File>& files) {
  if (!entry.is_regular_file()) return;
  files.push_back({entry.path().lexically_relative(root).string(), ReadFile(entry.path())});
}

// The files at the root, and all those in the folders that hold what is written here.
std::vector<File> ReadTree() {
  const fs::path root = IPCRIG_SOURCE_DIR;
  std::vector<File> files;
  for (const auto& entry : fs::directory_iterator(root)) AddFile(root, entry, files);
  for (const char* folder : {"harness", "tests", "fuzz", "scenarios", "ci", ".ci"}) {
    if (!fs::exists(root / folder)) continue;
    for (auto it = fs::recursive_directory_iterator(root / folder); it != fs::end(it); ++it) {
      if (it->is_directory() && it->path().filename() == "build") it.disable_recursion_pending();
      AddFile(root, *it, files);
    }
  }
  std::sort(files.begin(), files.end(),
            [](const File& left, const File& right) { return left.path < right.path; });
  return files;
}

const std::vector<File>& Tree() {
  static const std::vector<File> files = ReadTree();
  return files;
}

class Tidy : public testing::TestWithParam<Row> {};

TEST_P(Tidy, RejectsWhatItIsFor) {
  ASSERT_FALSE(GetParam().rejects.empty());
  for (const Rejected& sample : GetParam().rejects) {
    SCOPED_TRACE(sample.path + ":\n" + sample.contents);
    const Violations violations = GetParam().rule(sample.path, sample.contents);
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations.front().line, sample.line);
    EXPECT_NE(violations.front().what, "");
  }
}

TEST_P(Tidy, AcceptsWhatLooksAlike) {
  ASSERT_FALSE(GetParam().accepts.empty());
  for (const Accepted& sample : GetParam().accepts) {
    SCOPED_TRACE(sample.path + ":\n" + sample.contents);
    for (const Violation& violation : GetParam().rule(sample.path, sample.contents)) {
      ADD_FAILURE() << "line " << violation.line << ": " << violation.what;
    }
  }
}

TEST_P(Tidy, FindsNothingInTheTree) {
  for (const File& file : Tree()) {
    for (const Violation& violation : GetParam().rule(file.path, file.contents)) {
      ADD_FAILURE() << file.path << ":" << violation.line << ": " << violation.what;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rule, Tidy, testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.name; });

// A walk that finds no files would find no violations either.
TEST(TidyTree, HoldsTheFilesThatAreKnownToExist) {
  for (const std::string path :
       {"CMakeLists.txt", "ci/check", "tests/tidy_test.cc", "scenarios/programs/hello_parent.c"}) {
    const bool found = std::any_of(Tree().begin(), Tree().end(),
                                   [&](const File& file) { return file.path == path; });
    EXPECT_TRUE(found) << path;
  }
}

TEST(TidyText, BlanksCommentsAndLiteralsInPlace) {
  EXPECT_EQ(CodeOf("a // b\nc"), "a     \nc");
  EXPECT_EQ(CodeOf("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(CodeOf(R"(f("a\"{", '{', '\'', u8'x'))"), R"(f("    ", ' ', '  ', u8' '))");
  EXPECT_EQ(CodeOf("R\"x(\")\n)x\" y"), "R\"    \n  \" y");
  EXPECT_EQ(CodeOf("1'000'000 + '0'"), "1'000'000 + ' '");
  EXPECT_EQ(CodeOf("\"never closed\nnext"), "\"            \nnext");
}

TEST(TidyText, FindsFunctionsByTheirBraces) {
  const std::string code =
      "namespace n {\n"                                    // 1
      "int table[] = {1,\n 2};\n"                          // 2-3
      "#define BRACE {\n"                                  // 4
      "struct S : B<int> {\n"                              // 5
      "  S() : a_{1}, b_(2) {\n  }\n"                      // 6-7
      "  S& operator=(const S&) {\n    if (x) {\n    }\n"  // 8-10
      "  }\n"                                              // 11
      "  int a_{1};\n};\n"                                 // 12-13
      "template <typename T = int>\n"                      // 14
      "auto f(int x = 1) -> T {\n"                         // 15
      "  auto g = [] {\n  };\n}\n"                         // 16-18
      "const bool added = Add([](int) {\n});\n}\n";        // 19-21
  std::vector<std::string> found;
  for (const Function& function : FunctionsIn(code)) {
    found.push_back(std::to_string(function.first_line) + "-" + std::to_string(function.last_line));
  }
  EXPECT_EQ(found, (std::vector<std::string>{"6-7", "8-11", "15-18"}));
}

}  // namespace
}  // namespace ipcrig::tidy
