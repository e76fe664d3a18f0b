// SPDX-License-Identifier: Apache-2.0
//
// What exists, from /proc/sysvipc of sysvipc(5): unlike *_STAT, that needs no permission on an
// object to see it.
#include <sys/ipc.h>
#include <sys/shm.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "library/board.h"
#include "library/symbols.h"

namespace ipcrig {
inline namespace v0 {
namespace {

using ObjectColumns = std::map<std::string, long long>;

// One map a line: the first line names the columns.
std::vector<ObjectColumns> ReadColumns(const char* path) {
  std::ifstream file(path);
  std::string text;
  std::vector<std::string> names;
  std::getline(file, text);
  std::istringstream head(text);
  for (std::string name; head >> name;) names.push_back(name);
  std::vector<ObjectColumns> rows;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    ObjectColumns row;
    for (const std::string& name : names) {
      std::string number;
      line >> number;
      row[name] = strtoll(number.c_str(), nullptr, name == "perms" ? 8 : 10);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string Plural(long long n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string KeyText(long long key) {
  if (key == IPC_PRIVATE) return "key IPC_PRIVATE";
  return fmt::format("key 0x{:08x}", static_cast<uint32_t>(key));
}

std::string ShmText(const ObjectColumns& row) {
  const auto at = [&](const char* name) { return row.at(name); };
  std::string text =
      fmt::format("shared memory {}, {}, {}, attached {}", at("shmid"), KeyText(at("key")),
                  Plural(at("size"), "byte"), Plural(at("nattch"), "time"));
  if ((at("perms") & SHM_DEST) != 0) text += ", removed but attached";
  return text;
}

std::string MsgText(const ObjectColumns& row) {
  return fmt::format("message queue {}, {}, {} ({})", row.at("msqid"), KeyText(row.at("key")),
                     Plural(row.at("qnum"), "message"), Plural(row.at("cbytes"), "byte"));
}

std::string SemText(const ObjectColumns& row) {
  return fmt::format("semaphore set {}, {}, {}", row.at("semid"), KeyText(row.at("key")),
                     Plural(row.at("nsems"), "semaphore"));
}

const CreationEntry* CreationOf(const SharedBoard& board, IpcObject::Kind kind, int id) {
  const uint32_t count = std::min(board.creations_count.load(), kCreationsMax);
  for (uint32_t i = 0; i < count; ++i) {
    const CreationEntry& entry = board.creations[i];
    if (entry.state.load(std::memory_order_acquire) == 0) continue;
    if (entry.kind == static_cast<int32_t>(kind) && entry.id == id) return &entry;
  }
  return nullptr;
}

void Attribute(IpcObject& object, SourceLines& lines) {
  const SharedBoard* board = CurrentBoard();
  const CreationEntry* entry =
      board == nullptr ? nullptr : CreationOf(*board, object.kind, object.id);
  if (entry == nullptr) {
    object.created = "unseen, by a program without the library or by syscall(2)";
    return;
  }
  const char* name = entry->slot == 0 ? "the test" : board->slots[entry->slot].name;
  object.created = fmt::format("by {} (pid {})", name, entry->pid);
  if (entry->module[0] == '\0') return;
  const SourcePlace place = lines.Of(entry->module, entry->address);
  object.file = place.file;
  object.line = place.line;
  if (!place.function.empty()) object.created += fmt::format(", in {}", place.function);
  if (place.file.empty()) {
    object.created += fmt::format(" at {}+0x{:x}, which has no line: compile with -g",
                                  entry->module, entry->address);
  }
}

}  // namespace

std::vector<IpcObject> IpcObjects() {
  struct Table {
    IpcObject::Kind kind;
    const char* path;
    const char* id;
    std::string (*text)(const ObjectColumns&);
  };
  static const Table kTables[] = {
      {IpcObject::Kind::kShm, "/proc/sysvipc/shm", "shmid", ShmText},
      {IpcObject::Kind::kMsg, "/proc/sysvipc/msg", "msqid", MsgText},
      {IpcObject::Kind::kSem, "/proc/sysvipc/sem", "semid", SemText},
  };
  std::vector<IpcObject> objects;
  SourceLines lines;
  for (const Table& table : kTables) {
    for (const ObjectColumns& row : ReadColumns(table.path)) {
      IpcObject object{table.kind, static_cast<int>(row.at(table.id)),
                       static_cast<key_t>(row.at("key")), table.text(row), ""};
      Attribute(object, lines);
      objects.push_back(std::move(object));
    }
  }
  return objects;
}

}  // namespace v0
}  // namespace ipcrig
