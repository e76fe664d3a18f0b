// SPDX-License-Identifier: Apache-2.0
#include "ops/arg.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace ipcrig {
namespace {

// Those that end a process without a core dump, and those that stop and continue one.
constexpr int kSignals[] = {abi::kSigkill, abi::kSigterm, abi::kSigusr1, abi::kSigusr2,
                            abi::kSighup,  abi::kSigint,  abi::kSigalrm, abi::kSigpipe,
                            abi::kSigstop, abi::kSigcont};
constexpr size_t kEndingSignals = 7;  // the first ones: nobody handles them unless told to

void CopyName(std::string_view from, std::array<char, 64>& to) {
  to = {};
  std::copy_n(from.begin(), std::min(from.size(), to.size() - 1), to.begin());
}

}  // namespace

int64_t PickNumber(Draw& draw, int64_t least, int64_t most) {
  const auto span = static_cast<uint64_t>(most) - static_cast<uint64_t>(least);
  switch (draw.Below(8)) {
    case 0:
      return most;
    case 1:
      return least;
    case 2:
      return least + static_cast<int64_t>(draw.Below(std::min<uint64_t>(span, 1U << 20) + 1));
    default: {
      const int64_t from = std::clamp<int64_t>(0, least, most);
      const auto room = static_cast<uint64_t>(most) - static_cast<uint64_t>(from);
      return from + static_cast<int64_t>(draw.Below(std::min<uint64_t>(room, 9) + 1));
    }
  }
}

std::vector<int64_t> SimplerNumbers(int64_t value, int64_t least, int64_t most) {
  std::vector<int64_t> simpler;
  const int64_t toward_zero = value > 0 ? value - 1 : value + 1;
  for (const int64_t number : {int64_t{0}, value / 2, toward_zero}) {
    const bool new_one = std::find(simpler.begin(), simpler.end(), number) == simpler.end();
    if (value != 0 && number != value && number >= least && number <= most && new_one) {
      simpler.push_back(number);
    }
  }
  return simpler;
}

void PrintFlags(Writer& out, uint32_t bits, std::span<const FlagName> names, bool mode) {
  bool first = true;
  for (const FlagName& flag : names) {
    if ((bits & flag.bits) != flag.bits) continue;
    out << (first ? "" : "|") << flag.name;
    first = false;
    bits &= ~flag.bits;
  }
  if (bits == 0 && !first) return;
  out << (first ? "" : "|")
      << (mode || bits == 0 ? fmt::format("{:#o}", bits) : fmt::format("{:#x}", bits));
}

uint32_t ReadFlags(Reader& in, std::span<const FlagName> names, bool mode) {
  uint32_t known_bits = mode ? abi::kModeMask : 0;
  std::string known;
  for (const FlagName& flag : names) {
    known_bits |= flag.bits;
    known += (known.empty() ? "" : ", ") + std::string(flag.name);
  }
  uint32_t bits = 0;
  do {
    const char c = in.Peek();
    if (c >= '0' && c <= '9') {
      bits |= static_cast<uint32_t>(in.Number(0, UINT32_MAX));
      if ((bits & ~known_bits) != 0) in.Fail("unknown flag bits; this call knows " + known);
      continue;
    }
    const std::string word = in.Word();
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const FlagName& flag) { return flag.name == word; });
    if (found != names.end()) {
      bits |= found->bits;
    } else {
      in.Fail(fmt::format("unknown flag {}; this call knows {}", word, known));
    }
  } while (in.Eat('|'));
  return bits;
}

uint32_t PickFlags(Draw& draw, std::span<const FlagName> names, bool mode) {
  uint32_t bits = mode ? 0600 : 0;
  for (const FlagName& flag : names) {
    if (draw.Below(3) == 1) bits |= flag.bits;
  }
  return bits;
}

void Process::Read(Reader& in) {
  const std::string word = in.Word();
  index = static_cast<int8_t>(in.names().FindProcess(word));
  if (index < 0) in.Fail(fmt::format("unknown process {}: no line above starts or forks it", word));
}

void Process::Pick(Chooser& from) {
  index = static_cast<int8_t>(from.draw.Below(from.names.processes.size()));
}

void NewProcess::Read(Reader& in) {
  const std::string word = in.Word();
  auto& processes = in.names().processes;
  if (in.names().FindProcess(word) >= 0) {
    in.Fail(fmt::format("process {} exists already; a child needs a new name", word));
  } else if (processes.size() == kMaxProcesses) {
    in.Fail(fmt::format("more than {} processes", kMaxProcesses));
  } else if (const std::string problem = NameProblem(word, "a process"); !problem.empty()) {
    in.Fail(problem);
  } else if (in.ok()) {
    index = static_cast<int8_t>(processes.size());
    processes.push_back(word);
  }
}

void NewProcess::Pick(Chooser& from) {
  auto& processes = from.names.processes;
  if (processes.size() >= 6) {
    from.stuck = true;
    return;
  }
  index = static_cast<int8_t>(processes.size());
  processes.push_back(from.names.NewProcessName());
}

int ReadUse(Reader& in, Kind kind) {
  const std::string word = in.Word();
  const int slot = in.names().FindVariable(word);
  if (slot < 0) {
    in.Fail(fmt::format("{} is used before it exists: no line above assigns it", word));
  } else if (const Kind is = in.names().variables[static_cast<size_t>(slot)].kind; is != kind) {
    in.Fail(fmt::format("{} is {}, not {}", word, KindName(is), KindName(kind)));
  }
  return slot;
}

