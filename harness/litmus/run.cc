// SPDX-License-Identifier: Apache-2.0
#include "litmus/run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sstream>

#include "base/io.h"
#include "base/unique_fd.h"
#include "exec/sandbox.h"
#include "litmus/engine.h"

namespace ipcrig::litmus {
namespace {

constexpr int kProgressMs = 100;

struct Failure {
  const char* word;
  Observed::End end;
};

constexpr Failure kFailures[] = {{"skipped", Observed::End::kSkipped},
                                 {"broken", Observed::End::kBroken},
                                 {"stuck", Observed::End::kStuck},
                                 {"died", Observed::End::kDied}};

Observed Ended(Observed::End end, const std::string& why) {
  Observed observed;
  observed.end = end;
  observed.why = why;
  return observed;
}

Observed ParseAnswer(const std::string& text, size_t values) {
  Observed observed = Ended(Observed::End::kBroken, "the engine died");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "state") {
      uint64_t count = 0;
      State state(values);
      words >> count;
      for (int32_t& value : state) words >> value;
      observed.states.emplace_back(state, count);
    } else if (word == "done") {
      int64_t nanoseconds = 0;
      words >> observed.iterations >> nanoseconds >> observed.processors >> observed.impossible;
      observed.seconds = static_cast<double>(nanoseconds) * 1e-9;
      observed.end = Observed::End::kDone;
      observed.why.clear();
    } else {
      for (const Failure& failure : kFailures) {
        if (word != failure.word) continue;
        observed.end = failure.end;
        observed.why = line.substr(std::min(word.size() + 1, line.size()));
      }
    }
  }
  std::sort(observed.states.begin(), observed.states.end());
  return observed;
}

// Anonymous shared memory, unmapped when it goes.
class SharedControl {
 public:
  SharedControl()
      : memory_(mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~SharedControl() {
    if (ok()) munmap(memory_, sizeof(Control));
  }
  SharedControl(const SharedControl&) = delete;
  SharedControl& operator=(const SharedControl&) = delete;

  bool ok() const { return memory_ != MAP_FAILED; }
  Control& operator*() const { return *static_cast<Control*>(memory_); }

 private:
  void* memory_;
};

}  // namespace

Observed RunLitmus(const Test& test, const std::optional<Perpetual>& plan,
                   const RunOptions& options,
                   const std::function<void(uint64_t iterations)>& progress) {
  const SharedControl control;
  int ends[2];
  if (!control.ok() || pipe2(ends, O_CLOEXEC) != 0) {
    return Ended(Observed::End::kBroken, Error{"shared memory", errno}.Text());
  }
  UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  const auto child = ForkIntoSandbox({.shared_namespace = false});
  if (!child.ok()) return Ended(Observed::End::kSkipped, child.error().Text());
  if (child->pid == 0) {
    from.Reset();
    const auto ready = SetUpSandbox(child->isolation, uid, gid, to.get());
    const std::string answer = ready.ok() ? Engine(test, plan, options, *control).Run()
                                          : "skipped " + ready.error().Text() + "\n";
    (void)WriteAll(to.get(), answer);
    _exit(0);
  }
  to.Reset();
  std::string text;
  pollfd readable = {from.get(), POLLIN, 0};
  do {
    poll(&readable, 1, kProgressMs);
    if (progress) progress((*control).iterations.load());
  } while (ReadAvailable(from.get(), text));
  kill(child->pid, SIGKILL);
  while (waitpid(child->pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return ParseAnswer(text, test.observed.size());
}

}  // namespace ipcrig::litmus
