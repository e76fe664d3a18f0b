// SPDX-License-Identifier: Apache-2.0
//
// The arguments that carry data: texts, the arrays of semop(2) and SETALL, the settings of IPC_SET.
#include <algorithm>

#include <fmt/format.h>

#include "base/require.h"
#include "ops/arg.h"
#include "ops/flags.h"

namespace ipcrig {
namespace {

// SplitMix64: a well-mixed number for every (seed, index).
uint64_t Mix(uint64_t seed, uint64_t index) {
  uint64_t z = (seed << 32) + index * 0x9e3779b97f4a7c15U + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// "{a=1, b=2}" with these names in this order.
int64_t ReadSetting(Reader& in, std::string_view name, int64_t most, bool last) {
  if (!in.EatWord(name)) in.FailHere(fmt::format("expected {}=", name));
  in.Expect('=');
  const int64_t value = in.Number(0, most);
  if (!last) in.Expect(',');
  return value;
}

// Reads "[x, y, ...]" by calling `item` for each element, at most `most` times.
template <typename Item>
void ReadList(Reader& in, int most, Item item) {
  in.Expect('[');
  int count = 0;
  while (in.ok() && in.Peek() != ']') {
    if (count++ == most) in.FailHere(fmt::format("more than {} elements", most));
    item();
    if (!in.Eat(',')) break;
  }
  in.Expect(']');
}

}  // namespace

Text Text::Of(std::string_view bytes) {
  IPC_REQUIRE(bytes.size() <= kMaxTextLiteral, "a literal text is too long");
  Text text;
  text.size = static_cast<uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), text.literal.begin());
  return text;
}

char Text::At(size_t index) const {
  if (!generated) return literal[index];
  return static_cast<char>(Mix(seed, index / 8) >> (index % 8 * 8));
}

void Text::CopyTo(char* target) const {
  const size_t count = Length();
  uint64_t eight = 0;
  for (size_t i = 0; i < count; ++i, eight >>= 8) {
    if (generated && i % 8 == 0) eight = Mix(seed, i / 8);
    target[i] = generated ? static_cast<char>(eight) : literal[i];
  }
}

std::string Text::Bytes() const {
  if (!generated) return {literal.data(), size};
  std::string bytes(Length(), '\0');
  CopyTo(bytes.data());
  return bytes;
}

void Text::Print(Writer& out) const {
  if (generated) {
    out << fmt::format("data({}, {})", seed, length);
  } else {
    out.Quote({literal.data(), size});
  }
}

void Text::Read(Reader& in) {
  *this = {};
  if (!in.EatWord("data")) {
    *this = Of(std::string_view(in.Quoted(kMaxTextLiteral)).substr(0, kMaxTextLiteral));
    return;
  }
  generated = true;
  in.Expect('(');
  seed = static_cast<uint32_t>(in.Number(0, UINT32_MAX));
  in.Expect(',');
  length = static_cast<uint32_t>(in.Number(0, kMaxTextLength));
  in.Expect(')');
}

void Text::Pick(Chooser& from) {
  *this = {};
  const uint32_t unique = ++from.identity;
  if (from.draw.Below(4) == 3) {
    generated = true;
    seed = unique;
    static constexpr uint32_t kLengths[] = {64, 4048, 4049, 4096, 5000, 8192};
    length = kLengths[from.draw.Below(std::size(kLengths))];
  } else {
    *this = Of(fmt::format("m{}", unique));
  }
}

std::vector<Text> Text::Simpler() const {
  if (!generated) return {};
  std::vector<Text> simpler{Of(fmt::format("m{}", seed))};
  for (const int64_t shorter : SimplerNumbers(length, 1, length)) {
    simpler.push_back(*this);
    simpler.back().length = static_cast<uint32_t>(shorter);
  }
  return simpler;
}

int64_t SemOps::Total() const {
  int64_t total = 0;
  for (const SemOp& op : view()) total += op.times;
  return total;
}

void SemOps::Print(Writer& out) const {
  out << '[';
  for (size_t i = 0; i < count; ++i) {
    out << (i == 0 ? "" : ", ") << fmt::format("{{{}, {}, ", ops[i].num, ops[i].op);
    PrintFlags(out, ops[i].flags, SemOpFlags::kNames, SemOpFlags::kMode);
    out << '}';
    if (ops[i].times != 1) out << fmt::format("*{}", ops[i].times);
  }
  out << ']';
}