int PickAssigns(Chooser& from, Kind kind) {
  auto& variables = from.names.variables;
  std::vector<int> same;
  for (size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].kind == kind) same.push_back(static_cast<int>(i));
  }
  if (!same.empty() && (same.size() >= 3 || from.draw.Below(2) == 0)) {
    return same[from.draw.Below(same.size())];
  }
  if (variables.size() >= kMaxVariables) return -1;
  static constexpr const char* kStems[] = {"k", "shm", "q", "sem", "at", "p"};
  std::string name;
  size_t number = same.size();
  do {
    name = fmt::format("{}{}", kStems[static_cast<int>(kind)], number++);
  } while (from.names.FindVariable(name) >= 0);
  variables.push_back({name, kind});
  return static_cast<int>(variables.size()) - 1;
}

void PrintId(Writer& out, int slot, int64_t number) {
  if (slot < 0) {
    out << number;
    return;
  }
  out << out.names.variables[static_cast<size_t>(slot)].name;
  if (number > 0) out << '+';
  if (number != 0) out << number;
}

int32_t ReadOffset(Reader& in) {
  if (in.Eat('+')) return static_cast<int32_t>(in.Number(1, INT32_MAX));
  return in.Peek() == '-' ? static_cast<int32_t>(in.Number(INT32_MIN, -1)) : 0;
}

void Key::Print(Writer& out) const {
  if (slot >= 0) {
    out << out.names.variables[static_cast<size_t>(slot)].name;
  } else if (number == abi::kIpcPrivate) {
    out << "IPC_PRIVATE";
  } else {
    out << static_cast<int64_t>(number);
  }
}

void Key::Read(Reader& in) {
  *this = {};
  const char c = in.Peek();
  if (c == '-' || (c >= '0' && c <= '9')) {
    number = static_cast<int32_t>(in.Number(INT32_MIN, UINT32_MAX));
  } else if (!in.EatWord("IPC_PRIVATE")) {
    slot = static_cast<int8_t>(ReadUse(in, Kind::kKey));
  }
}

void Key::Pick(Chooser& from) {
  *this = {};
  if (from.draw.Below(2) == 1) number = 0x1d0 + static_cast<int32_t>(from.draw.Below(3));
}

std::vector<Key> Key::Simpler() const {
  return *this == Key{} ? std::vector<Key>{} : std::vector<Key>{Key{}};
}

namespace {

// Beyond what any machine has; so a length can be added to it.
constexpr int64_t kMaxAddress = int64_t{1} << 62;

}  // namespace

void Address::Print(Writer& out) const {
  if (*this == Address{}) {
    out << "NULL";
  } else {
    PrintId(out, slot, offset);
  }
}

void Address::Read(Reader& in) {
  *this = {};
  if (in.EatWord("NULL")) return;
  const char c = in.Peek();
  if (c >= '0' && c <= '9') {
    offset = in.Number(1, kMaxAddress);
    return;
  }
  slot = static_cast<int8_t>(ReadUse(in, Kind::kAddress));
  offset = ReadOffset(in);
}

void Address::Pick(Chooser& from) {
  *this = {};
  if (from.draw.Below(8) != 7) slot = static_cast<int8_t>(from.PickAssigned(Kind::kAddress));
}

std::vector<Address> Address::Simpler() const {
  return offset == 0 || slot < 0 ? std::vector<Address>{} : std::vector<Address>{{slot, 0}};
}

void PipeEnd::Print(Writer& out) const {
  out << out.names.variables[static_cast<size_t>(slot)].name << (write ? ".w" : ".r");
}

void PipeEnd::Read(Reader& in) {
  slot = static_cast<int8_t>(ReadUse(in, Kind::kPipe));
  in.Expect('.');
  write = in.EatWord("w");
  if (!write && !in.EatWord("r")) in.FailHere("expected r or w: the end of the pipe");
}

void PipeEnd::Pick(Chooser& from) {
  slot = static_cast<int8_t>(from.PickAssigned(Kind::kPipe));
  write = from.draw.Below(2) == 1;
}

void QuotedName::Read(Reader& in) {
  const std::string name = in.Quoted(text.size() - 1);
  if (name.find('\0') != std::string::npos) in.Fail("a name cannot hold a NUL byte");
  CopyName(name, text);
}

void QuotedName::Pick(Chooser& from) {
  static constexpr const char* kPaths[] = {"/", "/proc", "/dev/null", "/no/such/file"};
  CopyName(kPaths[from.draw.Below(std::size(kPaths))], text);
}

void ProgramName::Read(Reader& in) {
  QuotedName::Read(in);
  const std::string_view name = view();
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  if (!plain) in.Fail("a program is a bare name: letters, digits, '_' and '-' only");
}

void Signal::Print(Writer& out) const { out << SignalName(number); }

void Signal::Read(Reader& in) {
  const std::string word = in.Word();
  const int found = SignalNumber(word);
  if (std::find(std::begin(kSignals), std::end(kSignals), found) == std::end(kSignals)) {
    in.Fail(fmt::format("no rule for signal {}: a signal here ends, stops or continues a process",
                        word));
  }
  number = static_cast<int8_t>(found);
}

void Signal::Pick(Chooser& from) {
  number = static_cast<int8_t>(kSignals[from.draw.Below(kEndingSignals)]);
}

std::string SignalName(int number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? fmt::format("signal {}", number) : fmt::format("SIG{}", name);
}

int SignalNumber(std::string_view name) {
  for (int number = 1; number < 32; ++number) {
    if (SignalName(number) == name) return number;
  }
  return -1;
}

std::string ErrnoName(int number) {
  const char* name = strerrorname_np(number);
  return name == nullptr || number == 0 ? fmt::format("errno {}", number) : name;
}

int ErrnoNumber(std::string_view name) {
  for (int number = 1; number < 140; ++number) {
    if (ErrnoName(number) == name) return number;
  }
  return -1;
}

}  // namespace ipcrig
