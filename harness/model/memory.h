// SPDX-License-Identifier: Apache-2.0
//
// Memory: the contents of a segment. Pages that nobody wrote are zero and take no space, so that
// a segment of a terabyte costs nothing; pages are shared between copies of a state.
//
//   memory.Write(4095, "ab");
//   memory.Read(4094, 4);   // "\0ab\0"
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace ipcrig {

class Memory {
 public:
  void Write(int64_t offset, std::string_view bytes);
  void Fill(int64_t offset, int64_t length, char byte);
  // The whole pages of a range become zero again and take no space.
  void Punch(int64_t offset, int64_t length);
  std::string Read(int64_t offset, int64_t length) const;
  // How many bytes of the range are not `byte`.
  int64_t CountOther(int64_t offset, int64_t length, char byte) const;

  // How many pages have been written.
  int64_t PageCount() const { return static_cast<int64_t>(pages_.size()); }

  bool operator==(const Memory& other) const;

 private:
  static constexpr int64_t kPage = 4096;

  std::string& PageAt(int64_t index);

  std::map<int64_t, std::shared_ptr<const std::string>> pages_;
};

}  // namespace ipcrig
