// SPDX-License-Identifier: Apache-2.0
//
// Reports are compared byte by byte with the files of tests/golden (golden.h).
#include "report/report.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden.h"

namespace ipcrig {
namespace {

constexpr std::string_view kLowest =
    "# The lowest type comes first.\n"
    "A  q = msgget(IPC_PRIVATE, 0600)\n"
    "A  fork(B)\n"
    "B  msgrcv(q, 100, -2, 0)      -> {1, \"one\"}\n"
    "A  msgsnd(q, 2, \"two\", 0)\n"
    "ipcs\n"
    "A  exit(0)\n";

// The text of an event: "call 0 0", and after it the outcome.
std::string Line(const std::string& event, const std::string& outcome = "returned 0 [] \"\"") {
  return fmt::format("{} 1763881200 1763881200 {} \"\"\n", event, outcome);
}

History HistoryOf(const std::string& events) {
  auto parsed = ParseHistory(HistoryHeader() + PrintFacts({}) + events);
  EXPECT_TRUE(parsed.ok()) << parsed.error().Text();
  return parsed.ok() ? *parsed : History{};
}

ScenarioResult ResultOf(std::string_view scenario, const std::string& events) {
  auto parsed = ParseScenario(scenario, "a.ipc");
  if (const auto* error = std::get_if<ParseError>(&parsed)) {
    ADD_FAILURE() << error->Text();
    return {};
  }
  return {"scenarios/msg/lowest.ipc", std::get<Scenario>(parsed), HistoryOf(events), {}, 0.25};
}

ScenarioResult Lowest() {
  return ResultOf(kLowest, Line("start -1 0", "returned 4711 [] \"\"") + Line("call 0 0") +
                               Line("return -1 0", "returned 7 [] \"\"") + Line("call 1 0") +
                               Line("return -1 0", "returned 4712 [] \"\"") + Line("call 2 1") +
                               Line("asleep -1 1", "returned 71 [] \"\"") + Line("call 3 0") +
                               Line("return -1 0") + Line("return -1 1", "returned 3 [2] \"two\"") +
                               Line("snapshot 4 -1") + Line("call 5 0") +
                               Line("ended -1 0", "exited 0 [] \"\"") + Line("close -1 1") +
                               Line("ended -1 1", "killed 9 [] \"\"") + Line("done -1 -1"));
}

ScenarioResult Failed(Finding finding) {
  ScenarioResult result = Lowest();
  result.judgement.verdict = Verdict::kFail;
  result.judgement.findings = {std::move(finding)};
  return result;
}

ScenarioResult Conformance() {
  const std::string rule = "msgop(2): msgtyp < 0: the first message of the lowest type";
  return Failed({"conformance",
                 2,
                 1,
                 "msgrcv has an outcome that the model does not allow",
                 {{"{1, \"one\"}", rule}, {"blocks", ""}},
                 "{2, \"two\"}",
                 "conformance: msgrcv: value"});
}

ScenarioResult UnmetExpectation() {
  return Failed({"expectation",
                 2,
                 1,
                 "msgrcv answers something else than its line says",
                 {{"{1, \"one\"}", ""}},
                 "{2, \"two\"}",
                 "expectation: msgrcv: value"});
}

ScenarioResult Leak() {
  ScenarioResult result = Failed({"leak",
                                  -1,
                                  -1,
                                  "a message queue exists that should not",
                                  {},
                                  "msg 7: key 0, 0 messages",
                                  "leak: msg"});
  result.judgement.notes = {"no view of ipcs: ipcs: No such file or directory"};
  return result;
}

ScenarioResult NotJudged(Verdict verdict, const std::string& reason) {
  ScenarioResult result = Lowest();
  result.judgement.verdict = verdict;
  result.judgement.reason = reason;
  return result;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::stringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Report, AConformanceFindingIsExplainedAndDrawn) {
  ExpectGolden("conformance.txt", TextReport(Conformance(), {}));
}

TEST(Report, AnExpectationFindingIsExplainedAndDrawn) {
  ExpectGolden("expectation.txt", TextReport(UnmetExpectation(), {}));
}

TEST(Report, ALeakIsAboutTheEndOfTheRun) { ExpectGolden("leak.txt", TextReport(Leak(), {})); }

TEST(Report, WhatWasNotJudgedIsOneLine) {
  ExpectGolden("broken.txt", TextReport(NotJudged(Verdict::kBroken, "the engine died"), {}));
  ExpectGolden("skipped.txt",
               TextReport(NotJudged(Verdict::kSkipped, "no user namespaces here"), {}));
  EXPECT_EQ(TextReport(NotJudged(Verdict::kUnknown, ""), {}),
            "UNKNOWN  scenarios/msg/lowest.ipc\n");
}

TEST(Report, SeveralFindingsHaveOneSummaryLineEach) {
  ScenarioResult result = Conformance();
  result.judgement.findings.push_back(Leak().judgement.findings.front());
  const auto lines = LinesOf(TextReport(result, {}));
  ASSERT_GT(lines.size(), 2u);
  EXPECT_EQ(lines[lines.size() - 2],
            "SUMMARY: ipcrig: conformance: msgrcv: value at scenarios/msg/lowest.ipc:4");
  EXPECT_EQ(lines.back(), "SUMMARY: ipcrig: leak: msg at scenarios/msg/lowest.ipc");
}

TEST(Report, ColourIsUsedOnlyWhereItIsAskedFor) {
  TextStyle style;
  for (const Verdict verdict :
       {Verdict::kPass, Verdict::kFail, Verdict::kBroken, Verdict::kSkipped, Verdict::kUnknown}) {
    const std::string plain = VerdictWord(verdict, {});
    style.color = true;
    const std::string painted = VerdictWord(verdict, style);
    EXPECT_EQ(plain.find('\x1b'), std::string::npos);
    EXPECT_EQ(painted.substr(0, 2), "\x1b[");
    EXPECT_NE(painted.find("m" + plain + "\x1b[0m"), std::string::npos);
  }
  EXPECT_EQ(VerdictWord(Verdict::kPass, {}), "PASS");
  EXPECT_EQ(TextReport(Conformance(), {}).find('\x1b'), std::string::npos);
  EXPECT_NE(TextReport(Conformance(), style).find("\x1b["), std::string::npos);
}

// The first process makes a queue and forks the others; each sends itself a long text, and waits.
ScenarioResult Processes(int count) {
  std::string text = "P0  q = msgget(IPC_PRIVATE, IPC_CREAT|IPC_EXCL|0600)\n";
  std::string events = Line("start -1 0", "returned 100 [] \"\"") + Line("call 0 0") +
                       Line("return -1 0", "returned 3 [] \"\"");
  int step = 1;
  for (int i = 1; i < count; ++i) {
    text += fmt::format("P0  fork(P{})\n", i);
    events += Line(fmt::format("call {} 0", step++)) +
              Line("return -1 0", fmt::format("returned {} [] \"\"", 100 + i));
  }
  for (int i = 0; i < count; ++i) {
    text += fmt::format("P{}  msgsnd(q, {}, \"a text that is wide\", IPC_NOWAIT)\n", i, i + 1);
    events += Line(fmt::format("call {} {}", step++, i)) +
              Line(fmt::format("return -1 {}", i), "failed 11 [] \"\"");
  }
  for (int i = count - 1; i >= 0; --i) {
    text += fmt::format("P{}  msgrcv(q, 65536, 5, 0)  -> blocks\n", i);
    events += Line(fmt::format("call {} {}", step++, i)) +
              Line(fmt::format("asleep -1 {}", i), "returned 70 [] \"\"");
    if (i == 0) events += Line("return -1 0", "failed 43 [] \"\"");
  }
  for (int i = 0; i < count; ++i) {
    events += Line(fmt::format("close -1 {}", i)) +
              Line(fmt::format("ended -1 {}", i), "killed 9 [] \"\"");
  }
  return ResultOf(text, events + Line("done -1 -1"));
}

class PictureTest : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(PictureTest, FitsItsWidth) {
  const auto [count, width] = GetParam();
  TextStyle style;
  style.width = static_cast<size_t>(width);
  const std::string picture = TextPicture(Processes(count), style);
  for (const std::string& line : LinesOf(picture)) {
    EXPECT_LE(line.size(), style.width) << line;
    EXPECT_FALSE(line.empty());
    EXPECT_NE(line.back(), ' ') << line;
  }
  for (int i = 0; i < count; ++i) {
    EXPECT_NE(picture.find(fmt::format("P{}", i)), std::string::npos) << picture;
  }
  ExpectGolden(fmt::format("picture_{}_{}.txt", count, width), picture);
}

std::string PictureName(const testing::TestParamInfo<std::pair<int, int>>& instance) {
  return fmt::format("{}ProcessesAt{}Columns", instance.param.first, instance.param.second);
}

INSTANTIATE_TEST_SUITE_P(Report, PictureTest,
                         testing::Values(std::pair(1, 60), std::pair(1, 100), std::pair(1, 160),
                                         std::pair(2, 60), std::pair(2, 100), std::pair(2, 160),
                                         std::pair(3, 60), std::pair(3, 100), std::pair(3, 160),
                                         std::pair(8, 60), std::pair(8, 100), std::pair(8, 160)),
                         PictureName);

TEST(Report, APictureLeavesOutItsFirstRowsWhereThereAreTooMany) {
  TextStyle style;
  const size_t rows = LinesOf(TextPicture(Processes(3), style)).size() - 1;
  style.most_rows = 4;
  const auto lines = LinesOf(TextPicture(Processes(3), style));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[1], fmt::format("      ... {} rows before", rows - 4));
  style.most_rows = rows;
  EXPECT_EQ(LinesOf(TextPicture(Processes(3), style)).size(), rows + 1);
}

TEST(Report, ALineOfAFindingIsMarkedInThePicture) {
  for (const std::string& line : LinesOf(TextPicture(Conformance(), {}))) {
    EXPECT_EQ(line.substr(0, 4) == "  > ", line.find("msgrcv") != std::string::npos) << line;
  }
}

TEST(Report, AScenarioWithoutAProcessCanBeDrawn) {
  const ScenarioResult result = ResultOf("ipcs\n", Line("snapshot 0 -1") + Line("done -1 -1"));
  EXPECT_EXIT(_exit(TextPicture(result, {}).find("ipcs") == std::string::npos ? 1 : 0),
              testing::ExitedWithCode(0), "");
}

TEST(Report, SummaryLineCountsVerdictsInTheirOrder) {
  const ScenarioResult pass = Lowest();
  const ScenarioResult skipped = NotJudged(Verdict::kSkipped, "x");
  EXPECT_EQ(SummaryLine({pass}, 0.04), "1 scenario: 1 pass in 0.0 s");
  EXPECT_EQ(SummaryLine({skipped, pass, Leak(), pass}, 1.25),
            "4 scenarios: 2 pass, 1 fail, 1 skipped in 1.2 s");
  EXPECT_EQ(SummaryLine({NotJudged(Verdict::kBroken, ""), NotJudged(Verdict::kUnknown, "")}, 60),
            "2 scenarios: 1 broken, 1 unknown in 60.0 s");
}

TEST(Report, SummaryLineOfNothingSaysSo) { EXPECT_EQ(SummaryLine({}, 0), "0 scenarios in 0.0 s"); }

// How much of the text at `at` is one well-formed character of UTF-8 that XML 1.0 permits; 0: none.
size_t XmlCharacter(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(i < text.size() ? text[i] : 0);
  };
  const unsigned char first = byte(at);
  if (first < 0x80) return first >= ' ' || first == '\n' || first == '\t' ? 1 : 0;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

bool XmlTextIsRight(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = XmlCharacter(text, at);
    if (length == 0 || text[at] == '<') return false;
    if (text[at] == '&') {
      const std::string name = text.substr(at, text.find(';', at) - at + 1);
      const std::vector<std::string> known = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
      if (std::find(known.begin(), known.end(), name) == known.end()) return false;
    }
    at += length;
  }
  return true;
}

