// SPDX-License-Identifier: Apache-2.0
//
// The union that semctl(2) has its callers define:
//
//   semun arg = {};
//   arg.buf = &info;
//   semctl(0, 0, SEM_INFO, arg);
#pragma once

#include <sys/sem.h>

namespace ipcrig {

union semun {
  int val;
  void* buf;  // semid_ds*, seminfo* or unsigned short*
};

}  // namespace ipcrig
