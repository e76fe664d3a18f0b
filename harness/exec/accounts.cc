// SPDX-License-Identifier: Apache-2.0
#include "exec/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cstdio>
#include <memory>

namespace ipcrig {
namespace {

using File = std::unique_ptr<FILE, int (*)(FILE*)>;

Accounts ReadAccounts() {
  Accounts accounts;
  if (const File file(fopen("/etc/passwd", "re"), fclose); file != nullptr) {
    while (const passwd* entry = fgetpwent(file.get())) {
      accounts.users.emplace_back(entry->pw_name, entry->pw_uid);
    }
  }
  if (const File file(fopen("/etc/group", "re"), fclose); file != nullptr) {
    while (const group* entry = fgetgrent(file.get())) {
      accounts.groups.emplace_back(entry->gr_name, entry->gr_gid);
    }
  }
  return accounts;
}

}  // namespace

const Accounts& KnownAccounts() {
  static const Accounts accounts = ReadAccounts();
  return accounts;
}

int64_t IdOf(const NamedIds& known, std::string_view name, size_t length) {
  for (const auto& [full, id] : known) {
    if (std::string_view(full).substr(0, length) == name) return id;
  }
  return -1;
}

}  // namespace ipcrig
