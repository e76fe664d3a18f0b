// SPDX-License-Identifier: Apache-2.0
#include "ops/history.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

using EventKind = Event::Kind;

constexpr EventKind kKinds[] = {EventKind::kStart,  EventKind::kCall,     EventKind::kReturn,
                                EventKind::kEnded,  EventKind::kAsleep,   EventKind::kBusy,
                                EventKind::kNotRun, EventKind::kSkip,     EventKind::kSnapshot,
                                EventKind::kClose,  EventKind::kSurvivor, EventKind::kRemove,
                                EventKind::kBroken, EventKind::kDone};
constexpr Outcome::Kind kOutcomes[] = {Outcome::Kind::kReturned, Outcome::Kind::kFailed,
                                       Outcome::Kind::kFaulted, Outcome::Kind::kExited,
                                       Outcome::Kind::kKilled};

std::string AllBytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

// A view in which every column of every kind of object is told, and all totals.
View FullView() {
  View view{"stat"};
  int64_t number = -3;
  for (int kind = 0; kind < kObjectKinds; ++kind) {
    ObjectRow row{static_cast<ObjectKind>(kind), 32768 * kind + 1};
    for (int column = 0; column < kColumns; ++column) row[static_cast<Column>(column)] = number++;
    view.rows.push_back(row);
    view.totals[static_cast<size_t>(kind)] = {number++, number++, number++};
  }
  ObjectRow sparse{ObjectKind::kMsg, 7};
  sparse[Column::kKey] = INT32_MIN;
  sparse[Column::kRtime] = INT64_MAX;
  view.rows.push_back(sparse);
  view.rows.push_back({ObjectKind::kSem, 0});
  return view;
}

// Every kind of event with every kind of outcome, odd bytes and odd numbers.
History FullHistory() {
  History history;
  int64_t number = 1;
  history.facts.ForEach([&](std::string_view, int64_t& value) { value = number *= -3; });
  for (const EventKind kind : kKinds) {
    for (const Outcome::Kind outcome : kOutcomes) {
      Event event;
      event.kind = kind;
      event.step = static_cast<int>(history.events.size()) - 1;
      event.process = (event.step + 1) % (kMaxProcesses + 1) - 1;
      event.from = INT64_MIN;
      event.to = INT64_MAX;
      event.outcome = {outcome, -5, {INT64_MIN, 0, INT64_MAX}, AllBytes()};
      event.text = "\"\\ [] view\n" + AllBytes();
      history.events.push_back(event);
    }
  }
  Event snapshot{EventKind::kSnapshot};
  snapshot.snapshot = {FullView(), {"proc", "cannot read \"/proc\"\n"}, {"ipcs"}};
  history.events.insert(history.events.begin() + 3, snapshot);
  history.events.push_back(snapshot);
  history.events.push_back({EventKind::kDone});
  return history;
}

std::string SmallText() {
  History history;
  Event returned{EventKind::kReturn, 0, 1, 5, 6};
  returned.outcome = {Outcome::Kind::kReturned, 3, {1}, "one"};
  Event snapshot{EventKind::kSnapshot, 1};
  snapshot.snapshot = {{"stat"}};
  ObjectRow row{ObjectKind::kShm, 4};
  row[Column::kKey] = 7;
  snapshot.snapshot[0].rows = {row};
  history.events = {{EventKind::kCall, 0, 1, 5}, returned, snapshot, {EventKind::kDone}};
  return PrintHistory(history);
}

std::string ErrorOf(std::string_view text) {
  const auto parsed = ParseHistory(text);
  return parsed.ok() ? "" : parsed.error().Text();
}

// The header and the facts, before a line.
std::string After(const std::string& line) { return HistoryHeader() + PrintFacts({}) + line; }

TEST(History, IsReadBackAsItWasPrinted) {
  const History history = FullHistory();
  const auto parsed = ParseHistory(PrintHistory(history));
  ASSERT_TRUE(parsed.ok()) << parsed.error().Text();
  EXPECT_TRUE(parsed->facts == history.facts);
  ASSERT_EQ(parsed->events.size(), history.events.size());
  for (size_t i = 0; i < history.events.size(); ++i) {
    EXPECT_TRUE(parsed->events[i] == history.events[i]) << PrintEvent(history.events[i]);
  }
  EXPECT_EQ(PrintHistory(*parsed), PrintHistory(history));
}

