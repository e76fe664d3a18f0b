// SPDX-License-Identifier: Apache-2.0
#include "exec/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/io.h"
#include "exec/accounts.h"
#include "exec/requirements.h"
#include "exec/sandbox.h"

namespace ipcrig {
namespace {

constexpr int64_t kMostStuckMs = 3000;  // beyond the engine's own time, before it is given up
constexpr int64_t kStartMs = 10000;     // for a new engine to say what its machine is like
constexpr uint32_t kMostBytes = 64U << 20;

// A frame: its length, then its text. A frame without text is an engine that dies: the nursery says
// so in its place.
bool SendFrame(int fd, std::string_view text) {
  const auto length = static_cast<uint32_t>(text.size());
  std::string frame(sizeof(length), '\0');
  memcpy(frame.data(), &length, sizeof(length));
  frame += text;
  return WriteAll(fd, frame);
}

// Reads so many bytes; `deadline_ms` 0: waits for ever. False at the end of the file or of the
// time.
bool ReadExactly(int fd, char* bytes, size_t count, int64_t deadline_ms) {
  while (count > 0) {
    const int64_t left = deadline_ms == 0 ? -1 : deadline_ms - MonotonicUs() / 1000;
    pollfd readable = {fd, POLLIN, 0};
    if (deadline_ms != 0 && left <= 0) return false;
    if (const int ready = poll(&readable, 1, static_cast<int>(left)); ready <= 0) {
      if (ready < 0 && errno == EINTR) continue;
      return false;
    }
    const ssize_t got = read(fd, bytes, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    count -= static_cast<size_t>(got);
  }
  return true;
}

bool ReceiveFrame(int fd, std::string& text, int64_t deadline_ms) {
  uint32_t length = 0;
  if (!ReadExactly(fd, reinterpret_cast<char*>(&length), sizeof(length), deadline_ms)) return false;
  if (length > kMostBytes) return false;
  text.resize(length);
  return ReadExactly(fd, text.data(), length, deadline_ms);
}

// A request: one byte that says how the run ends, then the scenario.
[[noreturn]] void ServeRequests(const RunOptions& options, Isolation isolation, int from, int to) {
  std::string events;
  Engine engine(options, isolation, [&](const Event& event) {
    events += PrintEvent(event);
    return true;
  });
  if (!SendFrame(to, HistoryHeader() + PrintFacts(engine.facts()))) _exit(0);
  std::string request;
  while (ReceiveFrame(from, request, 0) && !request.empty()) {
    const Ending ending = request[0] == 'k' ? Ending::kKeep : Ending::kAll;
    const auto parsed = ParseScenario(std::string_view(request).substr(1), "request");
    events.clear();
    if (const auto* scenario = std::get_if<Scenario>(&parsed)) {
      engine.Run(*scenario, ending);
    } else {
      events =
          PrintEvent({.kind = Event::Kind::kBroken, .text = std::get<ParseError>(parsed).Text()});
    }
    if (!SendFrame(to, events)) break;
  }
  _exit(0);
}

volatile pid_t engine_pid = 0;  // of the nursery's present engine

// Forks engines, one after the other, until nobody asks any more. SIGUSR1: the present one is
// stuck.
[[noreturn]] void Nurse(const RunOptions& options, uid_t uid, gid_t gid, int from, int to) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "ipcrig-nursery");
  (void)signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGUSR2, SIGSEGV, SIGABRT, SIGBUS,
                           SIGILL, SIGFPE, SIGXFSZ}) {
    (void)signal(number, SIG_DFL);  // a fuzzer's handlers are not for its children
  }
  (void)signal(SIGUSR1, [](int) {
    if (engine_pid > 0) kill(engine_pid, SIGKILL);
  });
  setpgid(0, 0);
  for (;;) {
    const auto child = ForkIntoSandbox({.shared_namespace = false});
    if (!child.ok()) {
      (void)SendFrame(to, "cannot " + child.error().Text());
      _exit(0);
    }
    if (child->pid == 0) {
      if (const auto ready = SetUpSandbox(child->isolation, uid, gid, to); !ready.ok()) {
        (void)SendFrame(to, "cannot " + ready.error().Text());
        _exit(1);
      }
      ServeRequests(options, child->isolation, from, to);
    }
    engine_pid = child->pid;
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status == 0) _exit(0);  // nobody asks any more
    if (!SendFrame(to, "")) _exit(0);
  }
}

}  // namespace

Result<Server> Server::Start(const RunOptions& options) {
  if (options.ipcs_program) (void)KnownAccounts();
  (void)CanExecuteItself();
  int requests[2];
  int answers[2];
  if (pipe2(requests, O_CLOEXEC) != 0) return Error{"pipe", errno};
  const UniqueFd request_end(requests[0]);
  Server server;
  server.options_ = options;
  server.to_engine_.Reset(requests[1]);
  if (pipe2(answers, O_CLOEXEC) != 0) return Error{"pipe", errno};
  server.from_engine_.Reset(answers[0]);
  const UniqueFd answer_end(answers[1]);
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  server.nursery_ = fork();
  if (server.nursery_ < 0) return Error{"fork", errno};
  if (server.nursery_ == 0) {
    server.to_engine_.Reset();
    server.from_engine_.Reset();
    Nurse(options, uid, gid, request_end.get(), answer_end.get());
  }
  if (const auto greeted = server.Greet(); !greeted.ok()) return greeted.error();
  return server;
}

Server::Server(Server&& other) noexcept
    : options_(std::move(other.options_)),
      facts_(other.facts_),
      nursery_(std::exchange(other.nursery_, -1)),
      to_engine_(std::move(other.to_engine_)),
      from_engine_(std::move(other.from_engine_)) {}

Server::~Server() {
  if (nursery_ <= 0) return;
  kill(nursery_, SIGKILL);
  while (waitpid(nursery_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// The first frame of every engine.
Result<bool> Server::Greet() {
  std::string text;
  if (!ReceiveFrame(from_engine_.get(), text, MonotonicUs() / 1000 + kStartMs)) {
    return Error{"the engine did not start"};
  }
  if (text.starts_with("cannot ")) return Error{text.substr(strlen("cannot "))};
  auto history = ParseHistory(text);
  if (!history.ok()) return history.error();
  facts_ = history->facts;
  return true;
}

Result<History> Server::Run(const Scenario& scenario, Ending ending) {
  History history;
  history.facts = facts_;
  const std::string request = (ending == Ending::kKeep ? "k" : "a") + PrintScenario(scenario);
  (void)signal(SIGPIPE, SIG_IGN);
  std::string text;
  const int64_t deadline = MonotonicUs() / 1000 + options_.timeout_ms + kMostStuckMs;
  if (!SendFrame(to_engine_.get(), request) || !ReceiveFrame(from_engine_.get(), text, deadline)) {
    return Error{"the engine is gone or stuck"};
  }
  if (text.empty()) {  // it died; here is the next one
    if (const auto greeted = Greet(); !greeted.ok()) return greeted.error();
    return history;
  }
  auto parsed = ParseHistory(HistoryHeader() + text);
  if (parsed.ok()) parsed->facts = facts_;
  return parsed;
}

}  // namespace ipcrig
