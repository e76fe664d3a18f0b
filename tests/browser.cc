// SPDX-License-Identifier: Apache-2.0
#include "browser.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/io.h"
#include "base/require.h"

namespace ipcrig {
namespace {

constexpr int kAnswerMs = 60'000;
constexpr int kFromTest = 3;  // the descriptors that --remote-debugging-pipe uses
constexpr int kToTest = 4;
constexpr int kAboveThose = 10;

std::string FindBrowser() {
  if (const char* named = getenv("IPCRIG_BROWSER"); named != nullptr) return named;
  const char* path = getenv("PATH");
  for (const char* name : {"chromium-headless-shell", "chromium", "google-chrome"}) {
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
      std::string program = folder + "/" + name;
      if (access(program.c_str(), X_OK) == 0) return program;
    }
  }
  return "";
}

[[noreturn]] void ExecuteBrowser(const std::string& program, const std::string& profile, int in,
                                 int out) {
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
  const int high_in = fcntl(in, F_DUPFD, kAboveThose);
  const int high_out = fcntl(out, F_DUPFD, kAboveThose);
  dup2(high_in, kFromTest);
  dup2(high_out, kToTest);
  const std::string folder = "--user-data-dir=" + profile;
  execl(program.c_str(), program.c_str(), "--headless", "--no-sandbox", "--disable-gpu",
        "--remote-debugging-pipe", folder.c_str(), "about:blank", nullptr);
  _exit(127);
}

std::string FromBase64(const std::string& text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) break;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFFU);
  }
  return bytes;
}

}  // namespace

Browser::Browser() {
  const std::string program = FindBrowser();
  if (program.empty()) {
    why_not_ = "no Chromium here; `ci/setup --browser` installs one";
    return;
  }
  Start(program);
  const Message target = Call("Target.createTarget", {{"url", "about:blank"}});
  if (!target.contains("targetId")) {
    why_not_ = program + " does not start";
    return;
  }
  const Message session =
      Call("Target.attachToTarget", {{"targetId", target["targetId"]}, {"flatten", true}});
  session_ = session.value("sessionId", "");
  for (const char* domain : {"Page", "Runtime", "Log", "Network"}) {
    Call(std::string(domain) + ".enable");
  }
}

Browser::~Browser() {
  if (pid_ < 0) return;
  session_.clear();
  Call("Browser.close");
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Browser::Start(const std::string& program) {
  int to[2];
  int from[2];
  IPC_REQUIRE(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "no pipes for a browser");
  to_.Reset(to[1]);
  from_.Reset(from[0]);
  const UniqueFd in(to[0]);
  const UniqueFd out(from[1]);
  (void)signal(SIGPIPE, SIG_IGN);
  pid_ = fork();
  IPC_REQUIRE(pid_ >= 0, "no process for a browser");
  if (pid_ == 0) ExecuteBrowser(program, profile_.path(), in.get(), out.get());
}

// The next message; null where there is none.
Browser::Message Browser::Receive() {
  size_t end = 0;
  while ((end = received_.find('\0')) == std::string::npos) {
    pollfd readable = {from_.get(), POLLIN, 0};
    if (poll(&readable, 1, kAnswerMs) <= 0) return nullptr;
    char part[1 << 16];
    const ssize_t length = read(from_.get(), part, sizeof(part));
    if (length <= 0) return nullptr;
    received_.append(part, static_cast<size_t>(length));
  }
  Message message = Message::parse(received_.substr(0, end), nullptr, false);
  received_.erase(0, end + 1);
  return message;
}

Browser::Message Browser::Call(const std::string& method, Message parameters) {
  Message message{{"id", ++last_id_}, {"method", method}, {"params", std::move(parameters)}};
  if (!session_.empty()) message["sessionId"] = session_;
  std::string text = message.dump();
  text += '\0';
  if (!WriteAll(to_.get(), text)) return nullptr;
  for (Message answer = Receive(); !answer.is_null(); answer = Receive()) {
    if (answer.value("id", 0) != last_id_) {
      Note(answer);
      continue;
    }
    if (!answer.contains("error")) return answer["result"];
    complaints_.push_back(method + ": " + answer["error"].dump());
    return nullptr;
  }
  complaints_.push_back(method + ": the browser does not answer");
  return nullptr;
}

void Browser::Note(const Message& event) {
  const std::string method = event.value("method", "");
  const Message& parameters = event.contains("params") ? event["params"] : event;
  if (method == "Page.loadEventFired") loaded_ = true;
  if (method == "Runtime.exceptionThrown" || method == "Log.entryAdded") {
    complaints_.push_back(parameters.dump());
  }
  if (method == "Runtime.consoleAPICalled") {
    const std::string type = parameters.value("type", "");
    if (type != "log" && type != "info" && type != "debug")
      complaints_.push_back(parameters.dump());
  }
  if (method == "Network.requestWillBeSent") {
    const std::string url = parameters["request"].value("url", "");
    if (url != page_) complaints_.push_back("asks for " + url);
  }
}

void Browser::Open(const std::string& path, const BrowserWindow& window) {
  Call("Emulation.setDeviceMetricsOverride", {{"width", window.width},
                                              {"height", window.height},
                                              {"deviceScaleFactor", 1},
                                              {"mobile", false}});
  const Message feature{{"name", "prefers-color-scheme"},
                        {"value", window.dark ? "dark" : "light"}};
  Call("Emulation.setEmulatedMedia", {{"features", Message::array({feature})}});
  complaints_.clear();
  loaded_ = false;
  page_ = "file://" + std::filesystem::absolute(path).string();
  Call("Page.navigate", {{"url", page_}});
  while (!loaded_) {
    const Message event = Receive();
    if (event.is_null()) return complaints_.push_back(path + " is not loaded");
    Note(event);
  }
}

std::string Browser::Evaluate(const std::string& expression) {
  const Message answer =
      Call("Runtime.evaluate", {{"expression", expression}, {"returnByValue", true}});
  if (answer.is_null()) return "";
  if (answer.contains("exceptionDetails")) complaints_.push_back(answer["exceptionDetails"].dump());
  const Message& result = answer["result"];
  return result.contains("value") ? result["value"].dump() : result.value("type", "");
}

void Browser::Press(const std::string& key) {
  Call("Input.dispatchKeyEvent", {{"type", "keyDown"}, {"key", key}});
  Call("Input.dispatchKeyEvent", {{"type", "keyUp"}, {"key", key}});
}

void Browser::Click(double x, double y) {
  for (const char* type : {"mousePressed", "mouseReleased"}) {
    Call("Input.dispatchMouseEvent",
         {{"type", type}, {"x", x}, {"y", y}, {"button", "left"}, {"clickCount", 1}});
  }
}

bool Browser::Screenshot(const std::string& path) {
  const Message answer = Call("Page.captureScreenshot");
  if (!answer.is_object()) return false;
  std::ofstream(path, std::ios::binary) << FromBase64(answer.value("data", ""));
  return std::filesystem::file_size(path) > 0;
}

}  // namespace ipcrig
