// SPDX-License-Identifier: Apache-2.0
//
// The checker beside two others that know nothing of it: all orders, one after the other, and the
// textbook's search. IPCRIG_ALL_HISTORIES=1: of all that is in tests/histories, and for longer.
#include "queue_histories.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "gen/draws.h"

namespace ipcrig {
namespace {

const bool kAll = std::getenv("IPCRIG_ALL_HISTORIES") != nullptr;

std::vector<QueueHistory> Histories() {
  return LoadQueueHistories(IPCRIG_SOURCE_DIR "/tests/histories/typed-queue.txt.gz");
}

LinearizeOptions OneOrder(double seconds, bool forced = true) {
  return {.nodes = INT64_MAX, .seconds = seconds, .states = 1, .forced = forced};
}

TEST(QueueHistories, AllOrdersAndBothSearchesAgreeOnSmallOnes) {
  SeededDraw draw(1);
  const int count = kAll ? 1'000'000 : 4'000;
  int explained = 0;
  for (int i = 0; i < count; ++i) {
    const QueueHistory history = SmallQueueHistory(draw);
    const Explained expected = SomeOrderExplains(history) ? Explained::kYes : Explained::kNo;
    ASSERT_EQ(PlainSearch(history, 5), expected) << QueueHistoryText(history);
    ASSERT_EQ(ModelSearch(history, OneOrder(5, false)), expected) << QueueHistoryText(history);
    ASSERT_EQ(ModelSearch(history, OneOrder(5)), expected) << QueueHistoryText(history);
    explained += expected == Explained::kYes ? 1 : 0;
  }
  EXPECT_GT(explained, count / 10);
  EXPECT_LT(explained, count - count / 10);
}

TEST(QueueHistories, ValidOnesAreExplained) {
  const auto histories = Histories();
  ASSERT_EQ(histories.size(), 792U);
  for (size_t i = 0; i < histories.size(); i += kAll ? 1 : 7) {
    EXPECT_EQ(ModelSearch(histories[i], OneOrder(60)), Explained::kYes) << histories[i].title;
  }
}

TEST(QueueHistories, CorruptedOnesAreJudgedAsThePlainSearchDoes) {
  SeededDraw draw(7);
  int corrupted = 0;
  int decided = 0;
  int wrong = 0;
  for (const QueueHistory& history : Histories()) {
    const size_t calls = history.calls.size();
    const int times = kAll ? 10 : calls > 200 ? 0 : calls > 20 ? 1 : 4;
    for (int i = 0; i < times; ++i) {
      const QueueHistory other = Corrupted(history, draw);
      ++corrupted;
      const Explained plain = PlainSearch(other, kAll ? 0.3 : 0.003);
      if (plain == Explained::kUnknown) continue;
      ++decided;
      wrong += plain == Explained::kNo ? 1 : 0;
      EXPECT_EQ(ModelSearch(other, OneOrder(60)), plain) << history.title << "\n"
                                                         << QueueHistoryText(other);
    }
  }
  RecordProperty("corrupted", corrupted);
  RecordProperty("decided", decided);
  RecordProperty("wrong", wrong);
  EXPECT_GE(corrupted, 1000);
  EXPECT_GT(decided, corrupted / 4);
  EXPECT_GT(wrong, decided / 4);
}

}  // namespace
}  // namespace ipcrig
