// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <ipcrig/observe.h>

#include "observe/judge_log.h"

namespace ipcrig {
inline namespace v0 {
namespace {

// Where it stays: in TMPDIR, or /tmp. Empty, with errno, where it cannot be written.
std::string Save(const std::string& text) {
  const char* directory = getenv("TMPDIR");
  std::string path = directory == nullptr || *directory == '\0' ? "/tmp" : directory;
  path += "/ipcrig-XXXXXX.jsonl";
  const int fd = mkstemps(path.data(), static_cast<int>(strlen(".jsonl")));
  FILE* file = fd < 0 ? nullptr : fdopen(fd, "w");
  if (file == nullptr) return "";
  const bool whole = fwrite(text.data(), 1, text.size(), file) == text.size();
  return fclose(file) == 0 && whole ? path : "";
}

void SayWhatIsNotJudged(const CallLog& log) {
  if (log.not_judged.empty()) return;
  fprintf(stderr, "ipcrig: what was judged conforms; not judged: %s\n", log.not_judged.c_str());
}

}  // namespace

Conformance Judge(const CallLog& log) {
  if (!log.problem.empty()) return {false, "it cannot be judged: " + log.problem};
  std::string unsaved;
  const auto save = [&] {
    const std::string path = Save(log.text);
    if (path.empty()) unsaved = std::string("the calls cannot be saved: ") + strerror(errno) + "\n";
    return path.empty() ? "calls.jsonl" : path;
  };
  const LogVerdict verdict = JudgeCallLog(log.text, save);
  if (verdict.conforms) SayWhatIsNotJudged(log);
  return {verdict.conforms, verdict.report + unsaved};
}

bool Conforms(const CallLog& log) {
  const bool conforms =
      log.problem.empty() && JudgeCallLog(log.text, [] { return "calls.jsonl"; }).conforms;
  if (conforms) SayWhatIsNotJudged(log);
  return conforms;
}

}  // namespace v0
}  // namespace ipcrig
