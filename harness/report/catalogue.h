// SPDX-License-Identifier: Apache-2.0
//
// Reports of a coverage (check/catalogue.h): as text for people, as JSON for machines.
//
//   B001  shm   shmget: key absent, no IPC_CREAT -> ENOENT
//               scenarios/shm/lookup_and_limits.ipc
//
//   not covered:
//   B002  shm   shmget: existing key with IPC_CREAT|IPC_EXCL -> EEXIST
//
//   cannot run:
//   B011  shm   shmget: SHM_HUGETLB rounds the size up to whole huge pages, all usable
//               needs huge pages in the pool
//
//   coverage: 1 of 2 runnable rows (50.0%), 1 row not runnable
//
// Both take `missing`, with which the rows that a file covers are left out. Pure functions.
#pragma once

#include <string>

#include "check/catalogue.h"

namespace ipcrig {

std::string CatalogueText(const Coverage& coverage, bool missing);

// {"schema": 1, "runnable": 2, "covered": 1, "rows": [{"id", "object", "title", "needs": null or
// text, "places": [{"path", "line"}]}]}
std::string CatalogueJson(const Coverage& coverage, bool missing);

}  // namespace ipcrig
