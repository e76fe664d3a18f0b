// SPDX-License-Identifier: Apache-2.0
#include "model/memory.h"

#include <algorithm>

namespace ipcrig {
namespace {

// Calls f(page, offset in the page, length) for each page that a range touches.
template <typename Function>
void ForEachPage(int64_t offset, int64_t length, int64_t page_size, Function f) {
  while (length > 0) {
    const int64_t in_page = offset % page_size;
    const int64_t part = std::min(length, page_size - in_page);
    f(offset / page_size, in_page, part);
    offset += part;
    length -= part;
  }
}

}  // namespace

std::string& Memory::PageAt(int64_t index) {
  auto& page = pages_[index];
  auto copy = page ? std::make_shared<std::string>(*page)
                   : std::make_shared<std::string>(static_cast<size_t>(kPage), '\0');
  std::string& bytes = *copy;
  page = std::move(copy);
  return bytes;
}

void Memory::Write(int64_t offset, std::string_view bytes) {
  ForEachPage(offset, static_cast<int64_t>(bytes.size()), kPage,
              [&](int64_t page, int64_t at, int64_t part) {
                PageAt(page).replace(static_cast<size_t>(at), static_cast<size_t>(part),
                                     bytes.substr(0, static_cast<size_t>(part)));
                bytes.remove_prefix(static_cast<size_t>(part));
              });
}

void Memory::Fill(int64_t offset, int64_t length, char byte) {
  ForEachPage(offset, length, kPage, [&](int64_t page, int64_t at, int64_t part) {
    PageAt(page).replace(static_cast<size_t>(at), static_cast<size_t>(part),
                         static_cast<size_t>(part), byte);
  });
}

void Memory::Punch(int64_t offset, int64_t length) {
  pages_.erase(pages_.lower_bound(offset / kPage), pages_.lower_bound((offset + length) / kPage));
}

std::string Memory::Read(int64_t offset, int64_t length) const {
  std::string bytes;
  ForEachPage(offset, length, kPage, [&](int64_t page, int64_t at, int64_t part) {
    const auto found = pages_.find(page);
    if (found == pages_.end()) {
      bytes.append(static_cast<size_t>(part), '\0');
    } else {
      bytes.append(*found->second, static_cast<size_t>(at), static_cast<size_t>(part));
    }
  });
  return bytes;
}

int64_t Memory::CountOther(int64_t offset, int64_t length, char byte) const {
  int64_t other = 0;
  ForEachPage(offset, length, kPage, [&](int64_t page, int64_t at, int64_t part) {
    const auto found = pages_.find(page);
    if (found == pages_.end()) {
      other += byte == '\0' ? 0 : part;
      return;
    }
    const auto begin = found->second->begin() + at;
    other += part - std::count(begin, begin + part, byte);
  });
  return other;
}

bool Memory::operator==(const Memory& other) const {
  return std::equal(pages_.begin(), pages_.end(), other.pages_.begin(), other.pages_.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && (a.second == b.second || *a.second == *b.second);
                    });
}

}  // namespace ipcrig
