// SPDX-License-Identifier: Apache-2.0
//
// Browser: a headless Chromium that a test looks through. It is driven through the pipe that
// Chromium itself offers (--remote-debugging-pipe), so it needs nothing beside the browser.
//
//   Browser browser;
//   if (!browser.why_not().empty()) GTEST_SKIP() << browser.why_not();
//   browser.Open("a.html", {.dark = true});
//   browser.Press("ArrowDown");
//   EXPECT_EQ(browser.Evaluate("document.title"), "\"a.ipc - ipcrig\"");
//   EXPECT_THAT(browser.complaints(), testing::IsEmpty());
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/unique_fd.h"
#include "command.h"

namespace ipcrig {

struct BrowserWindow {
  int width = 1360;
  int height = 860;
  bool dark = false;
};

class Browser {
 public:
  // IPCRIG_BROWSER, or the first Chromium of PATH.
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  // Why there is no browser; empty where there is one.
  const std::string& why_not() const { return why_not_; }

  // Opens a file and forgets all complaints.
  void Open(const std::string& path, const BrowserWindow& window = {});
  // The value of an expression as JSON; an error becomes a complaint.
  std::string Evaluate(const std::string& expression);
  // "ArrowDown", "f"
  void Press(const std::string& key);
  // Of a point of the window, in pixels.
  void Click(double x, double y);
  // Writes what is seen as a PNG; false where that fails.
  bool Screenshot(const std::string& path);

  // Errors and warnings of the console, uncaught exceptions, and each request that goes beyond the
  // page, since it was opened.
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  using Message = nlohmann::json;

  void Start(const std::string& program);
  Message Receive();
  Message Call(const std::string& method, Message parameters = Message::object());
  void Note(const Message& event);

  ScratchDirectory profile_;
  std::string why_not_;
  pid_t pid_ = -1;
  UniqueFd to_, from_;
  std::string received_;
  std::string session_;
  std::string page_;
  int last_id_ = 0;
  bool loaded_ = false;
  std::vector<std::string> complaints_;
};

}  // namespace ipcrig
