// SPDX-License-Identifier: Apache-2.0
//
// The users and groups that this machine has names for, which ipcs(1) prints instead of numbers.
//
//   int64_t uid = IdOf(KnownAccounts().users, "postgres", 10);   // -1: no such name
//
// The lists are those of /etc/passwd and /etc/group, read at the first call and kept: whoever forks
// engines asks before the first fork. Other name services are not asked, since that loads
// libraries, which a statically linked program cannot. Allocates; not for signal handlers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ipcrig {

using NamedIds = std::vector<std::pair<std::string, int64_t>>;

struct Accounts {
  NamedIds users;
  NamedIds groups;
};

const Accounts& KnownAccounts();

// The id of the first name that begins with these letters, all of it up to `length` letters.
int64_t IdOf(const NamedIds& known, std::string_view name, size_t length);

}  // namespace ipcrig
