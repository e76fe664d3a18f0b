// SPDX-License-Identifier: Apache-2.0
#include "ops/history.h"

#include <algorithm>

#include <fmt/format.h>

namespace ipcrig {
namespace {

constexpr std::string_view kHeader = "ipcrig-history 1";
constexpr size_t kNoLimit = SIZE_MAX;

constexpr std::string_view kEventNames[] = {"start",    "call",   "return",  "ended",    "asleep",
                                            "busy",     "notrun", "skip",    "snapshot", "close",
                                            "survivor", "remove", "broken",  "race",     "raced",
                                            "pending",  "gone",   "raceend", "done"};
constexpr std::string_view kOutcomeNames[] = {"returned", "failed", "faulted", "exited", "killed"};

template <size_t kCount>
int IndexOf(const std::string_view (&names)[kCount], std::string_view name) {
  const auto found = std::find(std::begin(names), std::end(names), name);
  return found == std::end(names) ? -1 : static_cast<int>(found - std::begin(names));
}

std::string PrintView(const View& view) {
  std::string text = fmt::format("view {} {}\n", view.name, Quoted(view.unavailable));
  for (int kind = 0; kind < kObjectKinds; ++kind) {
    const Totals& totals = view.totals[static_cast<size_t>(kind)];
    text += fmt::format("totals {} {} {}\n", totals.objects, totals.units, totals.bytes);
  }
  for (const ObjectRow& row : view.rows) {
    text += fmt::format("row {} {}", ObjectKindName(row.kind), row.id);
    for (int i = 0; i < kColumns; ++i) {
      if (const auto cell = row.cells[static_cast<size_t>(i)]) {
        text += fmt::format(" {}={}", ColumnName(static_cast<Column>(i)), *cell);
      }
    }
    text += '\n';
  }
  return text;
}

int64_t ReadNumber(Reader& in) { return in.Number(INT64_MIN, INT64_MAX); }

void ReadRow(Reader& in, Snapshot& snapshot) {
  ObjectRow row;
  const std::string kind = in.Word();
  bool known = false;
  for (int i = 0; i < kObjectKinds; ++i) {
    if (kind != ObjectKindName(static_cast<ObjectKind>(i))) continue;
    row.kind = static_cast<ObjectKind>(i);
    known = true;
  }
  if (!known) in.Fail("unknown kind of object " + kind);
  row.id = static_cast<int>(in.Number(INT32_MIN, INT32_MAX));
  while (in.ok() && !in.AtEnd()) {
    const std::string name = in.Word();
    int column = 0;
    while (column < kColumns && ColumnName(static_cast<Column>(column)) != name) ++column;
    if (column == kColumns) in.Fail("unknown column " + name);
    in.Expect('=');
    const int64_t value = ReadNumber(in);
    if (in.ok()) row.cells[static_cast<size_t>(column)] = value;
  }
  if (snapshot.empty()) return in.Fail("row without a view");
  snapshot.back().rows.push_back(row);
}

void ReadFacts(Reader& in, Facts& facts) {
  facts.ForEach([&](std::string_view name, int64_t& value) {
    if (!in.EatWord(name)) in.FailHere("expected " + std::string(name));
    in.Expect('=');
    value = ReadNumber(in);
  });
}

Outcome ReadOutcome(Reader& in) {
  Outcome outcome;
  const int kind = IndexOf(kOutcomeNames, in.Word());
  if (kind < 0) in.Fail("unknown outcome");
  outcome.kind = static_cast<Outcome::Kind>(std::max(kind, 0));
  outcome.value = ReadNumber(in);
  in.Expect('[');
  while (in.ok() && in.Peek() != ']') {
    outcome.numbers.push_back(ReadNumber(in));
    if (!in.Eat(',')) break;
  }
  in.Expect(']');
  outcome.bytes = in.Quoted(kNoLimit);
  return outcome;
}

Event ReadEvent(Reader& in, Event::Kind kind) {
  Event event;
  event.kind = kind;
  event.step = static_cast<int>(in.Number(-1, INT32_MAX));
  event.process = static_cast<int>(in.Number(-1, kMaxProcesses - 1));
  event.from = ReadNumber(in);
  event.to = ReadNumber(in);
  event.outcome = ReadOutcome(in);
  event.text = in.Quoted(kNoLimit);
  return event;
}

// Whether the line belongs to the snapshot of the event before it, and was read as that.
bool ReadSnapshotLine(Reader& in, const std::string& word, Snapshot& snapshot, int& totals) {
  if (word == "view") {
    View view;
    view.name = in.Word();
    view.unavailable = in.Quoted(kNoLimit);
    snapshot.push_back(std::move(view));
    totals = 0;
  } else if (word == "totals" && !snapshot.empty() && totals < kObjectKinds) {
    Totals& target = snapshot.back().totals[static_cast<size_t>(totals++)];
    target = {ReadNumber(in), ReadNumber(in), ReadNumber(in)};
  } else if (word == "row") {
    ReadRow(in, snapshot);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void Facts::ForEach(const std::function<void(std::string_view, int64_t&)>& f) {
  f("private_namespace", private_namespace);
  f("uid", uid);
  f("gid", gid);
  f("cap_ipc_owner", cap_ipc_owner);
  f("cap_sys_admin", cap_sys_admin);
  f("cap_sys_resource", cap_sys_resource);
  f("cap_ipc_lock", cap_ipc_lock);
  f("cap_setuid", cap_setuid);
  f("sysctl", sysctl);
  f("checkpoint_restore", checkpoint_restore);
  f("memlock", memlock);
  f("huge_pages", huge_pages);
  f("huge_page_size", huge_page_size);
  f("swap", swap);
  f("shm_rmid_forced", shm_rmid_forced);
  f("user_namespace", user_namespace);
  f("page_size", page_size);
  f("shmmax", shmmax);
  f("shmmni", shmmni);
  f("shmall", shmall);
  f("msgmax", msgmax);
  f("msgmnb", msgmnb);
  f("msgmni", msgmni);
  f("semmsl", semmsl);
  f("semmns", semmns);
  f("semopm", semopm);
  f("semmni", semmni);
}

Facts OrdinaryFacts() {
  return {.private_namespace = 1,
          .cap_ipc_owner = 1,
          .cap_sys_admin = 1,
          .cap_sys_resource = 1,
          .cap_ipc_lock = 1,
          .cap_setuid = 1,
          .sysctl = 1,
          .checkpoint_restore = 1,
          .memlock = 8 << 20,
          .shmmax = INT64_MAX,
          .shmmni = 4096,
          .shmall = INT64_MAX / 4096,
          .msgmax = 8192,
          .msgmnb = 16384,
          .msgmni = 32000,
          .semmsl = 32000,
          .semmns = 1024000000,
          .semopm = 500,
          .semmni = 32000};
}

const Event* History::Find(Event::Kind kind) const {
  const auto found = std::find_if(events.begin(), events.end(),
                                  [&](const Event& event) { return event.kind == kind; });
  return found == events.end() ? nullptr : &*found;
}

std::string HistoryHeader() { return std::string(kHeader) + "\n"; }

std::string PrintFacts(const Facts& facts) {
  std::string text = "facts";
  Facts copy = facts;
  copy.ForEach(
      [&](std::string_view name, int64_t value) { text += fmt::format(" {}={}", name, value); });
  return text + "\n";
}

std::string PrintEvent(const Event& event) {
  const Outcome& outcome = event.outcome;
  std::string text = fmt::format(
      "{} {} {} {} {} {} {} [{}] {} {}\n", kEventNames[static_cast<size_t>(event.kind)], event.step,
      event.process, event.from, event.to, kOutcomeNames[static_cast<size_t>(outcome.kind)],
      outcome.value, fmt::join(outcome.numbers, ", "), Quoted(outcome.bytes), Quoted(event.text));
  for (const View& view : event.snapshot) text += PrintView(view);
  return text;
}

std::string PrintHistory(const History& history) {
  std::string text = HistoryHeader() + PrintFacts(history.facts);
  for (const Event& event : history.events) text += PrintEvent(event);
  return text;
}

Result<History> ParseHistory(std::string_view text, std::string_view path, int lines_above) {
  History history;
  Names names;
  int line_number = 0;
  int totals = 0;
  while (text.find('\n') != std::string_view::npos) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (++line_number == 1) {
      if (line == kHeader) continue;
      return Error{fmt::format("{}:{}:1: expected '{}'", path, lines_above + 1, kHeader)};
    }
    Reader in(line, names);
    const std::string word = in.Word();
    const int kind = IndexOf(kEventNames, word);
    Snapshot* snapshot = history.events.empty() ? nullptr : &history.events.back().snapshot;
    if (word == "facts") {
      ReadFacts(in, history.facts);
    } else if (kind >= 0) {
      history.events.push_back(ReadEvent(in, static_cast<Event::Kind>(kind)));
    } else if (snapshot == nullptr || !ReadSnapshotLine(in, word, *snapshot, totals)) {
      in.Fail("unknown event " + word);
    }
    if (in.ok() && !in.AtEnd()) in.FailHere("expected the end of the line");
    if (!in.ok()) {
      return Error{fmt::format("{}:{}:{}: {}", path, lines_above + line_number, in.error().column,
                               in.error().message)};
    }
  }
  if (line_number == 0) return Error{fmt::format("{}:{}:1: empty", path, lines_above + 1)};
  return history;
}

}  // namespace ipcrig
