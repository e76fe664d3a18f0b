// SPDX-License-Identifier: Apache-2.0
#include "trace/risks.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "ops/abi.h"

namespace ipcrig {
namespace {

constexpr unsigned kOthersToo = 06;  // read and write of the others

TraceFinding RiskOf(const Record& record, const std::string& rule, int object, int call) {
  TraceFinding finding;
  finding.kind = FindingKind::kRisk;
  finding.rule = rule;
  const TracedCall& traced = record.calls[static_cast<size_t>(call)];
  finding.process = traced.process;
  finding.stack = traced.stack;
  finding.has_stack = true;
  finding.objects = {object};
  finding.lines.emplace_back("call", PrintCall(traced.call, traced.operations));
  finding.lines.emplace_back("by", ProcessText(record, traced.process));
  return finding;
}

std::string NameOf(const TracedObject& object) {
  return fmt::format("{} {}", ObjectKindName(object.row.kind), object.row.id);
}

void AddOfCreation(const Record& record, int index, std::vector<TraceFinding>& findings) {
  const TracedObject& object = record.objects[static_cast<size_t>(index)];
  const TracedCall& call = record.calls[static_cast<size_t>(object.created_by)];
  const auto flags = static_cast<unsigned>(call.call.flags());
  if ((flags & kOthersToo) == kOthersToo) {
    TraceFinding risk = RiskOf(record, "world-accessible", index, object.created_by);
    risk.title = fmt::format("{} is open to every user: mode {:04o}", NameOf(object),
                             flags & abi::kModeMask);
    risk.help = "mode 0600, or 0660 with a group of its own";
    findings.push_back(std::move(risk));
  }
  if (call.fixed_key && (flags & abi::kIpcExcl) == 0) {
    TraceFinding risk = RiskOf(record, "fixed-key", index, object.created_by);
    risk.title = fmt::format("{} has a key that stands in the program: {:#x}", NameOf(object),
                             static_cast<unsigned>(call.call.key()));
    risk.help = "IPC_CREAT|IPC_EXCL tells whether somebody else has it; IPC_PRIVATE cannot collide";
    findings.push_back(std::move(risk));
  }
  if (call.same_key.size() > 1) {
    TraceFinding risk = RiskOf(record, "ftok-collision", index, object.created_by);
    risk.title = fmt::format("{} has the ftok(3) key {:#x} of two files", NameOf(object),
                             static_cast<unsigned>(call.call.key()));
    for (const std::string& path : call.same_key) risk.lines.emplace_back("file", path);
    risk.help = "ftok(3) sees 16 bits of the inode and 8 of the device";
    findings.push_back(std::move(risk));
  }
}

void AddOfRemoval(const Record& record, int index, std::vector<TraceFinding>& findings) {
  const TracedObject& object = record.objects[static_cast<size_t>(index)];
  const TracedCall& removal = record.calls[static_cast<size_t>(object.removed_by)];
  const TracedCall& creation = record.calls[static_cast<size_t>(object.created_by)];
  const auto executable = [&](const TracedCall& call) {
    return record.processes[static_cast<size_t>(call.process)].executable;
  };
  if (!WasInUse(object) || executable(removal) == executable(creation)) return;
  TraceFinding risk = RiskOf(record, "removed-in-use", index, object.removed_by);
  risk.title = fmt::format("{} was removed by another program while it was in use: {}",
                           NameOf(object), object.content);
  risk.lines.emplace_back("created by", ProcessText(record, creation.process));
  risk.help = "let the program that created it remove it";
  findings.push_back(std::move(risk));
}

// One semaphore as one process uses it.
struct Use {
  int takes = 0;     // operations of -1 without SEM_UNDO
  int gives = 0;     // of +1
  int first = -1;    // call
  bool lock = true;  // in turns: it is taken and given back
};

// A process that takes one and gives it back, again and again, holds a lock. One that only takes,
// or only gives, has a counter: SEM_UNDO would be wrong there.
void AddLocks(const Record& record, std::vector<TraceFinding>& findings) {
  std::map<std::tuple<int, int, int>, Use> uses;  // process, set, number
  for (size_t i = 0; i < record.calls.size(); ++i) {
    const TracedCall& call = record.calls[i];
    if (call.result.value_or(-1) != 0) continue;
    for (const SemOperation& one : call.operations) {
      if (one.amount == 0) continue;
      Use& use = uses[{call.process, call.call.object(), one.number}];
      const bool undo = (static_cast<unsigned>(one.flags) & abi::kSemUndo) != 0;
      if (one.amount == -1 && !undo) {
        if (use.takes != use.gives) use.lock = false;
        if (use.first < 0) use.first = static_cast<int>(i);
        ++use.takes;
      } else if (one.amount == 1 && !undo) {
        ++use.gives;
        if (use.takes != use.gives) use.lock = false;
      } else {
        use.lock = false;
      }
    }
  }
  std::set<std::pair<int, int>> told;
  for (const auto& [who, use] : uses) {
    const auto [process, set, number] = who;
    if (!use.lock || use.takes == 0 || !told.emplace(set, number).second) continue;
    TraceFinding risk = RiskOf(record, "no-sem-undo", -1, use.first);
    risk.objects.clear();
    risk.title = fmt::format(
        "semaphore {} of sem {} is a lock without SEM_UNDO: taken and given "
        "back {} times",
        number, set, use.takes);
    risk.help = "SEM_UNDO in both operations: the kernel gives it back when the holder dies";
    findings.push_back(std::move(risk));
  }
}

void AddHalfInitialised(const Record& record, std::vector<TraceFinding>& findings) {
  for (const int index : record.half_initialised) {
    const TracedCall& call = record.calls[static_cast<size_t>(index)];
    TraceFinding risk = RiskOf(record, "half-initialised", -1, index);
    risk.objects.clear();
    risk.title = fmt::format("sem {} was opened before it was initialised (sem_otime was 0)",
                             call.result.value_or(-1));
    risk.help =
        "create with IPC_EXCL, initialise, make one semop(2); openers wait until sem_otime "
        "is not 0";
    findings.push_back(std::move(risk));
  }
}

// The same risk from the same place is one finding.
void Fold(std::vector<TraceFinding>& findings, size_t from) {
  std::map<std::pair<std::string, std::string>, size_t> places;
  std::vector<TraceFinding> folded(findings.begin(),
                                   findings.begin() + static_cast<ptrdiff_t>(from));
  for (size_t i = from; i < findings.size(); ++i) {
    std::string place;
    for (const Frame& frame : findings[i].stack.frames) {
      place += fmt::format(" {}+{}", frame.module, frame.address);
    }
    if (place.empty()) place = std::to_string(i);
    const auto [at, first] = places.emplace(std::pair(findings[i].rule, place), folded.size());
    if (first) {
      folded.push_back(std::move(findings[i]));
    } else {
      auto& objects = folded[at->second].objects;
      objects.insert(objects.end(), findings[i].objects.begin(), findings[i].objects.end());
    }
  }
  findings = std::move(folded);
}

}  // namespace

void AddRisks(const Record& record, std::vector<TraceFinding>& findings) {
  const size_t from = findings.size();
  for (size_t i = 0; i < record.objects.size(); ++i) {
    if (record.objects[i].created_by < 0) continue;
    AddOfCreation(record, static_cast<int>(i), findings);
    if (record.objects[i].removed_by >= 0) AddOfRemoval(record, static_cast<int>(i), findings);
  }
  AddHalfInitialised(record, findings);
  AddLocks(record, findings);
  Fold(findings, from);
}

}  // namespace ipcrig
