// SPDX-License-Identifier: Apache-2.0
//
// The checker beside two others that know nothing of it: all orders, one after the other, and the
// textbook's search. IPCRIG_HISTORIES=FILE: of all histories in that file, too.
#include "queue_histories.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

std::vector<QueueHistory> Histories() {
  const char* file = std::getenv("IPCRIG_HISTORIES");
  std::ifstream in(file != nullptr ? file : IPCRIG_SOURCE_DIR "/tests/histories/typed-queue.txt");
  std::ostringstream text;
  text << in.rdbuf();
  return ReadQueueHistories(text.str());
}

Explained ByTheModel(const QueueHistory& history, bool forced, double seconds = 5) {
  const QueueRace queue(history);
  LinearizeOptions options{.nodes = INT64_MAX, .seconds = seconds, .states = 1, .forced = forced};
  const Linearization result = Linearize({queue.before}, queue.race, options);
  if (!result.states.empty()) return Explained::kYes;
  return result.exhausted ? Explained::kUnknown : Explained::kNo;
}

std::string TextOf(const QueueHistory& history) {
  std::ostringstream text;
  for (const QueueCall& call : history.calls) {
    text << call.from << ' ' << call.to << ' ' << call.send << ' ' << call.pending << ' '
         << call.selector << ' ' << call.value << ' ' << call.got_type << ' ' << call.got_value
         << '\n';
  }
  return text.str();
}

// A few calls that overlap at random and got what they may have got.
QueueHistory SmallHistory(SeededDraw& draw) {
  QueueHistory history;
  const auto count = 2 + draw.Below(6);
  std::vector<QueueCall> sends;
  for (size_t i = 0; i < count; ++i) {
    QueueCall call;
    call.from = static_cast<int64_t>(draw.Below(12));
    call.to = call.from + 1 + static_cast<int64_t>(draw.Below(6));
    call.pending = draw.Below(8) == 0;
    call.send = sends.empty() || draw.Below(2) == 0;
    if (call.send) {
      call.selector = 1 + static_cast<int64_t>(draw.Below(2));
      call.value = static_cast<int64_t>(i) + 1;
      sends.push_back(call);
    } else {
      const QueueCall& sent = sends[draw.Below(sends.size())];
      call.got_type = sent.selector;
      call.got_value = sent.value;
      const int64_t selectors[] = {0, sent.selector, -sent.selector, -2};
      call.selector = selectors[draw.Below(4)];
    }
    history.calls.push_back(call);
  }
  return history;
}

TEST(QueueHistories, AllOrdersAndBothSearchesAgreeOnSmallOnes) {
  SeededDraw draw(1);
  const char* more = std::getenv("IPCRIG_SMALL_HISTORIES");  // for a longer run
  const int count = more != nullptr ? std::atoi(more) : 20'000;
  int explained = 0;
  for (int i = 0; i < count; ++i) {
    const QueueHistory history = SmallHistory(draw);
    const Explained expected = SomeOrderExplains(history) ? Explained::kYes : Explained::kNo;
    ASSERT_EQ(PlainSearch(history, 5), expected) << TextOf(history);
    ASSERT_EQ(ByTheModel(history, false), expected) << TextOf(history);
    ASSERT_EQ(ByTheModel(history, true), expected) << TextOf(history);
    explained += expected == Explained::kYes ? 1 : 0;
  }
  EXPECT_GT(explained, count / 10);
  EXPECT_LT(explained, count - count / 10);
}

TEST(QueueHistories, ValidOnesAreExplained) {
  const auto histories = Histories();
  ASSERT_FALSE(histories.empty());
  for (const QueueHistory& history : histories) {
    EXPECT_EQ(ByTheModel(history, true), Explained::kYes) << history.title;
  }
}

TEST(QueueHistories, CorruptedOnesAreJudgedAsThePlainSearchDoes) {
  SeededDraw draw(7);
  const auto histories = Histories();
  int decided = 0;
  int wrong = 0;
  for (const QueueHistory& history : histories) {
    for (int i = 0; i < 3; ++i) {
      const QueueHistory corrupted = Corrupted(history, draw);
      const Explained plain = PlainSearch(corrupted, 0.3);
      if (plain == Explained::kUnknown) continue;
      ++decided;
      wrong += plain == Explained::kNo ? 1 : 0;
      EXPECT_EQ(ByTheModel(corrupted, true), plain) << history.title << "\n" << TextOf(corrupted);
    }
  }
  RecordProperty("decided", decided);
  RecordProperty("wrong", wrong);
  EXPECT_GT(wrong, 0);
}

}  // namespace
}  // namespace ipcrig