TEST(History, IsPlainTextWithOneEventALine) {
  for (const char c : PrintHistory(FullHistory())) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
  EXPECT_EQ(SmallText(), After("call 0 1 5 0 returned 0 [] \"\" \"\"\n"
                               "return 0 1 5 6 returned 3 [1] \"one\" \"\"\n"
                               "snapshot 1 -1 0 0 returned 0 [] \"\" \"\"\n"
                               "view stat \"\"\n"
                               "totals -1 -1 -1\n"
                               "totals -1 -1 -1\n"
                               "totals -1 -1 -1\n"
                               "row shm 4 key=7\n"
                               "done -1 -1 0 0 returned 0 [] \"\" \"\"\n"));
}

TEST(History, HeaderAndFactsNameEverything) {
  EXPECT_EQ(HistoryHeader(), "ipcrig-history 1\n");
  EXPECT_EQ(PrintFacts({}),
            "facts private_namespace=0 uid=0 gid=0 cap_ipc_owner=0 cap_sys_admin=0 "
            "cap_sys_resource=0 cap_ipc_lock=0 cap_setuid=0 sysctl=0 checkpoint_restore=0 "
            "memlock=0 huge_pages=0 huge_page_size=0 swap=0 shm_rmid_forced=0 user_namespace=0 "
            "page_size=4096 shmmax=0 shmmni=0 shmall=0 msgmax=0 msgmnb=0 msgmni=0 semmsl=0 "
            "semmns=0 semopm=0 semmni=0\n");
}

TEST(History, ForEachVisitsEveryFact) {
  Facts facts;
  std::vector<std::string> names;
  facts.ForEach([&](std::string_view name, int64_t& value) {
    names.emplace_back(name);
    value = 1000 + static_cast<int64_t>(names.size());
  });
  EXPECT_EQ(names.size() * sizeof(int64_t), sizeof(Facts));
  Facts other = facts;
  other.semmni = 0;
  EXPECT_FALSE(other == facts);
  EXPECT_EQ(facts.private_namespace, 1001);
  EXPECT_EQ(facts.semmni, 1000 + static_cast<int64_t>(names.size()));
}

TEST(History, ALineThatWasCutOffIsIgnored) {
  const std::string whole = After("call 0 1 5 0 returned 0 [] \"\" \"\"\n");
  const std::string cut = whole + "return 0 1 5 6 returned 3 [1] \"on";
  const auto parsed = ParseHistory(cut);
  ASSERT_TRUE(parsed.ok()) << parsed.error().Text();
  ASSERT_EQ(parsed->events.size(), 1u);
  EXPECT_EQ(parsed->events[0].kind, EventKind::kCall);
  EXPECT_FALSE(parsed->Complete());
  EXPECT_EQ(PrintHistory(*parsed), whole);
}

TEST(History, IsCompleteWhereTheEngineCameToItsEnd) {
  const auto parsed = ParseHistory(SmallText());
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->Complete());
  EXPECT_FALSE(History{}.Complete());
  const Event* found = parsed->Find(EventKind::kReturn);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->outcome.bytes, "one");
  EXPECT_EQ(parsed->Find(EventKind::kBroken), nullptr);
}

TEST(History, WhatIsNoHistoryIsSaidToBeNone) {
  EXPECT_EQ(ErrorOf(""), "history:1:1: empty");
  EXPECT_EQ(ErrorOf("ipcrig-history 1"), "history:1:1: empty");
  EXPECT_EQ(ErrorOf("ipcrig-history 2\n"), "history:1:1: expected 'ipcrig-history 1'");
  EXPECT_EQ(ErrorOf("\n"), "history:1:1: expected 'ipcrig-history 1'");
}

