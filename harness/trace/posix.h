// SPDX-License-Identifier: Apache-2.0
//
// PosixView: the POSIX objects of a traced program, which are names in file systems: shared memory
// and semaphores in /dev/shm, message queues in /dev/mqueue.
//
//   PosixView view;
//   view.Mount(command);       // in the program's mount namespace, before it starts
//   view.Remember();
//   ... the program runs ...
//   view.New();                // {"/dev/shm/sem.lock", "/dev/mqueue/jobs"}
//
// Both file systems are new and empty for the program, and go with its mount namespace. But where
// its working directory is in /dev/shm (people build there), or its command line or environment
// names a file there, it keeps the machine's: what is new in it may then be anybody's, and stays.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace ipcrig {

class PosixView {
 public:
  void Mount(const std::vector<std::string>& command);
  void Remember();
  std::vector<std::string> New() const;

 private:
  std::set<std::string> before_;
};

}  // namespace ipcrig