// Reads one tag without its brackets: name, attributes; counts the name.
bool XmlTagIsRight(std::string tag, std::vector<std::string>& open,
                   std::map<std::string, int>& count) {
  if (tag[0] == '/') {
    const bool closes = !open.empty() && open.back() == tag.substr(1);
    if (closes) open.pop_back();
    return closes;
  }
  const bool empty = tag.back() == '/';
  if (empty) tag.pop_back();
  const std::string name = tag.substr(0, tag.find(' '));
  ++count[name];
  if (!empty) open.push_back(name);
  for (size_t at = name.size(); at < tag.size();) {
    const size_t quote = tag.find("=\"", at);
    const size_t end = quote == std::string::npos ? quote : tag.find('"', quote + 2);
    if (tag[at] != ' ' || end == std::string::npos) return false;
    if (!XmlTextIsRight(tag.substr(quote + 2, end - quote - 2))) return false;
    at = end + 1;
  }
  return true;
}

// How often each element occurs; nothing where the text is not well-formed.
std::map<std::string, int> ElementsOf(const std::string& xml) {
  std::map<std::string, int> count;
  std::vector<std::string> open;
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  if (xml.rfind(declaration, 0) != 0) return {};
  for (size_t at = declaration.size(); at < xml.size();) {
    const size_t tag = std::min(xml.find('<', at), xml.size());
    if (!XmlTextIsRight(xml.substr(at, tag - at))) return {};
    if (tag == xml.size()) break;
    const size_t end = xml.find('>', tag);
    if (end == std::string::npos) return {};
    if (!XmlTagIsRight(xml.substr(tag + 1, end - tag - 1), open, count)) return {};
    at = end + 1;
  }
  return open.empty() ? count : std::map<std::string, int>{};
}

