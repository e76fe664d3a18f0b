// SPDX-License-Identifier: Apache-2.0
//
// The view of lsipc(1): what it exports about segments, queues and sets.
//
// It reads /proc/sysvipc as ipcs(1) does, but with code of its own, and tells years and seconds.
// These parts of it are not used, since util-linux 2.38.1 gets them wrong, and later versions some:
//   CGID of segments and queues   is the creator's user (2.42 mends it for queues)
//   PERMS with --numeric-perms    is empty for queues; without the option it is rw-r-----
//   STATUS                        has no comma behind "locked"
//   USED of --global              counts the first set for each one (2.41 mends it), and adds up
//                                 the sizes of segments before it rounds them to pages, downwards
#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>

#include "exec/tool.h"
#include "exec/views.h"
#include "ops/abi.h"

namespace ipcrig {
namespace {

struct NamedValue {
  std::string_view name;
  std::string_view value;
};

std::optional<int64_t> ToCount(std::string_view digits, int base = 10) {
  int64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) return std::nullopt;
  return number;
}

std::optional<int64_t> ToKey(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  const auto key = ToCount(text.substr(2), 16);
  if (!key || *key > UINT32_MAX) return std::nullopt;
  return static_cast<int32_t>(static_cast<uint32_t>(*key));
}

// "rw-r-----"
std::optional<int64_t> ToMode(std::string_view text) {
  constexpr std::string_view kBits = "rwxrwxrwx";
  if (text.size() != kBits.size()) return std::nullopt;
  int64_t mode = 0;
  for (size_t i = 0; i < kBits.size(); ++i) {
    if (text[i] != kBits[i] && text[i] != '-') return std::nullopt;
    mode = mode * 2 + (text[i] == '-' ? 0 : 1);
  }
  return mode;
}

// Empty where it is not set, or "2026-11-23T11:44:48+00:00".
std::optional<int64_t> ToTime(std::string_view text) {
  if (text.empty()) return 0;
  tm broken = {};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &broken);
  if (rest == nullptr || std::string_view(rest) != "+00:00") return std::nullopt;
  return timegm(&broken);
}

int64_t ToStatus(std::string_view text) {
  const auto has = [&](std::string_view word) { return text.find(word) != text.npos; };
  return (has("dest") ? abi::kShmDest : 0) | (has("locked") ? abi::kShmLocked : 0);
}

// The columns of lsipc that hold a number, or a time.
std::optional<Column> ColumnOfLsipc(std::string_view name) {
  struct Known {
    std::string_view name;
    Column column;
  };
  static constexpr Known kKnown[] = {
      {"CUID", Column::kCuid},     {"CGID", Column::kCgid},        {"UID", Column::kUid},
      {"GID", Column::kGid},       {"SIZE", Column::kSize},        {"NSEMS", Column::kSize},
      {"NATTCH", Column::kNattch}, {"CPID", Column::kCpid},        {"LPID", Column::kLpid},
      {"MSGS", Column::kQnum},     {"USEDBYTES", Column::kCbytes}, {"LSPID", Column::kLspid},
      {"LRPID", Column::kLrpid},   {"ATTACH", Column::kAtime},     {"DETACH", Column::kDtime},
      {"CTIME", Column::kCtime},   {"SEND", Column::kStime},       {"RECV", Column::kRtime},
      {"OTIME", Column::kOtime}};
  for (const Known& known : kKnown) {
    if (known.name == name) return known.column;
  }
  return std::nullopt;
}

// Puts one field into its row; false where it does not say what it should.
bool Put(const NamedValue& field, ObjectRow& row) {
  const auto put = [&](Column column, std::optional<int64_t> value) {
    row[column] = value;
    return value.has_value();
  };
  if (field.name == "KEY") return put(Column::kKey, ToKey(field.value));
  if (field.name == "PERMS") return put(Column::kMode, ToMode(field.value));
  if (field.name == "STATUS") return put(Column::kStatus, ToStatus(field.value));
  if (field.name == "ID") {
    const auto id = ToCount(field.value);
    row.id = id && *id <= INT32_MAX ? static_cast<int>(*id) : -1;
    return row.id >= 0;
  }
  const auto column = ColumnOfLsipc(field.name);
  if (!column) return true;
  return put(*column, IsTime(*column) ? ToTime(field.value) : ToCount(field.value));
}

// Takes NAME="value" off a line; false where the line does not begin so.
bool TakeField(std::string_view& line, NamedValue& field) {
  const size_t equals = line.find("=\"");
  if (equals == std::string_view::npos) return false;
  const size_t close = line.find('"', equals + 2);
  if (close == std::string_view::npos) return false;
  field = {line.substr(0, equals), line.substr(equals + 2, close - equals - 2)};
  line.remove_prefix(close + 1);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return true;
}

const char* OptionOf(ObjectKind kind) {
  static constexpr const char* kOptions[] = {"-m", "-q", "-s"};
  return kOptions[static_cast<size_t>(kind)];
}

const char* ColumnsOf(ObjectKind kind) {
  static constexpr const char* kLists[] = {
      "KEY,ID,PERMS,CUID,UID,GID,SIZE,NATTCH,STATUS,CPID,LPID,ATTACH,DETACH,CTIME",
      "KEY,ID,PERMS,CUID,UID,GID,USEDBYTES,MSGS,LSPID,LRPID,SEND,RECV,CTIME",
      "KEY,ID,PERMS,CUID,CGID,UID,GID,NSEMS,OTIME,CTIME"};
  return kLists[static_cast<size_t>(kind)];
}

}  // namespace

Result<bool> ParseLsipc(ObjectKind kind, std::string_view text, View& view) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ObjectRow row{kind, -1};
    NamedValue field;
    while (!line.empty()) {
      if (!TakeField(line, field)) return Error{"not a field: " + std::string(line)};
      if (!Put(field, row)) {
        return Error{"bad " + std::string(field.name) + ": " + std::string(field.value)};
      }
    }
    if (row.id < 0) return Error{"a row without an ID"};
    view.rows.push_back(row);
  }
  return true;
}

View LsipcView() {
  View view{"lsipc"};
  for (int i = 0; i < kObjectKinds; ++i) {
    const auto kind = static_cast<ObjectKind>(i);
    const auto text = RunTool({"lsipc", OptionOf(kind), "--export", "--bytes", "--time-format=iso",
                               "-o", ColumnsOf(kind)});
    const auto parsed = text.ok() ? ParseLsipc(kind, *text, view) : Result<bool>(text.error());
    if (!parsed.ok()) {
      view.unavailable = parsed.error().Text();
      return view;
    }
  }
  return view;
}

}  // namespace ipcrig
