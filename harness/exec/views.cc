// SPDX-License-Identifier: Apache-2.0
#include "exec/views.h"

#include <fcntl.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "exec/semun.h"
#include "ops/abi.h"

namespace ipcrig {
namespace {

void PutPermissions(ObjectRow& row, const ipc_perm& perm) {
  row[Column::kKey] = perm.__key;
  row[Column::kUid] = perm.uid;
  row[Column::kGid] = perm.gid;
  row[Column::kCuid] = perm.cuid;
  row[Column::kCgid] = perm.cgid;
  row[Column::kMode] = perm.mode & abi::kModeMask;
  row[Column::kStatus] = perm.mode & ~abi::kModeMask;
}

// Calls f(id, ds) for each object: stat(index, command, ds) answers its id. *_STAT_ANY is there
// since Linux 4.17, and not in every emulator; where it shows none of the objects, *_STAT is asked,
// which shows those that the caller may read. New objects get high indexes, so that is where it
// begins, and it ends with as many as there are: where the kernel miscounts, /proc disagrees.
template <typename Ds, typename Stat, typename Function>
void ForEachObject(View& view, int highest, int64_t exist, std::pair<int, int> any_and_stat,
                   Stat stat, Function f) {
  int64_t shown = 0;
  const auto ask = [&](int command) {
    for (int index = highest; index >= 0 && shown < exist; --index) {
      Ds ds = {};
      const int id = stat(index, command, ds);
      if (id >= 0) f(id, ds);
      if (id >= 0) ++shown;
    }
  };
  const auto first = static_cast<std::ptrdiff_t>(view.rows.size());
  ask(any_and_stat.first);
  if (shown == 0) {
    ask(any_and_stat.second);
    if (shown < exist) {
      view.unavailable = "no *_STAT_ANY here, and *_STAT does not show all objects";
    }
  }
  std::reverse(view.rows.begin() + first, view.rows.end());
}

void StatSegments(View& view) {
  shm_info info = {};
  const int highest = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info));
  view.totals[0] = {info.used_ids, static_cast<int64_t>(info.shm_tot), -1};
  const auto stat = [](int index, int command, shmid_ds& ds) {
    return shmctl(index, command, &ds);
  };
  const auto add = [&](int id, const shmid_ds& ds) {
    ObjectRow row{ObjectKind::kShm, id};
    PutPermissions(row, ds.shm_perm);
    row[Column::kSize] = static_cast<int64_t>(ds.shm_segsz);
    row[Column::kNattch] = static_cast<int64_t>(ds.shm_nattch);
    row[Column::kCpid] = ds.shm_cpid;
    row[Column::kLpid] = ds.shm_lpid;
    row[Column::kAtime] = ds.shm_atime;
    row[Column::kDtime] = ds.shm_dtime;
    row[Column::kCtime] = ds.shm_ctime;
    view.rows.push_back(row);
  };
  ForEachObject<shmid_ds>(view, highest, info.used_ids, {abi::kShmStatAny, SHM_STAT}, stat, add);
}

void StatQueues(View& view) {
  msginfo info = {};
  const int highest = msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&info));
  view.totals[1] = {info.msgpool, info.msgmap, info.msgtql};
  const auto stat = [](int index, int command, msqid_ds& ds) {
    return msgctl(index, command, &ds);
  };
  const auto add = [&](int id, const msqid_ds& ds) {
    ObjectRow row{ObjectKind::kMsg, id};
    PutPermissions(row, ds.msg_perm);
    row[Column::kCbytes] = static_cast<int64_t>(ds.__msg_cbytes);
    row[Column::kQnum] = static_cast<int64_t>(ds.msg_qnum);
    row[Column::kQbytes] = static_cast<int64_t>(ds.msg_qbytes);
    row[Column::kLspid] = ds.msg_lspid;
    row[Column::kLrpid] = ds.msg_lrpid;
    row[Column::kStime] = ds.msg_stime;
    row[Column::kRtime] = ds.msg_rtime;
    row[Column::kCtime] = ds.msg_ctime;
    view.rows.push_back(row);
  };
  ForEachObject<msqid_ds>(view, highest, info.msgpool, {abi::kMsgStatAny, MSG_STAT}, stat, add);
}