void SemOps::Read(Reader& in) {
  *this = {};
  ReadList(in, kMaxSemOps, [&] {
    SemOp op;
    in.Expect('{');
    op.num = static_cast<uint16_t>(in.Number(0, UINT16_MAX));
    in.Expect(',');
    op.op = static_cast<int16_t>(in.Number(INT16_MIN, INT16_MAX));
    in.Expect(',');
    op.flags = ReadFlags(in, SemOpFlags::kNames, SemOpFlags::kMode);
    in.Expect('}');
    if (in.Eat('*')) op.times = static_cast<uint16_t>(in.Number(1, kMaxSemOpTotal));
    if (Total() + op.times > kMaxSemOpTotal) {
      in.Fail(fmt::format("more than {} operations in one semop", kMaxSemOpTotal));
    }
    if (in.ok()) ops[count++] = op;
  });
}

void SemOps::Pick(Chooser& from) {
  *this = {};
  count = 1;
  if (from.draw.Below(3) == 2) ++count;
  if (from.draw.Below(4) == 3) ++count;
  for (size_t i = 0; i < count; ++i) {
    static constexpr int16_t kSteps[] = {-1, 1, 0, 2, -2, 3, 32767, -32768};
    ops[i].num = static_cast<uint16_t>(from.draw.Below(2));
    ops[i].op = kSteps[from.draw.Below(from.draw.Below(4) == 3 ? std::size(kSteps) : 4)];
    ops[i].flags = from.draw.Below(3) == 1 ? PickFlags(from.draw, SemOpFlags::kNames, false) : 0;
  }
}

std::vector<SemOps> SemOps::Simpler() const {
  std::vector<SemOps> simpler;
  for (size_t drop = 0; drop < count && count > 1; ++drop) {
    SemOps fewer = *this;
    std::copy(fewer.ops.begin() + static_cast<ptrdiff_t>(drop) + 1, fewer.ops.end(),
              fewer.ops.begin() + static_cast<ptrdiff_t>(drop));
    fewer.ops.back() = {};
    --fewer.count;
    simpler.push_back(fewer);
  }
  for (size_t i = 0; i < count; ++i) {
    if (ops[i].flags == 0) continue;
    simpler.push_back(*this);
    simpler.back().ops[i].flags = 0;
  }
  return simpler;
}

void SemValues::Print(Writer& out) const { out << fmt::format("[{}]", fmt::join(view(), ", ")); }

void SemValues::Read(Reader& in) {
  *this = {};
  ReadList(in, kMaxSemValues, [&] {
    const int64_t value = in.Number(0, UINT16_MAX);
    if (in.ok()) values[count++] = static_cast<uint16_t>(value);
  });
}

void SemValues::Pick(Chooser& from) {
  *this = {};
  count = static_cast<uint8_t>(1 + from.draw.Below(2));
  for (size_t i = 0; i < count; ++i) {
    values[i] = static_cast<uint16_t>(PickNumber(from.draw, 0, 32768));
  }
}

std::vector<SemValues> SemValues::Simpler() const {
  std::vector<SemValues> simpler;
  for (size_t i = 0; i < count; ++i) {
    if (values[i] == 0) continue;
    simpler.push_back(*this);
    simpler.back().values[i] = 0;
  }
  return simpler;
}

void Settings::Print(Writer& out) const {
  out << fmt::format("{{uid={}, gid={}, mode={:#o}}}", uid, gid, mode);
}

void Settings::Read(Reader& in) {
  in.Expect('{');
  uid = static_cast<uint32_t>(ReadSetting(in, "uid", UINT32_MAX, false));
  gid = static_cast<uint32_t>(ReadSetting(in, "gid", UINT32_MAX, false));
  mode = static_cast<uint32_t>(ReadSetting(in, "mode", UINT32_MAX, true));
  in.Expect('}');
}

void Settings::Pick(Chooser& from) {
  static constexpr uint32_t kModes[] = {0600, 0, 0444, 0777, 0222};
  *this = {0, 0, kModes[from.draw.Below(std::size(kModes))]};
}

void QueueSettings::Print(Writer& out) const {
  out << fmt::format("{{uid={}, gid={}, mode={:#o}, qbytes={}}}", common.uid, common.gid,
                     common.mode, qbytes);
}

void QueueSettings::Read(Reader& in) {
  in.Expect('{');
  common.uid = static_cast<uint32_t>(ReadSetting(in, "uid", UINT32_MAX, false));
  common.gid = static_cast<uint32_t>(ReadSetting(in, "gid", UINT32_MAX, false));
  common.mode = static_cast<uint32_t>(ReadSetting(in, "mode", UINT32_MAX, false));
  qbytes = ReadSetting(in, "qbytes", INT64_MAX, true);
  in.Expect('}');
}

void QueueSettings::Pick(Chooser& from) {
  common.Pick(from);
  static constexpr int64_t kBytes[] = {16384, 0, 1, 64, 8192};
  qbytes = kBytes[from.draw.Below(std::size(kBytes))];
}

std::vector<QueueSettings> QueueSettings::Simpler() const {
  return qbytes == 16384 ? std::vector<QueueSettings>{}
                         : std::vector<QueueSettings>{{common, 16384}};
}

}  // namespace ipcrig
