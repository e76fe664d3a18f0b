// SPDX-License-Identifier: Apache-2.0
//
// Traceability: the list of behaviours, the comments that name them, and what is told of both.
#include "check/catalogue.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "command.h"
#include "report/catalogue.h"

namespace ipcrig {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kList =
    "# A list.\n"
    "B001  shm   key absent -> ENOENT\n"
    "\n"
    "  B002\tmsg full queue  \r\n"
    "X001  sem   killed while asleep\n"
    "X146  fi    out of memory  [needs: a memory cgroup]\n";

Catalogue List() {
  const auto catalogue = ParseCatalogue(kList, "list.txt");
  EXPECT_TRUE(catalogue.ok()) << catalogue.error().Text();
  return catalogue.ok() ? *catalogue : Catalogue{};
}

// What is wrong with a list.
std::string Fault(const std::string& text) {
  const auto catalogue = ParseCatalogue(text, "list.txt");
  return catalogue.ok() ? "" : catalogue.error().Text();
}

// "B001: a.ipc:2" for each place of a coverage, in the order of the rows.
std::vector<std::string> PlacesIn(const Coverage& coverage) {
  std::vector<std::string> places;
  for (const CoverageRow& row : coverage.rows) {
    for (const Place& place : row.places) {
      places.push_back(row.behaviour.id + ": " + place.path + ":" + std::to_string(place.line));
    }
  }
  return places;
}

TEST(Catalogue, ARowHasIdObjectTitleAndPerhapsAReason) {
  EXPECT_THAT(List(), ElementsAre(Behaviour{"B001", "shm", "key absent -> ENOENT", "", 2},
                                  Behaviour{"B002", "msg", "full queue", "", 4},
                                  Behaviour{"X001", "sem", "killed while asleep", "", 5},
                                  Behaviour{"X146", "fi", "out of memory", "a memory cgroup", 6}));
}

TEST(Catalogue, TheLastLineNeedsNoNewline) {
  const auto catalogue = ParseCatalogue("B001 shm a [b]", "list.txt");
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(catalogue->front().title, "a [b]");
}

TEST(Catalogue, AFaultIsToldWithItsLine) {
  EXPECT_EQ(Fault(""), "list.txt:1: no behaviour");
  EXPECT_EQ(Fault("# only words\n"), "list.txt:1: no behaviour");
  EXPECT_EQ(Fault("#\nB1  shm  a\n"), "list.txt:2: \"B1\" is no id such as B001 or X001");
  EXPECT_EQ(Fault("B0011 shm a\n"), "list.txt:1: \"B0011\" is no id such as B001 or X001");
  EXPECT_EQ(Fault("C001 shm a\n"), "list.txt:1: \"C001\" is no id such as B001 or X001");
  EXPECT_EQ(Fault("B00x shm a\n"), "list.txt:1: \"B00x\" is no id such as B001 or X001");
  EXPECT_EQ(Fault("B001\n"), "list.txt:1: no object after the id");
  EXPECT_EQ(Fault("B001 Shm a\n"), "list.txt:1: the object \"Shm\" is not in lower-case letters");
  EXPECT_EQ(Fault("B001 shm\n"), "list.txt:1: no title after the object");
  EXPECT_EQ(Fault("B001 shm [needs: x]\n"), "list.txt:1: no title after the object");
  EXPECT_EQ(Fault("B001 shm a\nB002 shm a\nB001 shm b\n"), "list.txt:3: B001 is in line 1 already");
}

TEST(Catalogue, AReasonIsWholeAndLast) {
  const std::string fault = "list.txt:1: a reason is [needs: text] at the end of the line";
  EXPECT_EQ(Fault("B001 shm a [needs: x\n"), fault);
  EXPECT_EQ(Fault("B001 shm a [needs:]\n"), fault);
  EXPECT_EQ(Fault("B001 shm a [needs:  ]\n"), fault);
  EXPECT_EQ(Fault("B001 shm a [needs: x] b\n"), fault);
}

TEST(Catalogue, ATitleHasAHundredColumns) {
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\xC3\xA9";
  EXPECT_EQ(Fault("B001 shm " + wide + "\n"), "");
  EXPECT_EQ(Fault("B001 shm " + wide + "!\n"),
            "list.txt:1: the title has 101 columns, 100 are allowed");
}

TEST(Catalogue, NoPrefixOfAListCrashes) {
  const std::string_view text = kList;
  for (size_t length = 0; length < text.size(); ++length) {
    (void)ParseCatalogue(text.substr(0, length), "list.txt").ok();
  }
}

TEST(Coverage, CommentsOfEachLanguageAreRead) {
  const Coverage coverage = Cover(List(), {{"a.ipc", "# Why.\n# covers: B001 X001\nA  exit(0)\n"},
                                           {"b.c", "  /* covers: B001 */\n// covers: B002\n"},
                                           {"c/d.cc", "//covers:X146\tB001"}});
  EXPECT_THAT(coverage.errors, ElementsAre());
  EXPECT_THAT(PlacesIn(coverage), ElementsAre("B001: a.ipc:2", "B001: b.c:1", "B001: c/d.cc:1",
                                              "B002: b.c:2", "X001: a.ipc:2", "X146: c/d.cc:1"));
}

TEST(Coverage, OnlyWholeCommentsOfTheRightLanguageAreRead) {
  const Coverage coverage =
      Cover(List(), {{"a.ipc", "A  exit(0)  # covers: B001\n// covers: B001\n"},
                     {"b.cc", "# covers: B001\nf(); // covers: B001\n\"// covers: B001\"\n"},
                     {"c.c", "/* covers: B001\n*/\n// It covers: B001\n// Covers: B001\n/*/\n"}});
  EXPECT_THAT(coverage.errors, ElementsAre());
  EXPECT_THAT(PlacesIn(coverage), ElementsAre());
}

TEST(Coverage, AFileCountsOnceAtItsFirstLine) {
  const Coverage coverage =
      Cover(List(), {{"a.ipc", "# covers: B001\n# covers: B002\n#  covers:  B001 B001\n"}});
  EXPECT_THAT(PlacesIn(coverage), ElementsAre("B001: a.ipc:1", "B002: a.ipc:2"));
}

TEST(Coverage, EveryUnknownIdIsAnErrorWithItsPlace) {
  const Coverage coverage =
      Cover(List(), {{"a.ipc", "#\n# covers: B009 B001, X001\n"}, {"b.cc", "// covers:\n"}});
  EXPECT_THAT(coverage.errors,
              ElementsAre("a.ipc:2: unknown behaviour B009", "a.ipc:2: unknown behaviour B001,",
                          "b.cc:1: \"covers:\" names no behaviour"));
  EXPECT_THAT(PlacesIn(coverage), ElementsAre("X001: a.ipc:2"));
}

TEST(Coverage, RowsThatCannotRunAreNotCounted) {
  EXPECT_EQ(Cover(List(), {}).Percent(), 0);
  const Coverage coverage = Cover(List(), {{"a.ipc", "# covers: B001 B002 X146\n"}});
  EXPECT_EQ(coverage.Runnable(), 3U);
  EXPECT_EQ(coverage.Covered(), 2U);
  EXPECT_NEAR(coverage.Percent(), 66.67, 0.01);
  EXPECT_EQ(Cover({{"X146", "fi", "out of memory", "a memory cgroup"}}, {}).Percent(), 100);
}

TEST(Coverage, OnlyScenariosAndSourcesCover) {
  for (const char* path : {"a.ipc", "b/c.c", "d.e/f.cc"}) EXPECT_TRUE(CanCover(path)) << path;
  for (const char* path : {"a.txt", "b.c/d", "README.md", "a.h", "", "/", ".ipc.orig"}) {
    EXPECT_FALSE(CanCover(path)) << path;
  }
}

TEST(CatalogueReport, TellsFilesAndWhatIsMissingAndWhy) {
  const Coverage coverage =
      Cover(List(), {{"a.ipc", "# covers: B001\n"}, {"b.cc", "// covers: B001 X001\n"}});
  const std::string missing =
      "not covered:\n"
      "B002  msg   full queue\n"
      "\n"
      "cannot run:\n"
      "X146  fi    out of memory\n"
      "            needs a memory cgroup\n"
      "\n"
      "coverage: 2 of 3 runnable rows (66.7%), 1 row not runnable\n";
  EXPECT_EQ(CatalogueText(coverage, false),
            "B001  shm   key absent -> ENOENT\n"
            "            a.ipc\n"
            "            b.cc\n"
            "X001  sem   killed while asleep\n"
            "            b.cc\n"
            "\n" +
                missing);
  EXPECT_EQ(CatalogueText(coverage, true), missing);
}

TEST(CatalogueReport, WhatIsCoveredAlthoughItNeedsSomethingIsShownWithBoth) {
  const Coverage coverage = Cover(List(), {{"a.ipc", "# covers: X146\n"}});
  EXPECT_THAT(CatalogueText(coverage, false), StartsWith("X146  fi    out of memory\n"
                                                         "            needs a memory cgroup\n"
                                                         "            a.ipc\n"));
  EXPECT_THAT(CatalogueText(coverage, true), Not(HasSubstr("cannot run:")));
}

TEST(CatalogueReport, SaysAHundredPercentOnlyOfAll) {
  Catalogue catalogue;
  std::string covers = "# covers:";
  for (int i = 1000; i < 3000; ++i) {
    catalogue.push_back({std::to_string(i), "shm", "a"});
    if (i > 1000) covers += " " + std::to_string(i);
  }
  EXPECT_THAT(CatalogueText(Cover(catalogue, {{"a.ipc", covers}}), true),
              HasSubstr("coverage: 1999 of 2000 runnable rows (99.9%), 0 rows not runnable\n"));
  EXPECT_THAT(CatalogueText(Cover(catalogue, {{"a.ipc", covers + " 1000"}}), true),
              HasSubstr("coverage: 2000 of 2000 runnable rows (100.0%), 0 rows not runnable\n"));
}

TEST(CatalogueReport, JsonHasEveryRow) {
  const Coverage coverage = Cover(List(), {{"a.ipc", "#\n# covers: B002 X001\n"}});
  const auto json = nlohmann::json::parse(CatalogueJson(coverage, false));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["runnable"], 3);
  EXPECT_EQ(json["covered"], 2);
  ASSERT_EQ(json["rows"].size(), 4U);
  EXPECT_EQ(json["rows"][1], nlohmann::json::parse(R"({"id": "B002", "object": "msg",
      "title": "full queue", "needs": null, "places": [{"path": "a.ipc", "line": 2}]})"));
  EXPECT_EQ(json["rows"][3]["needs"], "a memory cgroup");
  const auto missing = nlohmann::json::parse(CatalogueJson(coverage, true));
  ASSERT_EQ(missing["rows"].size(), 2U);
  EXPECT_EQ(missing["rows"][0]["id"], "B001");
  EXPECT_EQ(missing["covered"], 2);
}