void StatSets(View& view) {
  seminfo info = {};
  semun arg = {};
  arg.buf = &info;
  const int highest = semctl(0, 0, SEM_INFO, arg);
  view.totals[2] = {info.semusz, info.semaem, -1};
  const auto stat = [](int index, int command, semid_ds& ds) {
    semun place = {};
    place.buf = &ds;
    return semctl(index, 0, command, place);
  };
  const auto add = [&](int id, const semid_ds& ds) {
    ObjectRow row{ObjectKind::kSem, id};
    PutPermissions(row, ds.sem_perm);
    row[Column::kSize] = static_cast<int64_t>(ds.sem_nsems);
    row[Column::kOtime] = ds.sem_otime;
    row[Column::kCtime] = ds.sem_ctime;
    view.rows.push_back(row);
  };
  ForEachObject<semid_ds>(view, highest, info.semusz, {abi::kSemStatAny, SEM_STAT}, stat, add);
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    words.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(words.back().size());
  }
}

std::optional<int64_t> ToNumber(std::string_view digits, int base) {
  int64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

// The column that /proc/sysvipc calls so; its word for a size is the object's own.
std::optional<Column> ColumnOfProc(std::string_view name) {
  if (name == "nsems") return Column::kSize;
  if (name == "perms") return Column::kMode;
  for (int i = 0; i < kColumns; ++i) {
    if (ColumnName(static_cast<Column>(i)) == name) return static_cast<Column>(i);
  }
  return std::nullopt;
}

std::string ReadWhole(const std::string& path) {
  std::string text;
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[16384];
  for (ssize_t length = 1; fd.ok() && length > 0;) {
    length = read(fd.get(), buffer, sizeof(buffer));
    if (length > 0) text.append(buffer, static_cast<size_t>(length));
  }
  return text;
}

}  // namespace

bool IsNamespaceEmpty() {
  shm_info shm = {};
  msginfo msg = {};
  seminfo sem = {};
  semun arg = {};
  arg.buf = &sem;
  const bool counted = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&shm)) >= 0 &&
                       msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&msg)) >= 0 &&
                       semctl(0, 0, SEM_INFO, arg) >= 0;
  const bool nothing = shm.used_ids == 0 && shm.shm_tot == 0 && msg.msgpool == 0 &&
                       msg.msgmap == 0 && msg.msgtql == 0 && sem.semusz == 0 && sem.semaem == 0;
  return counted && nothing;
}

View StatView() {
  View view{"stat"};
  StatSegments(view);
  StatQueues(view);
  StatSets(view);
  return view;
}

Result<std::vector<ObjectRow>> ParseSysvipc(ObjectKind kind, std::string_view text) {
  std::vector<ObjectRow> rows;
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto words = Words(line);
    if (names.empty()) {
      names = words;
      const std::string id =
          kind == ObjectKind::kMsg ? "msqid" : std::string(ObjectKindName(kind)) + "id";
      const bool found = names.empty() || std::find(names.begin(), names.end(), id) != names.end();
      if (!found) return Error{"no column " + id};
      continue;
    }
    if (words.size() != names.size()) return Error{"a row has not as many cells as the header"};
    ObjectRow row{kind, -1};
    for (size_t i = 0; i < words.size(); ++i) {
      const bool perms = names[i] == "perms";
      const auto value = ToNumber(words[i], perms ? 8 : 10);
      if (!value) return Error{"not a number: " + std::string(words[i])};
      if (names[i] == "shmid" || names[i] == "msqid" || names[i] == "semid") {
        row.id = static_cast<int>(*value);
      } else if (perms) {
        row[Column::kMode] = *value & abi::kModeMask;
        row[Column::kStatus] = *value & ~static_cast<int64_t>(abi::kModeMask);
      } else if (const auto column = ColumnOfProc(names[i])) {
        row[*column] = *value;
      }
    }
    rows.push_back(row);
  }
  if (names.empty()) return Error{"empty"};
  return rows;
}

std::vector<View> ProgramViews(int turn) {
  if (turn < 0) return {IpcsView(), LsipcView()};
  static constexpr const char* kOptions[] = {"-c", "-t", "-p"};
  const size_t part = static_cast<size_t>(turn) % (std::size(kOptions) + 1);
  if (part == std::size(kOptions)) return {LsipcView()};
  return {IpcsView({"", kOptions[part]})};
}

View ProcView() {
  View view{"proc"};
  for (int i = 0; i < kObjectKinds; ++i) {
    const auto kind = static_cast<ObjectKind>(i);
    const std::string path = "/proc/sysvipc/" + std::string(ObjectKindName(kind));
    const std::string text = ReadWhole(path);
    if (text.empty()) {
      view.unavailable = "cannot read " + path;
      return view;
    }
    auto rows = ParseSysvipc(kind, text);
    if (!rows.ok()) {
      view.unavailable = path + ": " + rows.error().Text();
      return view;
    }
    view.rows.insert(view.rows.end(), rows->begin(), rows->end());
  }
  return view;
}

}  // namespace ipcrig