std::vector<ScenarioResult> OneOfEach() {
  ScenarioResult pass = Lowest();
  pass.path = "lowest.ipc";
  return {pass, Conformance(), NotJudged(Verdict::kSkipped, "no user namespaces here"),
          NotJudged(Verdict::kBroken, "the engine died"), NotJudged(Verdict::kUnknown, "")};
}

TEST(JUnitReport, HasATestCaseForEachScenario) {
  const std::string xml = JUnitReport(OneOfEach(), 1.5);
  EXPECT_EQ(ElementsOf(xml), (std::map<std::string, int>{{"testsuites", 1},
                                                         {"testsuite", 1},
                                                         {"testcase", 5},
                                                         {"failure", 1},
                                                         {"skipped", 1},
                                                         {"error", 2}}));
  ExpectGolden("junit.xml", xml);
}

TEST(KtapReport, WhatIsNotKnownIsNotOk) { ExpectGolden("ktap.txt", KtapReport(OneOfEach())); }

TEST(KtapReport, NothingBreaksALine) {
  ScenarioResult odd = NotJudged(Verdict::kBroken, "first\nok 2 second\x1b[2J");
  odd.path = "a # SKIP\n.ipc";
  odd.judgement.timed_out = true;
  EXPECT_EQ(KtapReport({odd}),
            "KTAP version 1\n1..1\nnot ok 1 a ? SKIP?.ipc # TIMEOUT broken: first?ok 2 "
            "second?[2J\n");
}

