// SPDX-License-Identifier: Apache-2.0
#include "model/turn.h"

#include <algorithm>

namespace ipcrig {

bool Expected::Matches(const Outcome& seen) const {
  if (seen.kind != kind) return false;
  if (any_value) return true;
  if (seen.value != value || seen.bytes != bytes || seen.numbers.size() != numbers.size()) {
    return false;
  }
  return std::equal(numbers.begin(), numbers.end(), seen.numbers.begin(),
                    [](const Range& range, int64_t number) { return range.Contains(number); });
}

Outcome Expected::Example() const {
  Outcome outcome{kind, value, {}, bytes};
  for (const Range& range : numbers) outcome.numbers.push_back(range.from);
  return outcome;
}

void Turn::Fails(int error, std::string_view rule) {
  branches_.push_back({{Outcome::Kind::kFailed, error}, s, rule});
}

void Turn::Faults(int signal, std::string_view rule) {
  branches_.push_back({{Outcome::Kind::kFaulted, signal}, s, rule});
}

void Turn::Returns(int64_t value, std::string_view rule) {
  Returns(Expected{Outcome::Kind::kReturned, value}, rule);
}

void Turn::Returns(Expected expected, std::string_view rule) {
  branches_.push_back({std::move(expected), s, rule});
}

void Turn::BlocksAfter() { progressed_ = true; }

int64_t Turn::ValueOf(int slot) const {
  const auto found = s.values.find(slot);
  return found == s.values.end() ? -1 : found->second;
}

int32_t Turn::KeyOf(const Key& key) const {
  return key.slot < 0 ? key.number : static_cast<int32_t>(ValueOf(key.slot));
}

int64_t Turn::AddressOf(const Address& address) const {
  if (address.slot < 0) return 0;
  const auto found = me.addresses.find(address.slot);
  return found == me.addresses.end() || found->second == 0 ? 0 : found->second + address.offset;
}

bool Turn::Permitted(const Permissions& perm, uint32_t bits) const {
  const uint32_t wanted = (bits >> 6 | bits >> 3 | bits) & 7;
  uint32_t granted = perm.mode;
  if (s.facts.uid == perm.uid || s.facts.uid == perm.cuid) {
    granted >>= 6;
  } else if (s.facts.gid == perm.gid || s.facts.gid == perm.cgid) {
    granted >>= 3;
  }
  return (wanted & ~granted) == 0 || s.facts.cap_ipc_owner != 0;
}

bool Turn::MayChange(const Permissions& perm) const {
  return s.facts.uid == perm.uid || s.facts.uid == perm.cuid || s.facts.cap_sys_admin != 0;
}

int Turn::Change(Permissions& perm, const Settings& settings) const {
  const auto mapped = [&](uint32_t id, int64_t own) {
    return id != UINT32_MAX && (s.facts.user_namespace == 0 || id == own);
  };
  if (!mapped(settings.uid, s.facts.uid) || !mapped(settings.gid, s.facts.gid)) return EINVAL;
  perm.uid = settings.uid;
  perm.gid = settings.gid;
  perm.mode = settings.mode & abi::kModeMask;
  return 0;
}

Permissions Turn::NewPermissions(int32_t key, uint32_t flags) const {
  const Facts& facts = s.facts;
  return {key, facts.uid, facts.gid, facts.uid, facts.gid, flags & abi::kModeMask};
}

std::vector<Range> Turn::StatOf(const Permissions& perm, uint32_t mode_bits) {
  return {Range::Exactly(perm.key),  Range::Exactly(perm.uid),
          Range::Exactly(perm.gid),  Range::Exactly(perm.cuid),
          Range::Exactly(perm.cgid), Range::Exactly(perm.mode | mode_bits)};
}

}  // namespace ipcrig