TEST(History, CorruptLinesNameTheirPlace) {
  EXPECT_EQ(ErrorOf(After("bogus 1\n")), "history:3:1: unknown event bogus");
  EXPECT_EQ(ErrorOf(After("\n")), "history:3:1: expected a name");
  EXPECT_EQ(ErrorOf(After("done\n")), "history:3:5: expected a number");
  EXPECT_EQ(ErrorOf(After("done -2 -1 0 0 returned 0 [] \"\" \"\"\n")),
            "history:3:6: number out of range: -2 is not in -1 .. 2147483647");
  EXPECT_EQ(ErrorOf(After("done -1 16 0 0 returned 0 [] \"\" \"\"\n")),
            "history:3:9: number out of range: 16 is not in -1 .. 15");
  EXPECT_EQ(ErrorOf(After("done -1 -1 0 0 returns 0 [] \"\" \"\"\n")),
            "history:3:16: unknown outcome");
  EXPECT_EQ(ErrorOf(After("done -1 -1 0 0 returned 0 [1 2] \"\" \"\"\n")),
            "history:3:30: expected ']'");
  EXPECT_EQ(ErrorOf(After("done -1 -1 0 0 returned 0 [] \"\"\n")),
            "history:3:32: expected a text in double quotes");
  EXPECT_EQ(ErrorOf(After("done -1 -1 0 0 returned 0 [] \"\" \"\" x\n")),
            "history:3:36: expected the end of the line");
  EXPECT_EQ(ErrorOf(HistoryHeader() + "facts uid=0\n"), "history:2:7: expected private_namespace");
}

TEST(History, CorruptSnapshotsNameTheirPlace) {
  const std::string event = "snapshot 0 -1 0 0 returned 0 [] \"\" \"\"\n";
  EXPECT_EQ(ErrorOf(After("row shm 1 key=2\n")), "history:3:1: unknown event row");
  EXPECT_EQ(ErrorOf(After(event + "row shm 1 key=2\n")), "history:4:15: row without a view");
  EXPECT_EQ(ErrorOf(After(event + "totals 1 2 3\n")), "history:4:1: unknown event totals");
  EXPECT_EQ(ErrorOf(After(event + "view stat \"\"\ntotals 1 2\n")),
            "history:5:11: expected a number");
  const std::string totals = "totals 1 2 3\n";
  EXPECT_EQ(ErrorOf(After(event + "view stat \"\"\n" + totals + totals + totals + totals)),
            "history:8:1: unknown event totals");
  EXPECT_EQ(ErrorOf(After(event + "view stat \"\"\nrow shm 2147483648\n")),
            "history:5:9: number out of range: 2147483648 is not in -2147483648 .. 2147483647");
  EXPECT_EQ(ErrorOf(After(event + "view stat \"\"\nrow shm 1 key\n")),
            "history:5:14: expected '=' before the end of the line");
}

TEST(History, UnknownWordsInARowAreErrors) {
  const std::string view = "snapshot 0 -1 0 0 returned 0 [] \"\" \"\"\nview stat \"\"\n";
  EXPECT_EQ(ErrorOf(After(view + "row shm 1 key=2\n")), "");
  EXPECT_NE(ErrorOf(After(view + "row shn 1 key=2\n")), "") << "a kind of object";
  EXPECT_NE(ErrorOf(After(view + "row shm 1 kez=2\n")), "") << "a column";
}

TEST(History, NothingMayFollowANulByte) {
  std::string text = After("done -1 -1 0 0 returned 0 [] \"\" \"\"");
  text += std::string("\0garbage\n", 9);
  EXPECT_NE(ErrorOf(text), "");
}

TEST(History, EveryPrefixIsReadWithoutACrash) {
  const std::string text = SmallText();
  size_t good = 0;
  for (size_t length = 0; length <= text.size(); ++length) {
    good += ParseHistory(text.substr(0, length)).ok() ? 1 : 0;
  }
  EXPECT_EQ(good, text.size() - HistoryHeader().size() + 1) << "a killed engine is not an error";
}

TEST(History, EveryChangedByteIsReadWithoutACrash) {
  const std::string text = SmallText();
  std::string other = "\"\\[],=-9xA_ ";
  for (int byte = 0; byte < 256; byte += 10) other += static_cast<char>(byte);
  size_t bad = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char byte : other) {
      std::string changed = text;
      changed[at] = byte;
      const auto parsed = ParseHistory(changed);
      if (!parsed.ok()) {
        ++bad;
        EXPECT_EQ(parsed.error().what.rfind("history:", 0), 0u);
      }
    }
  }
  EXPECT_GT(bad, other.size() * text.size() / 2);
}

}  // namespace
}  // namespace ipcrig
