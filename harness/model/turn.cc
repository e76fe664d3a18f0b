// SPDX-License-Identifier: Apache-2.0
#include "model/turn.h"

#include <algorithm>

#include "base/require.h"

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
  Returns(Expected{Outcome::Kind::kFailed, error}, rule);
}

void Turn::Faults(int signal, std::string_view rule) {
  Returns(Expected{Outcome::Kind::kFaulted, signal}, rule);
}

void Turn::Returns(int64_t value, std::string_view rule) {
  Returns(Expected{Outcome::Kind::kReturned, value}, rule);
}

void Turn::MayFail(int error, std::string_view rule) {
  MayReturn(Expected{Outcome::Kind::kFailed, error}, rule);
}

void Turn::MayFault(int signal, std::string_view rule) {
  MayReturn(Expected{Outcome::Kind::kFaulted, signal}, rule);
}

void Turn::MayReturn(Expected&& expected, std::string_view rule) {
  Branch& branch = Add(std::move(expected), rule);
  const bool agrees = seen_ != nullptr && branch.expected.Matches(*seen_);
  if (keep_ != Keep::kAll && !agrees) return;
  branch.next = std::make_unique<State>(s);
  branch.next->deviations |= DeviationBit(branch.deviation);
}

void Turn::Returns(Expected&& expected, std::string_view rule) {
  const Branch& branch = Add(std::move(expected), rule);
  over_ = true;
  s.deviations |= DeviationBit(branch.deviation);
}

Branch& Turn::Add(Expected&& expected, std::string_view rule) {
  IPC_REQUIRE(!over_, "a branch after the last one");
  const Deviation deviation = std::exchange(deviation_, Deviation::kNone);
  Branches& branches = deviation != Deviation::kNone && strict() ? refused_ : branches_;
  return branches.emplace_back(std::move(expected), rule, deviation);
}

bool Turn::RulesOut(const Expected& expected) {
  untouched_ = keep_ == Keep::kAgreeing && seen_ != nullptr && branches_.empty() &&
               !expected.Matches(*seen_);
  return untouched_;
}

void Turn::BlocksAfter() { progressed_ = true; }

void Turn::Ends(const Outcome& end, std::string_view rule) {
  Doom(s, self_, end);
  EndThread(s, self_, end, now);
  Returns({.kind = end.kind, .value = end.value}, rule);
}

bool Turn::IsBad(const Buffer& buffer, std::string_view rule) {
  if (buffer.unmapped()) Fails(EFAULT, rule);
  return buffer.unmapped();
}

UndoList& Turn::Undo() {
  if (me.undo < 0) {
    me.undo = static_cast<int>(s.clock++);
    s.undo_lists[me.undo].space = me.space;
  }
  return s.undo_lists[me.undo];
}

int64_t Turn::ValueOf(int slot) const {
  const auto found = s.values.find(slot);
  return found == s.values.end() ? -1 : found->second;
}

int32_t Turn::KeyOf(const Key& key) const {
  return key.slot < 0 ? key.number : static_cast<int32_t>(ValueOf(key.slot));
}

int64_t Turn::AddressOf(const Address& address) const {
  if (address.slot < 0) return address.offset;
  const auto found = group.addresses.find(address.slot);
  return found == group.addresses.end() || found->second == 0 ? 0 : found->second + address.offset;
}

bool Turn::Permitted(const Permissions& perm, uint32_t bits) const {
  const Credentials& who = me.who;
  const auto in_group = [&](int64_t gid) {
    return who.gid == gid ||
           std::find(who.groups.begin(), who.groups.end(), gid) != who.groups.end();
  };
  const uint32_t wanted = (bits >> 6 | bits >> 3 | bits) & 7;
  uint32_t granted = perm.mode;
  if (who.uid == perm.uid || who.uid == perm.cuid) {
    granted >>= 6;
  } else if (in_group(perm.gid) || in_group(perm.cgid)) {
    granted >>= 3;
  }
  return (wanted & ~granted) == 0 || Has(abi::kCapIpcOwner);
}

bool Turn::MayChange(const Permissions& perm) const {
  return me.who.uid == perm.uid || me.who.uid == perm.cuid || Has(abi::kCapSysAdmin);
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
  const Credentials& who = me.who;
  return {key, who.uid, who.gid, who.uid, who.gid, flags & abi::kModeMask};
}

Expected Turn::InfoOf(std::initializer_list<int64_t> numbers) {
  Expected expected{.value = *numbers.begin()};
  for (const int64_t number : numbers) expected.numbers.push_back(Range::Exactly(number));
  return expected;
}

std::vector<Range> Turn::StatOf(const Permissions& perm, uint32_t mode_bits) {
  return {Range::Exactly(perm.key),  Range::Exactly(perm.uid),
          Range::Exactly(perm.gid),  Range::Exactly(perm.cuid),
          Range::Exactly(perm.cgid), Range::Exactly(perm.mode | mode_bits)};
}

}  // namespace ipcrig
