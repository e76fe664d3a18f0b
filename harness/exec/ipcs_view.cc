// SPDX-License-Identifier: Apache-2.0
//
// The view of ipcs(1): its four tables, parsed.
#include <algorithm>
#include <charconv>
#include <ctime>
#include <deque>

#include <fmt/format.h>

#include "exec/accounts.h"
#include "exec/tool.h"
#include "exec/views.h"
#include "ops/abi.h"

namespace ipcrig {
namespace {

constexpr size_t kPrintedNameLength = 10;  // ipcs cuts names there

using Cells = std::deque<std::string>;

std::string Take(Cells& cells) {
  if (cells.empty()) return "";
  std::string cell = std::move(cells.front());
  cells.pop_front();
  return cell;
}

int64_t TakeNumber(Cells& cells, int base = 10) {
  std::string cell = Take(cells);
  if (base == 16 && cell.rfind("0x", 0) == 0) cell.erase(0, 2);
  int64_t number = -1;
  std::from_chars(cell.data(), cell.data() + cell.size(), number, base);
  return number;
}

// "Not set", or "Nov 23 07:52:58", or of semaphores "Mon Nov 23 07:52:58 2026". In UTC.
int64_t TakeTime(Cells& cells, bool full, int64_t now) {
  const std::string first = Take(cells);
  if (first == "Not") {
    Take(cells);
    return 0;
  }
  const std::string month = full ? Take(cells) : first;
  const std::string day = Take(cells);
  const std::string text = fmt::format("{} {} {}", month, day, Take(cells));
  tm broken = {};
  const auto now_time = static_cast<time_t>(now);
  gmtime_r(&now_time, &broken);
  if (full) broken.tm_year = static_cast<int>(TakeNumber(cells)) - 1900;
  if (strptime(text.c_str(), "%b %d %H:%M:%S", &broken) == nullptr) return -1;
  tm normal = broken;  // timegm() makes Mar 1 of a Feb 29 that does not exist
  const int64_t seconds = timegm(&normal);
  if (full || seconds <= now + 86400) return seconds;
  --broken.tm_year;
  return timegm(&broken);
}

ObjectRow& RowOf(View& view, ObjectKind kind, int64_t id) {
  const auto found = std::find_if(view.rows.begin(), view.rows.end(), [&](const ObjectRow& row) {
    return row.kind == kind && row.id == id;
  });
  if (found != view.rows.end()) return *found;
  view.rows.push_back({kind, static_cast<int>(id)});
  return view.rows.back();
}

// A user or a group; left open where its name is not known here.
void PutOwner(const IpcsContext& context, ObjectRow& row, Column column, Cells& cells) {
  const bool group = column == Column::kGid || column == Column::kCgid;
  const int64_t id = context.id_of(Take(cells), group);
  if (id >= 0) row[column] = id;
}

// ipcs: key id owner perms ...
void ReadPlain(const IpcsContext& context, ObjectKind kind, Cells& cells, View& view) {
  const int64_t key = TakeNumber(cells, 16);
  ObjectRow& row = RowOf(view, kind, TakeNumber(cells));
  row[Column::kKey] = static_cast<int32_t>(key);
  PutOwner(context, row, Column::kUid, cells);
  row[Column::kMode] = TakeNumber(cells, 8);
  switch (kind) {
    case ObjectKind::kShm:
      row[Column::kSize] = TakeNumber(cells);
      row[Column::kNattch] = TakeNumber(cells);
      row[Column::kStatus] = 0;
      for (const std::string& word : cells) {
        *row[Column::kStatus] |= word == "dest" ? abi::kShmDest : abi::kShmLocked;
      }
      break;
    case ObjectKind::kMsg:
      row[Column::kCbytes] = TakeNumber(cells);
      row[Column::kQnum] = TakeNumber(cells);
      break;
    case ObjectKind::kSem:
      row[Column::kSize] = TakeNumber(cells);
      break;
  }
}

// ipcs -c: id perms cuid cgid uid gid
void ReadCreators(const IpcsContext& context, ObjectKind kind, Cells& cells, View& view) {
  ObjectRow& row = RowOf(view, kind, TakeNumber(cells));
  row[Column::kMode] = TakeNumber(cells, 8);
  for (const Column column : {Column::kCuid, Column::kCgid, Column::kUid, Column::kGid}) {
    PutOwner(context, row, column, cells);
  }
}

// ipcs -t: id owner and two or three times
void ReadTimes(const IpcsContext& context, ObjectKind kind, Cells& cells, View& view) {
  ObjectRow& row = RowOf(view, kind, TakeNumber(cells));
  Take(cells);
  const auto time = [&](bool full) { return TakeTime(cells, full, context.now); };
  switch (kind) {
    case ObjectKind::kShm:
      row[Column::kAtime] = time(false);
      row[Column::kDtime] = time(false);
      row[Column::kCtime] = time(false);
      break;
    case ObjectKind::kMsg:
      row[Column::kStime] = time(false);
      row[Column::kRtime] = time(false);
      row[Column::kCtime] = time(false);
      break;
    case ObjectKind::kSem:
      row[Column::kOtime] = time(true);
      row[Column::kCtime] = time(true);
      break;
  }
}

// ipcs -p: id owner and two process ids
void ReadPids(ObjectKind kind, Cells& cells, View& view) {
  ObjectRow& row = RowOf(view, kind, TakeNumber(cells));
  Take(cells);
  const bool shm = kind == ObjectKind::kShm;
  row[shm ? Column::kCpid : Column::kLspid] = TakeNumber(cells);
  row[shm ? Column::kLpid : Column::kLrpid] = TakeNumber(cells);
}

Cells Split(std::string_view line) {
  Cells cells;
  for (size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    cells.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return cells;
}

bool IsNumber(const std::string& word) { return !word.empty() && word[0] >= '0' && word[0] <= '9'; }

// The id of a name as ipcs prints it: a number, a name, or the beginning of a long name.
int64_t LookUp(const std::string& name, bool group) {
  if (IsNumber(name)) {
    Cells cells{name};
    return TakeNumber(cells);
  }
  const Accounts& known = KnownAccounts();
  return IdOf(group ? known.groups : known.users, name, kPrintedNameLength);
}

}  // namespace

Result<bool> ParseIpcs(const IpcsContext& context, std::string_view text, View& view) {
  std::optional<ObjectKind> kind;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find("------") != std::string_view::npos) {
      const auto has = [&](std::string_view word) { return line.find(word) != line.npos; };
      kind = has("Message")         ? ObjectKind::kMsg
             : has("Shared Memory") ? ObjectKind::kShm
                                    : ObjectKind::kSem;
      continue;
    }
    Cells cells = Split(line);
    if (cells.empty() || !IsNumber(cells.front())) continue;  // blank, or the names of columns
    if (!kind) return Error{"a row before any heading: " + std::string(line)};
    if (context.option.empty()) {
      ReadPlain(context, *kind, cells, view);
    } else if (context.option == "-c") {
      ReadCreators(context, *kind, cells, view);
    } else if (context.option == "-t") {
      ReadTimes(context, *kind, cells, view);
    } else {
      ReadPids(*kind, cells, view);
    }
  }
  return true;
}

View IpcsView(const std::vector<std::string>& options) {
  View view{"ipcs"};
  IpcsContext context{"", LookUp, time(nullptr)};
  for (const std::string& option : options) {
    context.option = option;
    const auto text = option.empty() ? RunTool({"ipcs"}) : RunTool({"ipcs", option});
    const auto parsed = text.ok() ? ParseIpcs(context, *text, view) : Result<bool>(text.error());
    if (!parsed.ok()) {
      view.unavailable = parsed.error().Text();
      return view;
    }
  }
  return view;
}

}  // namespace ipcrig
