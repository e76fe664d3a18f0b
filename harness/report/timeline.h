// SPDX-License-Identifier: Apache-2.0
//
// Timeline: what happened when, as one page of HTML that needs nothing else. Each lane is a
// process; time runs to the right; a bar is a call, and its length is how long it took.
//
//   Timeline timeline{"./server --test"};
//   timeline.lanes = {"pid 12 ./server"};
//   timeline.bars.push_back({0, 100, 250, "msgrcv(0, ...) = 5", "wait"});
//   std::string page = TimelineHtml(timeline);
//
// What a bar says is shown when the pointer is over it. Colours follow the viewer's light or dark
// setting. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ipcrig {

struct TimelineBar {
  int lane = 0;
  int64_t from_us = 0;
  int64_t to_us = 0;      // -1: it did not end
  std::string text = {};  // of any length and with any characters
  std::string look = {};  // "make", "remove", "wait", "fail", "call"
};

struct Timeline {
  std::string title;
  std::vector<std::string> lanes = {};
  std::vector<TimelineBar> bars = {};
  std::string report = {};  // text below the picture
};

std::string TimelineHtml(const Timeline& timeline);

}  // namespace ipcrig
