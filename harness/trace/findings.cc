// SPDX-License-Identifier: Apache-2.0
#include "trace/findings.h"

#include <algorithm>
#include <csignal>
#include <map>

#include <fmt/format.h>

#include "trace/risks.h"

namespace ipcrig {
namespace {

const TracedCall* CallAt(const Record& record, int index) {
  return index < 0 ? nullptr : &record.calls[static_cast<size_t>(index)];
}

int64_t Cell(const ObjectRow& row, Column column) { return row[column].value_or(0); }

int64_t BytesOf(const ObjectRow& row) {
  if (row.kind == ObjectKind::kShm) return Cell(row, Column::kSize);
  return row.kind == ObjectKind::kMsg ? Cell(row, Column::kCbytes) : 0;
}

// "shm 3, key 0x4d2, 4096 bytes, mode 0600, owner 1000"
std::string ObjectText(const ObjectRow& row) {
  const auto key = static_cast<uint32_t>(Cell(row, Column::kKey));
  std::string text = fmt::format("{} {}, key {}", ObjectKindName(row.kind), row.id,
                                 key == 0 ? "IPC_PRIVATE" : fmt::format("{:#010x}", key));
  if (row.kind == ObjectKind::kShm) text += fmt::format(", {} bytes", Cell(row, Column::kSize));
  if (row.kind == ObjectKind::kSem) {
    const int64_t count = Cell(row, Column::kSize);
    text += fmt::format(", {} semaphore{}", count, count == 1 ? "" : "s");
  }
  return text +
         fmt::format(", mode {:04o}, owner {}", Cell(row, Column::kMode), Cell(row, Column::kUid));
}

// A get of the same key whose result could not be seen is most likely the one: a guess, and told as
// one.
int LikelyCreator(const Record& record, const TracedObject& object) {
  if (object.created_by >= 0) return object.created_by;
  for (size_t i = 0; i < record.calls.size(); ++i) {
    const TracedCall& call = record.calls[i];
    const bool fits = call.unseen && call.call.IsGet() && call.call.kind() == object.row.kind &&
                      call.call.key() == static_cast<int>(Cell(object.row, Column::kKey));
    if (fits) return static_cast<int>(i);
  }
  return -1;
}

std::string HelpFor(const ObjectRow& row) {
  switch (row.kind) {
    case ObjectKind::kShm:
      return "call shmctl(id, IPC_RMID, NULL) right after shmat(2): the segment goes with the last "
             "detach";
    case ObjectKind::kMsg:
      return "call msgctl(id, IPC_RMID, NULL) on every way out, or keep the queue in one process "
             "that does";
    default:
      return "call semctl(id, 0, IPC_RMID) on every way out";
  }
}

// What makes two left objects one finding.
std::string PlaceOf(const Record& record, const TracedObject& object) {
  std::string place = fmt::format("{} {}", static_cast<int>(object.row.kind), object.held);
  const TracedCall* call = CallAt(record, object.created_by);
  if (call == nullptr || call->stack.frames.empty()) {
    return place + fmt::format(" {}", &object - record.objects.data());
  }
  for (const Frame& frame : call->stack.frames) {
    place += fmt::format(" {}+{}", frame.module, frame.address);
  }
  return place;
}

TraceFinding LeftObject(const Record& record, int index) {
  const TracedObject& object = record.objects[static_cast<size_t>(index)];
  TraceFinding finding;
  finding.kind = object.held ? FindingKind::kInUse : FindingKind::kLeak;
  finding.rule = ObjectKindName(object.row.kind);
  finding.title = ObjectText(object.row);
  finding.objects = {index};
  finding.bytes = BytesOf(object.row);
  if (!object.content.empty()) finding.lines.emplace_back("holds", object.content);
  if (object.row.kind == ObjectKind::kSem && Cell(object.row, Column::kOtime) == 0) {
    finding.lines.emplace_back("note", "no semop(2) was ever made on it (sem_otime is 0)");
  }
  const int creator = LikelyCreator(record, object);
  if (const TracedCall* call = CallAt(record, creator); call != nullptr) {
    finding.process = call->process;
    finding.stack = call->stack;
    finding.has_stack = true;
    finding.guessed = object.created_by < 0;
    finding.lines.emplace_back(
        "created", fmt::format("{}after {:.3f} s by {}", finding.guessed ? "perhaps " : "",
                               static_cast<double>(call->began_us) * 1e-6,
                               ProcessText(record, call->process)));
    finding.lines.emplace_back("with", PrintCall(call->call));
  } else {
    const int64_t creator_pid = Cell(object.row, Column::kCpid);
    finding.lines.emplace_back(
        "created", "by a call that was not seen" +
                       (creator_pid > 0 ? fmt::format(", of pid {}", creator_pid) : std::string()));
  }
  if (!object.held) finding.help = HelpFor(object.row);
  return finding;
}

void AddLeft(const Record& record, std::vector<TraceFinding>& findings) {
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < record.objects.size(); ++i) {
    const TracedObject& object = record.objects[i];
    if (!object.left) continue;
    const auto [place, first] = places.emplace(PlaceOf(record, object), findings.size());
    if (first) {
      findings.push_back(LeftObject(record, static_cast<int>(i)));
      continue;
    }
    TraceFinding& finding = findings[place->second];
    finding.objects.push_back(static_cast<int>(i));
    finding.bytes += BytesOf(object.row);
  }
}

void AddSurvivors(const Record& record, std::vector<TraceFinding>& findings) {
  for (const Survivor& survivor : record.survivors) {
    TraceFinding finding;
    finding.kind = FindingKind::kSurvivor;
    finding.rule = "process";
    finding.process = survivor.process;
    finding.title = ProcessText(record, survivor.process);
    if (!survivor.doing.empty()) finding.lines.emplace_back("doing", survivor.doing);
    if (survivor.signal != 0) {
      finding.lines.emplace_back("ended",
                                 survivor.signal == SIGTERM ? "with SIGTERM" : "with SIGKILL");
    }
    finding.help = "end it before the program ends, and wait for it";
    findings.push_back(std::move(finding));
  }
}

}  // namespace

