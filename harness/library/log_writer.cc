// SPDX-License-Identifier: Apache-2.0
#include "library/log_writer.h"

#include <sys/sem.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace ipcrig {
inline namespace v0 {
namespace {

constexpr size_t kLongestName = 24;

bool IsOneOf(int error, std::initializer_list<int> errors) {
  return std::find(errors.begin(), errors.end(), error) != errors.end();
}

bool IsGet(const CallRecord& record) {
  const auto call = static_cast<Call>(record.call);
  return call == Call::kShmget || call == Call::kMsgget || call == Call::kSemget;
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
std::string LogWriter::NameFor(int slot) const {
  std::string name = slot == 0 ? "test" : std::string(all_.names[slot]);
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

// The first lane of a process is that of its first thread, whether or not it makes calls.
LogWriter::Lane& LogWriter::LaneFor(const CallRecord& record) {
  bool nested = false;
  bool known = false;
  const int image = images_[record.pid];
  for (Lane& lane : lanes_) {
    if (lane.tid == record.tid && !lane.over && lane.free <= record.from) return lane;
    const bool ours = lane.pid == record.pid && lane.image == image;
    known = known || ours;
    nested = nested || (ours && lane.tid == record.tid);
  }
  if (!known && record.tid != record.pid) {
    lanes_.push_back({NameFor(record.slot), record.pid, record.pid, 0, image, false, false, false});
  }
  if (nested && record.call == static_cast<int32_t>(Call::kMsgrcv)) nested_receive_ = true;
  return lanes_.emplace_back(
      Lane{NameFor(record.slot), record.pid, record.tid, 0, image, nested, false, false});
}

std::string LogWriter::Introduce(Lane& lane) {
  std::string text = fmt::format("{{\"process\": \"{}\"", lane.name);
  if (std::exchange(lane.named, true)) return text;
  Lane& first = *std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& other) {
    return other.pid == lane.pid && other.image == lane.image;
  });
  if (&first != &lane) {
    text += fmt::format(", \"thread\": \"{}\"", first.name);
    if (!first.named) text = Introduce(first) + "}\n" + text;
  }
  return lane.nested ? text : text + fmt::format(", \"pid\": {}", lane.tid);
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
bool LogWriter::LeaveOut(uint32_t index, Standing standing, const std::string& text) {
  const CallRecord& record = all_.records[index];
  const bool failed = standing == Standing::kReturned && record.result < 0;
  const auto call = static_cast<Call>(record.call);
  const bool memory = call >= Call::kShmget && call <= Call::kShmctl;
  const bool unfollowed = memory && (!memory_.doubt.empty() || memory_.foreign.count(index) != 0);
  const bool elsewhere = failed && (IsOneOf(record.error, {ENOMEM, ENOSYS}) ||
                                    (record.error == EFAULT && call != Call::kMsgrcv));
  const bool unsure = nested_receive_ && call == Call::kMsgctl && IsStatus(record);
  const bool unheard = standing == Standing::kReturned && HasNoAnswer(record);
  if (!text.empty() && !unfollowed && !elsewhere && !unsure && !unheard) return false;
  const char* name = CallText(call);
  if (unfollowed || elsewhere || failed || OnlyLooks(record)) {
    ++left_out_[name];
  } else {
    log_.problem = fmt::format("a {} has more arguments, or longer ones, than can be judged", name);
  }
  return true;
}

void LogWriter::Add(uint32_t index, Standing standing, int64_t now) {
  const CallRecord& record = all_.records[index];
  const bool followed = memory_.doubt.empty();
  if (followed && memory_.forks.count(index) != 0) AddFork(record, now);
  if (followed && memory_.images.count(index) != 0) {
    End(record.pid, record.from);
    ++images_[record.pid];
  }
  if (record.call <= 0) return;
  const std::string text = CallText(all_, record, standing == Standing::kAsleep);
  if (LeaveOut(index, standing, text)) return;
  if (IsGet(record) && standing != Standing::kReturned) {
    log_.problem = fmt::format(
        "a process was killed in {}, and whether it made an object is not "
        "known",
        CallText(static_cast<Call>(record.call)));
    return;
  }
  AddCall(record, standing, now, text);
}

void LogWriter::AddCall(const CallRecord& record, Standing standing, int64_t now,
                        const std::string& text) {
  Lane& lane = LaneFor(record);
  log_.text += fmt::format("{}, {}, \"call\": {}", Introduce(lane), text, record.from - start_);
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

// The child is known, so it was born, whether or not its parent lived to be told.
void LogWriter::AddFork(const CallRecord& record, int64_t now) {
  const pid_t child = record.child;
  int slot = record.slot;
  for (uint32_t i = std::min(all_.count.load(), kRecordsMax); i-- > 0;) {
    if (all_.records[i].pid == child && all_.records[i].call > 0) slot = all_.records[i].slot;
  }
  Lane& parent = LaneFor(record);
  const bool told = record.state == CallRecord::kReturned;
  const std::string name = NameFor(slot);
  log_.text += fmt::format(
      "{}, \"op\": \"fork\", \"args\": [\"{}\"], \"call\": {}, \"return\": {}, "
      "\"result\": {}}}\n",
      Introduce(parent), name, record.from - start_, (told ? record.to : now) - start_, child);
  parent.free = told ? record.to : now;
  lanes_.push_back({name, child, child, record.from, images_[child], false, true, false});
}

void LogWriter::End(pid_t pid, int64_t when) {
  for (Lane& lane : lanes_) {
    if (lane.pid != pid || lane.over) continue;
    log_.text += fmt::format("{}, \"ended\": {}}}\n", Introduce(lane), when - start_);
    lane.over = true;
  }
}

CallLog LogWriter::Finish() {
  log_.processes = static_cast<int>(lanes_.size());
  for (const auto& [name, count] : left_out_) {
    log_.not_judged += fmt::format("{}{} {}", log_.not_judged.empty() ? "" : ", ", count, name);
  }
  if (!memory_.doubt.empty()) log_.not_judged += fmt::format(" ({})", memory_.doubt);
  return log_;
}

}  // namespace v0
}  // namespace ipcrig
