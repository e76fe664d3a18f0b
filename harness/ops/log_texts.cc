// SPDX-License-Identifier: Apache-2.0
#include "ops/log_texts.h"

#include <algorithm>

#include <fmt/format.h>

#include "ops/arg.h"

namespace ipcrig {
namespace {

std::string DataOf(uint32_t seed, size_t length) {
  Text text;
  text.generated = true;
  text.seed = seed;
  text.length = static_cast<uint32_t>(length);
  return text.Bytes();
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

uint32_t LogTexts::SeedOf(const std::string& bytes) {
  return seeds_.emplace(bytes, static_cast<uint32_t>(seeds_.size() + 1)).first->second;
}

std::string LogTexts::Sent(const std::string& bytes) {
  if (bytes.size() > kMaxTextLiteral)
    return fmt::format("data({}, {})", SeedOf(bytes), bytes.size());
  short_.insert(bytes);
  return Quoted(bytes);
}

std::optional<std::string> LogTexts::Received(const std::string& bytes, bool cut) {
  const auto begins = [&](const auto& text) { return text.compare(0, bytes.size(), bytes) == 0; };
  const bool whole = seeds_.contains(bytes) || short_.contains(bytes);
  auto first = cut ? seeds_.lower_bound(bytes) : seeds_.end();
  if (first != seeds_.end() && first->first == bytes) ++first;
  const bool part = first != seeds_.end() && begins(first->first);
  if (!part) {
    return bytes.size() > kMaxTextLiteral ? DataOf(SeedOf(bytes), bytes.size()) : bytes;
  }
  const bool others = std::next(first) != seeds_.end() && begins(std::next(first)->first);
  const auto short_one = short_.lower_bound(bytes);
  if (whole || others || (short_one != short_.end() && begins(*short_one))) return std::nullopt;
  return DataOf(first->second, bytes.size());
}

std::optional<std::string> BytesOfHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = DigitOf(hex[i]);
    const int low = i + 1 < hex.size() ? DigitOf(hex[i + 1]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace ipcrig