TEST(CatalogueReport, BytesThatAreNoTextDoNotStopJson) {
  const auto catalogue = ParseCatalogue("B001 shm a\xFF\n", "list.txt");
  ASSERT_TRUE(catalogue.ok());
  EXPECT_TRUE(nlohmann::json::accept(CatalogueJson(Cover(*catalogue, {}), false)));
}

// A directory like scenarios/, with the list and one scenario.
class CatalogueCommand : public testing::Test {
 protected:
  CatalogueCommand() {
    scratch_.Write("catalogue.txt", kList);
    scratch_.Write("a.ipc", "# Why.\n# covers: B001\n");
  }
  CommandResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {IPCRIG_BINARY, "catalogue"});
    return RunCommand(arguments);
  }
  const std::string& directory() const { return scratch_.path(); }

  ScratchDirectory scratch_;
};

TEST_F(CatalogueCommand, PrintsTheTable) {
  const CommandResult result = Run({directory()});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(directory() + "/a.ipc\n"));
  EXPECT_THAT(result.output, HasSubstr("not covered:\nB002  msg   full queue\n"));
  EXPECT_THAT(result.output, HasSubstr("coverage: 1 of 3 runnable rows (33.3%)"));
  EXPECT_THAT(Run({directory(), "--missing"}).output, Not(HasSubstr("a.ipc")));
}