TEST(JUnitReport, MarkupAndControlBytesCannotBreakIt) {
  ScenarioResult odd = NotJudged(Verdict::kBroken, "<x> & \"y\" \x1b[2J \x01 ]]>");
  odd.path = "a&b/<c>\"\x07.ipc";
  const std::string xml = JUnitReport({odd}, 0);
  EXPECT_EQ(ElementsOf(xml)["testcase"], 1) << xml;
  EXPECT_NE(xml.find("classname=\"a&amp;b\" name=\"&lt;c&gt;&quot;?\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("&lt;x&gt; &amp; &quot;y&quot; ?[2J ? ]]&gt;"), std::string::npos) << xml;
}

TEST(JUnitReport, UnicodeStaysAndOtherBytesCannotBreakIt) {
  ScenarioResult odd = NotJudged(Verdict::kBroken, "\xc3\xa4");
  EXPECT_NE(JUnitReport({odd}, 0).find("<error message=\"broken\">\xc3\xa4</error>"),
            std::string::npos);
  for (const char* bytes : {"\xff", "\xc3", "\x80", "\xe2\x82", "\xc0\xaf"}) {
    odd.judgement.reason = bytes;
    EXPECT_EQ(ElementsOf(JUnitReport({odd}, 0))["testcase"], 1) << Quoted(bytes);
  }
}

TEST(JUnitReport, OfNothingIsWellFormed) {
  EXPECT_EQ(ElementsOf(JUnitReport({}, 0))["testsuite"], 1);
}

TEST(JsonReport, HoldsEverythingThatIsNeededToJudgeAgain) {
  const std::string text = JsonReport(OneOfEach(), 1.5);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["seconds"], 1.5);
  ASSERT_EQ(json["scenarios"].size(), 5u);
  const auto& failed = json["scenarios"][1];
  EXPECT_EQ(failed["verdict"], "fail");
  EXPECT_EQ(failed["scenario"], PrintScenario(Conformance().scenario));
  EXPECT_EQ(failed["history"], PrintHistory(Conformance().history));
  EXPECT_EQ(failed["findings"][0]["line"], 4);
  EXPECT_EQ(failed["findings"][0]["process"], "B");
  EXPECT_EQ(failed["findings"][0]["expected"].size(), 2u);
  EXPECT_EQ(json["scenarios"][2]["reason"], "no user namespaces here");
  ExpectGolden("report.json", text);
}

TEST(JsonReport, BytesThatAreNoTextCannotBreakIt) {
  ScenarioResult odd = NotJudged(Verdict::kBroken, "\"\xff\x01\n");
  odd.path = "\xc3\xa4 \xff";
  const auto json = nlohmann::json::parse(JsonReport({odd}, 0), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["scenarios"][0]["path"], "\xc3\xa4 \xef\xbf\xbd");
  const auto nothing = nlohmann::json::parse(JsonReport({}, 0), nullptr, false);
  EXPECT_EQ(nothing["scenarios"], nlohmann::json::array());
}

}  // namespace
}  // namespace ipcrig
