// SPDX-License-Identifier: Apache-2.0
#include "library/log_writer.h"

#include <sys/sem.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace ipcrig {
inline namespace v0 {
namespace {

constexpr size_t kLongestName = 24;

bool IsOneOf(int error, std::initializer_list<int> errors) {
  return std::find(errors.begin(), errors.end(), error) != errors.end();
}

bool CountsWaiters(const CallRecord& record) {
  return record.call == static_cast<int32_t>(Call::kSemctl) &&
         (record.arguments[2] == GETNCNT || record.arguments[2] == GETZCNT);
}

bool IsGet(const CallRecord& record) {
  const auto call = static_cast<Call>(record.call);
  return call == Call::kMsgget || call == Call::kSemget;
}

// The answer was not kept, since the set could not be looked at.
bool HasNoAnswer(const CallRecord& record) {
  if (record.result < 0) return false;
  const bool list =
      record.call == static_cast<int32_t>(Call::kSemctl) && record.arguments[2] == GETALL;
  return list ? record.out == kNowhere || record.out_size == 0 : record.out == kNowhere;
}

}  // namespace

// "cook", "cook_2" for what it forks or another thread, "test" for the test itself.
std::string LogWriter::NameFor(const CallRecord& record) const {
  std::string name = record.slot == 0 ? "test" : std::string(all_.names[record.slot]);
  name.resize(std::min(name.size(), kLongestName));
  for (char& c : name) c = isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (name.empty() || isdigit(static_cast<unsigned char>(name[0])) != 0) name = "P" + name;
  for (const char* word : {"returns", "ipcs", "race", "NULL", "IPC_PRIVATE", "self", "data"}) {
    if (name == word) name += "_";
  }
  std::string unique = name;
  const auto taken = [&](const Lane& lane) { return lane.name == unique; };
  for (int i = 2; std::any_of(lanes_.begin(), lanes_.end(), taken); ++i) {
    unique = fmt::format("{}_{}", name, i);
  }
  return unique;
}

LogWriter::Lane& LogWriter::LaneFor(const CallRecord& record) {
  for (Lane& lane : lanes_) {
    if (lane.tid == record.tid && !lane.over && lane.free <= record.from) return lane;
  }
  lanes_.push_back({NameFor(record), record.pid, record.tid, 0, false});
  return lanes_.back();
}

// "kitchen.cc:31"; empty where it has no line.
std::string LogWriter::PlaceText(const CallRecord& record) {
  if (record.module == kNowhere) return "";
  const auto [place, fresh] = places_.try_emplace({record.module, record.address}, "");
  if (!fresh) return place->second;
  const SourcePlace found = lines_.Of(all_.modules[record.module].name, record.address);
  if (found.file.empty()) return "";
  for (const char c : fmt::format("{}:{}", found.file, found.line)) {
    if (c != '"' && c != '\\' && c >= ' ') place->second += c;
  }
  return place->second;
}

// Whether the call is not to be judged, which is counted; where it cannot be left out either, that
// is a problem.
bool LogWriter::LeaveOut(const CallRecord& record, Standing standing, const std::string& text) {
  const bool failed = standing == Standing::kReturned && record.result < 0;
  const auto call = static_cast<Call>(record.call);
  const bool shared_memory = call >= Call::kShmget && call <= Call::kShmctl;
  const bool interrupted = failed && record.error == EINTR;
  const bool elsewhere = failed && (IsOneOf(record.error, {ENOMEM, ENOSYS}) ||
                                    (record.error == EFAULT && call != Call::kMsgrcv));
  const bool unheard = standing == Standing::kReturned && HasNoAnswer(record);
  if (interrupted) interrupted_ = true;
  const bool miscounts = interrupted_ && CountsWaiters(record);
  if (!text.empty() && !interrupted && !elsewhere && !unheard && !miscounts) return false;
  const char* name = CallText(call);
  if (shared_memory || interrupted || elsewhere || miscounts || failed || OnlyLooks(record)) {
    ++left_out_[interrupted ? fmt::format("{} (EINTR)", name) : name];
  } else {
    log_.problem = fmt::format("a {} has more arguments, or longer ones, than can be judged", name);
  }
  return true;
}

void LogWriter::Add(const CallRecord& record, Standing standing, int64_t now) {
  const std::string text = CallText(all_, record, standing == Standing::kAsleep);
  if (LeaveOut(record, standing, text)) return;
  if (IsGet(record) && standing != Standing::kReturned) {
    log_.problem = fmt::format(
        "a process was killed in {}, and whether it made an object is not "
        "known",
        CallText(static_cast<Call>(record.call)));
    return;
  }
  Lane& lane = LaneFor(record);
  log_.text +=
      fmt::format("{{\"process\": \"{}\", {}, \"call\": {}", lane.name, text, record.from - start_);
  switch (standing) {
    case Standing::kReturned:
      log_.text += fmt::format(", \"return\": {}, \"result\": {}", record.to - start_,
                               ResultText(all_, record));
      break;
    case Standing::kAsleep:
      log_.text += ", \"asleep\": true";
      break;
    case Standing::kDead:
      log_.text += fmt::format(", \"killed\": {}", now - start_);
      break;
    case Standing::kUnknown:
      break;
  }
  const std::string place = PlaceText(record);
  if (!place.empty()) log_.text += fmt::format(", \"at\": \"{}\"", place);
  log_.text += "}\n";
  lane.over = standing != Standing::kReturned;
  lane.free = record.to;
  ++log_.calls;
}

void LogWriter::End(pid_t pid, int64_t when) {
  for (Lane& lane : lanes_) {
    if (lane.pid != pid || lane.over) continue;
    log_.text += fmt::format("{{\"process\": \"{}\", \"ended\": {}}}\n", lane.name, when - start_);
    lane.over = true;
  }
}

CallLog LogWriter::Finish() {
  log_.processes = static_cast<int>(lanes_.size());
  for (const auto& [name, count] : left_out_) {
    log_.not_judged += fmt::format("{}{} {}", log_.not_judged.empty() ? "" : ", ", count, name);
  }
  return log_;
}

}  // namespace v0
}  // namespace ipcrig