TEST_F(CatalogueCommand, LooksBelowTheDirectoryAndOnlyOnce) {
  fs::create_directory(directory() + "/deep");
  scratch_.Write("deep/b.cc", "// covers: B002\n");
  const CommandResult result =
      Run({directory(), directory() + "/deep", directory() + "/./deep", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["rows"][1]["places"].size(), 1U);
  EXPECT_EQ(json["rows"][1]["places"][0]["path"], directory() + "/deep/b.cc");
}

TEST_F(CatalogueCommand, WithoutDirectoriesItTakesThoseOfTheRepository) {
  const ScratchDirectory root;
  fs::create_directory(root.path() + "/scenarios");
  fs::create_directory(root.path() + "/tests");
  (void)root.Write("scenarios/catalogue.txt", kList);
  (void)root.Write("tests/a.cc", "// covers: X001\n");
  const CommandResult result =
      RunCommand({"/bin/sh", "-c", "cd " + root.path() + " && exec " IPCRIG_BINARY " catalogue"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("\n            tests/a.cc\n"));
}

TEST_F(CatalogueCommand, RequireFailsBelowItsPercentage) {
  EXPECT_EQ(Run({directory(), "--require", "33.3"}).exit_code, 0);
  const CommandResult result = Run({directory(), "--require", "33.5"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("ipcrig: less than 33.5% is covered"));
  EXPECT_EQ(Run({directory(), "--require", "101"}).exit_code, 64);
}

TEST_F(CatalogueCommand, BadInputExitsWith65AndNamesItsPlace) {
  scratch_.Write("b.ipc", "# Why.\n# covers: X999 B001\n# covers: X998\n");
  CommandResult result = Run({directory()});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr(directory() + "/b.ipc:2: unknown behaviour X999\n"));
  EXPECT_THAT(result.output, HasSubstr(directory() + "/b.ipc:3: unknown behaviour X998\n"));
  EXPECT_THAT(result.output, Not(HasSubstr("coverage: ")));
  scratch_.Write("catalogue.txt", "B001\n");
  result = Run({directory()});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_THAT(result.output, HasSubstr(directory() + "/catalogue.txt:1: no object"));
}

TEST_F(CatalogueCommand, WithoutOneListThereIsNothingToSay) {
  const ScratchDirectory other;
  EXPECT_EQ(Run({other.path()}).exit_code, 64);
  EXPECT_THAT(Run({other.path()}).output, HasSubstr("no catalogue.txt in " + other.path()));
  EXPECT_EQ(Run({directory(), "/no/such/place"}).exit_code, 64);
  (void)other.Write("catalogue.txt", kList);
  EXPECT_EQ(Run({directory(), other.path()}).exit_code, 64);
}

// The list as it is, and all files of the repository that can cover something.
struct Repository {
  Result<Catalogue> catalogue = Catalogue{};
  std::vector<SourceText> files;
  Repository() {
    const fs::path root = IPCRIG_SOURCE_DIR;
    catalogue = ParseCatalogue(Contents(root / "scenarios/catalogue.txt"), "catalogue.txt");
    for (const char* folder : {"scenarios", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        const std::string path = fs::relative(entry.path(), root).string();
        if (CanCover(path)) files.push_back({path, Contents(entry.path())});
      }
    }
  }
};

TEST(CatalogueOfTheRepository, HasEachBehaviourOnceAndInOrder) {
  const Repository repository;
  ASSERT_TRUE(repository.catalogue.ok()) << repository.catalogue.error().Text();
  std::map<char, int> last;
  for (const Behaviour& row : *repository.catalogue) {
    EXPECT_EQ(std::stoi(row.id.substr(1)), ++last[row.id[0]]) << row.id;
  }
  EXPECT_EQ(last['B'], 293);
  EXPECT_EQ(last['X'], 151);
}

TEST(CatalogueOfTheRepository, KnowsEveryIdThatAFileNames) {
  const Repository repository;
  ASSERT_TRUE(repository.catalogue.ok());
  EXPECT_THAT(Cover(*repository.catalogue, repository.files).errors, ElementsAre());
}

// A program that no scenario starts shows nothing.
TEST(CatalogueOfTheRepository, EveryProgramThatCoversSomethingIsRunByAScenario) {
  const Repository repository;
  ASSERT_TRUE(repository.catalogue.ok());
  std::string scenarios;
  for (const SourceText& file : repository.files) {
    if (fs::path(file.path).extension() == ".ipc") scenarios += file.text;
  }
  for (const CoverageRow& row : Cover(*repository.catalogue, repository.files).rows) {
    for (const Place& place : row.places) {
      const fs::path path = place.path;
      if (path.extension() != ".c") continue;
      EXPECT_THAT(scenarios, HasSubstr("exec(\"" + path.stem().string() + "\")")) << place.path;
    }
  }
}

}  // namespace
}  // namespace ipcrig
