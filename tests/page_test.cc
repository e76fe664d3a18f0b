// SPDX-License-Identifier: Apache-2.0
//
// The page of --html, seen through a browser. What was seen stays in the build directory, in pages,
// for people to look at.
#include "report/page.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "browser.h"
#include "check/judge.h"
#include "ops/call_log.h"
#include "pictured_runs.h"

namespace ipcrig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string PathOf(const std::string& name) {
  const std::filesystem::path folder = IPCRIG_BUILD_DIR "/pages";
  std::filesystem::create_directories(folder);
  return (folder / name).string();
}

std::string WritePage(const std::string& name, const std::string& page) {
  const std::string path = PathOf(name + ".html");
  std::ofstream(path, std::ios::binary) << page;
  return path;
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

// Whether an element is there to be seen: in the window, and not behind another one.
std::string IsSeen(const std::string& selector) {
  return "(() => { const node = document.querySelector('" + selector +
         "'); if (!node) return false; const box = node.getBoundingClientRect(); "
         "const x = box.x + box.width / 2; const y = box.y + box.height / 2; "
         "const top = document.elementFromPoint(x, y); return box.width > 0 && box.height > 0 && "
         "Boolean(top) && (node.contains(top) || top.contains(node)); })()";
}

constexpr const char* kWhere = "document.getElementById('where').textContent";
constexpr const char* kCalls = "document.querySelectorAll('.call').length";
// Texts of calls that lie on one another.
constexpr const char* kOverlaps =
    "(() => { const boxes = [...document.querySelectorAll('.call text')].map((text) => "
    "text.getBoundingClientRect()); return boxes.filter((a, i) => boxes.some((b, k) => k > i && "
    "a.left < b.right - 1 && b.left < a.right - 1 && a.top + 3 < b.bottom - 3 && "
    "b.top + 3 < a.bottom - 3)).length; })()";

class Page : public testing::Test {
 protected:
  void SetUp() override {
    if (!browser_.why_not().empty()) GTEST_SKIP() << browser_.why_not();
  }
  // In light and in dark.
  void Show(const std::string& name, const ScenarioResult& result) {
    const std::string path = WritePage(name, PageHtml({result}));
    for (const bool dark : {false, true}) {
      browser_.Open(path, {.dark = dark});
      EXPECT_TRUE(browser_.Screenshot(PathOf(name + (dark ? "-dark.png" : "-light.png"))));
      EXPECT_THAT(browser_.complaints(), IsEmpty()) << name;
    }
  }
  void ExpectFinding(const std::string& title) {
    EXPECT_EQ(browser_.Evaluate(IsSeen(".call.finding")), "true");
    EXPECT_EQ(browser_.Evaluate(IsSeen(".card")), "true");
    EXPECT_THAT(browser_.Evaluate("document.querySelector('.card').textContent"), HasSubstr(title));
  }
  Browser browser_;
};

TEST_F(Page, ShowsAFewCallsAndWhatIsWrong) {
  Show("few", FewCalls());
  EXPECT_EQ(browser_.Evaluate(kCalls), "6");
  EXPECT_EQ(browser_.Evaluate(kOverlaps), "0");
  ExpectFinding("model and kernel agree on an outcome that the line does not expect");
  EXPECT_EQ(browser_.Evaluate("document.querySelectorAll('.arrow.wake').length"), "1");
  EXPECT_EQ(browser_.Evaluate("document.querySelectorAll('#picture .object').length"), "1");
}

TEST_F(Page, IsSteppedThroughWithTheKeys) {
  browser_.Open(WritePage("few", PageHtml({FewCalls()})));
  EXPECT_EQ(browser_.Evaluate(kWhere), "\"step 5 of 6\"");
  browser_.Press("ArrowUp");
  EXPECT_EQ(browser_.Evaluate(kWhere), "\"step 4 of 6\"");
  browser_.Press("Home");
  browser_.Press("ArrowRight");
  EXPECT_EQ(browser_.Evaluate(kWhere), "\"step 2 of 6\"");
  const char* selected = "document.querySelector('.selected title').textContent";
  EXPECT_THAT(browser_.Evaluate(selected), HasSubstr("msgsnd(q, 3, "));
  EXPECT_THAT(browser_.Evaluate("document.querySelector('.state').textContent"),
              HasSubstr("three"));
  browser_.Press("Escape");
  EXPECT_EQ(browser_.Evaluate(kWhere), "\"6 steps\"");
  EXPECT_THAT(browser_.complaints(), IsEmpty());
}

TEST_F(Page, TellsOfACallThatIsClicked) {
  browser_.Open(WritePage("few", PageHtml({FewCalls()})));
  const std::string box =
      "document.querySelector('[data-call=\"3\"] .bar').getBoundingClientRect()";
  browser_.Click(std::stod(browser_.Evaluate(box + ".x")) + 4,
                 std::stod(browser_.Evaluate(box + ".y")) + 4);
  const std::string said = browser_.Evaluate("document.getElementById('detail').textContent");
  EXPECT_THAT(said, HasSubstr("msgtyp2"));
  EXPECT_THAT(said, HasSubstr("outcomeEIDRM"));
  EXPECT_THAT(said, HasSubstr("falls asleep"));
}

TEST_F(Page, IsReadableWithThreeHundredCalls) {
  Show("many", ManyCalls());
  EXPECT_EQ(browser_.Evaluate(kOverlaps), "0");
  EXPECT_GE(std::stoi(browser_.Evaluate(kCalls)), 300);
  EXPECT_GT(std::stoi(browser_.Evaluate("document.querySelectorAll('.arrow').length")), 50);
  ExpectFinding("msgrcv has an outcome that the model does not allow");
  browser_.Press("f");
  EXPECT_TRUE(browser_.Screenshot(PathOf("many-whole.png")));
  const std::string fits =
      "document.getElementById('picture').getBoundingClientRect().height < 860";
  EXPECT_EQ(browser_.Evaluate(fits), "true");
  browser_.Press("Home");
  browser_.Press("0");
  EXPECT_TRUE(browser_.Screenshot(PathOf("many-first.png")));
  EXPECT_EQ(browser_.Evaluate(IsSeen("[data-call=\"0\"]")), "true");
  EXPECT_THAT(browser_.complaints(), IsEmpty());
}

TEST_F(Page, ShowsTheOrderOfARaceAndItsCycle) {
  Show("race", PassingRace());
  const char* effects = "document.querySelectorAll('.effect').length";
  EXPECT_GE(std::stoi(browser_.Evaluate(effects)), 5);
  browser_.Press("t");
  EXPECT_EQ(browser_.Evaluate("view.linear"), "true");
  EXPECT_TRUE(browser_.Screenshot(PathOf("race-clock.png")));
  Show("cycle", FailingRace());
  ExpectFinding("no order of the racing calls explains");
  EXPECT_GE(std::stoi(browser_.Evaluate("document.querySelectorAll('.cycle').length")), 2);
  EXPECT_THAT(browser_.complaints(), IsEmpty());
}

// The lines of a log are not those of the scenario that is made of it.
TEST_F(Page, MarksTheCallOfALogWhereItIsShown) {
  std::ifstream file(IPCRIG_SOURCE_DIR "/tests/histories/not_fifo.jsonl");
  const std::string log{std::istreambuf_iterator<char>(file), {}};
  auto run = ReadCallLog(log, "not_fifo.jsonl");
  ASSERT_TRUE(run.ok());
  ScenarioResult result{"not_fifo.jsonl", std::move(run->scenario), std::move(run->history)};
  result.judgement = Judge(result.scenario, result.history);
  Show("log", result);
  EXPECT_THAT(browser_.Evaluate("document.querySelector('#source .wrong').textContent"),
              HasSubstr("C  msgrcv(q, 9, 1, 0)"));
}

TEST_F(Page, ListsSeveralRunsFailuresFirst) {
  const std::string page = PageHtml({PassingRace(), FewCalls(), ManyCalls()});
  browser_.Open(WritePage("list", page));
  EXPECT_TRUE(browser_.Screenshot(PathOf("list.png")));
  EXPECT_EQ(browser_.Evaluate("[...document.querySelectorAll('#runs .dot')].map((dot) => "
                              "dot.classList.contains('fail'))"),
            "[true,true,false]");
  browser_.Press("n");
  browser_.Press("n");
  EXPECT_EQ(browser_.Evaluate("document.title"), "\"race.ipc - ipcrig\"");
  EXPECT_THAT(browser_.complaints(), IsEmpty());
}

TEST_F(Page, HasNothingToShowOfNoRun) {
  browser_.Open(WritePage("none", PageHtml({})));
  EXPECT_THAT(browser_.Evaluate("document.body.innerText"), HasSubstr("Nothing was found."));
  EXPECT_THAT(browser_.complaints(), IsEmpty());
  ScenarioResult broken = FewCalls();
  broken.history = {};
  broken.judgement = {.verdict = Verdict::kBroken, .reason = "the engine has told nothing"};
  browser_.Open(WritePage("none", PageHtml({broken})));
  browser_.Press("ArrowDown");
  browser_.Press("f");
  EXPECT_THAT(browser_.Evaluate("document.body.innerText"),
              HasSubstr("the engine has told nothing"));
  EXPECT_THAT(browser_.complaints(), IsEmpty());
}

TEST_F(Page, TakesWhatItIsGivenForText) {
  ScenarioResult result = FewCalls();
  result.path = "</script><script>document.title = 'not text'</script><!--.ipc";
  result.judgement.findings[0].title = "<img src=x onerror=\"document.title = 'not text'\">\xff";
  browser_.Open(WritePage("hostile", PageHtml({result})));
  EXPECT_THAT(browser_.Evaluate("document.title"), Not(HasSubstr("\"not text\"")));
  EXPECT_THAT(browser_.Evaluate("document.querySelector('h1').textContent"),
              HasSubstr("</script><script>"));
  EXPECT_THAT(browser_.complaints(), IsEmpty());
}

// What the tests above would say of a page that is wrong.
TEST_F(Page, IsComplainedOfWhereItIsWrong) {
  const std::string page = PageHtml({FewCalls()});
  const auto open = [&](const std::string& what, const std::string& by) {
    browser_.Open(WritePage("wrong", Replaced(page, what, by)));
  };
  open("listRuns();\n", "console.error('wrong');\n");
  EXPECT_THAT(browser_.complaints(), ElementsAre(HasSubstr("wrong")));
  open("listRuns();\n", "nobody();\n");
  EXPECT_THAT(browser_.complaints(), ElementsAre(HasSubstr("nobody is not defined")));
  open("</body>", "<img src='file:///nowhere.png'></body>");
  EXPECT_THAT(browser_.complaints(), Not(IsEmpty()));
  open("</style>", ".call.finding { display: none }</style>");
  EXPECT_EQ(browser_.Evaluate(IsSeen(".call.finding")), "false");
  open("  ArrowUp: () => step(-1),", "");
  browser_.Press("ArrowUp");
  EXPECT_EQ(browser_.Evaluate(kWhere), "\"step 5 of 6\"");
}

}  // namespace
}  // namespace ipcrig