std::string_view FindingKindName(FindingKind kind) {
  static constexpr std::string_view kNames[] = {"leak", "in use", "survivor", "posix", "risk"};
  return kNames[static_cast<size_t>(kind)];
}

bool IsUnclean(const TraceFinding& finding) {
  return !finding.suppressed &&
         (finding.kind == FindingKind::kLeak || finding.kind == FindingKind::kSurvivor);
}

bool HasSource(const Frame& frame) {
  return !frame.file.empty() && !frame.file.starts_with("./") && !frame.file.starts_with("../");
}

std::string ProcessText(const Record& record, int process) {
  if (process < 0) return "an unknown process";
  const TracedProcess& known = record.processes[static_cast<size_t>(process)];
  constexpr size_t kLongest = 200;
  std::string command = known.command;
  if (command.size() > kLongest) command = command.substr(0, kLongest) + "...";
  return fmt::format("pid {} ({})", known.pid, command);
}

std::vector<TraceFinding> JudgeRecord(const Record& record) {
  std::vector<TraceFinding> findings;
  AddLeft(record, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const auto& a, const auto& b) { return a.kind < b.kind; });
  AddSurvivors(record, findings);
  for (const std::string& path : record.posix) {
    TraceFinding finding;
    finding.kind = FindingKind::kPosix;
    finding.rule = "posix";
    finding.title = path;
    finding.path = path;
    const bool queue = path.starts_with("/dev/mqueue/");
    const bool semaphore = path.starts_with("/dev/shm/sem.");
    finding.help = queue ? "mq_unlink(3)" : semaphore ? "sem_unlink(3)" : "shm_unlink(3)";
    findings.push_back(std::move(finding));
  }
  AddRisks(record, findings);
  return findings;
}

}  // namespace ipcrig
