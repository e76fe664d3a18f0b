// SPDX-License-Identifier: Apache-2.0
//
// Argument types: what can stand between the parentheses of a call.
//
// Each type is a small trivially copyable value that knows four things about itself:
//
//   void Print(Writer&) const;             its text
//   void Read(Reader&);                    the text's meaning; the inverse of Print
//   void Pick(Chooser&);                   a random one
//   std::vector<T> Simpler() const;        smaller ones, most promising first; for shrinking
//
// An operation (ops.h) is a list of them and gets its own Print, Read, Pick and Simpler from that.
// All are fixed in size, so that an operation can be copied into shared memory and executed by a
// worker that never allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/abi.h"
#include "ops/chooser.h"
#include "ops/reader.h"

namespace ipcrig {

inline constexpr int kMaxTextLiteral = 63;          // bytes in a quoted text
inline constexpr int64_t kMaxTextLength = 1 << 16;  // bytes in any text
inline constexpr int kMaxSemOps = 16;               // different operations in one semop(2)
inline constexpr int kMaxSemOpTotal = 1024;         // and with repetitions
inline constexpr int kMaxSemValues = 64;            // values in one SETALL

// A whole number from kLeast to kMost.
template <int64_t kLeast, int64_t kMost>
struct Number {
  int64_t value = kLeast > 0 ? kLeast : 0;

  bool operator==(const Number&) const = default;
  void Print(Writer& out) const { out << value; }
  void Read(Reader& in) { value = in.Number(kLeast, kMost); }
  void Pick(Chooser& from);
  std::vector<Number> Simpler() const;
};

// A draw in the range that favours small numbers and the range's ends.
int64_t PickNumber(Draw& draw, int64_t least, int64_t most);
// Numbers of the range that are nearer to zero: 0, half, one less.
std::vector<int64_t> SimplerNumbers(int64_t value, int64_t least, int64_t most);

template <int64_t kLeast, int64_t kMost>
void Number<kLeast, kMost>::Pick(Chooser& from) {
  value = PickNumber(from.draw, kLeast, kMost);
}

template <int64_t kLeast, int64_t kMost>
std::vector<Number<kLeast, kMost>> Number<kLeast, kMost>::Simpler() const {
  std::vector<Number> simpler;
  for (const int64_t number : SimplerNumbers(value, kLeast, kMost)) simpler.push_back({number});
  return simpler;
}

// A word that must stand there, e.g. the command of msgctl(q, IPC_RMID). It tells operations of
// one name apart.
template <size_t kSize>
struct FixedWord {
  char text[kSize] = {};
  constexpr FixedWord(const char (&word)[kSize]) {  // NOLINT(google-explicit-constructor)
    for (size_t i = 0; i < kSize; ++i) text[i] = word[i];
  }
  constexpr std::string_view view() const { return {text, kSize - 1}; }
};

template <FixedWord kText>
struct Word {
  static constexpr std::string_view kWords[] = {kText.view()};

  static bool Accepts(std::string_view text) { return text == kWords[0]; }
  bool operator==(const Word&) const = default;
  void Print(Writer& out) const { out << kWords[0]; }
  void Read(Reader& in) {
    if (!in.EatWord(kWords[0])) in.FailHere("expected " + std::string(kWords[0]));
  }
  void Pick(Chooser&) {}
  std::vector<Word> Simpler() const { return {}; }
};

// Names of flag bits; a family lists its own (ops.h). kMode: the low nine bits are a mode, and
// what no name covers is printed in octal; otherwise in hexadecimal.
struct FlagName {
  std::string_view name;
  uint32_t bits;
};

void PrintFlags(Writer& out, uint32_t bits, std::span<const FlagName> names, bool mode);
// Rejects bits that the model has no rule for.
uint32_t ReadFlags(Reader& in, std::span<const FlagName> names, bool mode);
uint32_t PickFlags(Draw& draw, std::span<const FlagName> names, bool mode);

template <typename Family>
struct Flags {
  uint32_t bits = 0;

  bool Has(uint32_t flag) const { return (bits & flag) == flag; }
  bool operator==(const Flags&) const = default;
  void Print(Writer& out) const { PrintFlags(out, bits, Family::kNames, Family::kMode); }
  void Read(Reader& in) { bits = ReadFlags(in, Family::kNames, Family::kMode); }
  void Pick(Chooser& from) { bits = PickFlags(from.draw, Family::kNames, Family::kMode); }
  std::vector<Flags> Simpler() const {
    std::vector<Flags> simpler;
    for (const FlagName& flag : Family::kNames) {
      if ((bits & flag.bits) != 0) simpler.push_back({bits & ~flag.bits});
    }
    return simpler;
  }
};

// A process, by its name.
struct Process {
  int8_t index = 0;

  bool operator==(const Process&) const = default;
  void Print(Writer& out) const { out << out.names.processes[static_cast<size_t>(index)]; }
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Process> Simpler() const { return {}; }
};

// A process that begins here: the child of fork.
struct NewProcess {
  int8_t index = 0;

  bool operator==(const NewProcess&) const = default;
  void Print(Writer& out) const { out << out.names.processes[static_cast<size_t>(index)]; }
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<NewProcess> Simpler() const { return {}; }
};

// The variable that a call assigns: `q` in `q = msgget(...)`. -1 where the result is not kept.
template <Kind kKind>
struct Assigns {
  static constexpr Kind kVariableKind = kKind;
  int8_t slot = -1;

  bool operator==(const Assigns&) const = default;
};

int ReadAssigned(Reader& in, Kind kind);  // declares the variable where it is new
int ReadUse(Reader& in, Kind kind);       // fails where nothing above assigns it
int PickAssigns(Chooser& from, Kind kind);

void PrintId(Writer& out, int slot, int64_t number);
int32_t ReadOffset(Reader& in);  // "+4096", "-1", or nothing: 0

// The id of an object: a variable, that plus or minus a number (an id with another sequence number
// is seg+32768), or a number alone, for ids that nobody got from a call.
template <Kind kKind>
struct Id {
  int8_t slot = -1;
  int32_t number = -1;  // where slot is -1 the id, else what is added to the variable

  bool operator==(const Id&) const = default;
  void Print(Writer& out) const { PrintId(out, slot, number); }
  void Read(Reader& in) {
    const char c = in.Peek();
    const bool literal = c == '-' || (c >= '0' && c <= '9');
    if (literal) {
      *this = {-1, static_cast<int32_t>(in.Number(INT32_MIN, INT32_MAX))};
    } else {
      *this = {static_cast<int8_t>(ReadUse(in, kKind)), 0};
      number = ReadOffset(in);
    }
  }
  void Pick(Chooser& from) { *this = {static_cast<int8_t>(from.PickAssigned(kKind)), 0}; }
  std::vector<Id> Simpler() const { return {}; }
};

// A key: IPC_PRIVATE, a number, or the result of ftok.
struct Key {
  int8_t slot = -1;
  int32_t number = abi::kIpcPrivate;

  bool operator==(const Key&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Key> Simpler() const;
};

// An address in the calling process: NULL, an attach, an attach plus a number of bytes, or a
// number.
struct Address {
  int8_t slot = -1;    // -1: offset is the whole address
  int64_t offset = 0;  // 0 and no slot: NULL

  bool operator==(const Address&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Address> Simpler() const;
};

// One end of a pipe: p.r or p.w
struct PipeEnd {
  int8_t slot = -1;
  bool write = false;

  bool operator==(const PipeEnd&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<PipeEnd> Simpler() const { return {}; }
};

// Bytes to send or to store: "hello", or data(SEED, LENGTH), which is LENGTH bytes that a seed
// determines and no other seed shares.
struct Text {
  bool generated = false;
  uint8_t size = 0;  // of a literal
  std::array<char, kMaxTextLiteral> literal = {};
  uint32_t seed = 0;
  uint32_t length = 0;  // of generated bytes

  static Text Of(std::string_view bytes);  // at most kMaxTextLiteral bytes

  size_t Length() const { return generated ? length : size; }
  char At(size_t index) const;      // async-signal-safe
  void CopyTo(char* target) const;  // Length() bytes; async-signal-safe
  std::string Bytes() const;

  bool operator==(const Text&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Text> Simpler() const;
};

// A short word in quotes: the path of ftok, the name of a program.
struct QuotedName {
  std::array<char, 64> text = {};  // ends in NUL

  std::string_view view() const { return text.data(); }
  bool operator==(const QuotedName&) const = default;
  void Print(Writer& out) const { out.Quote(view()); }
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<QuotedName> Simpler() const { return {}; }
};

// The bare name of a program in the directory given with --programs: letters, digits, '_' and '-'
// only, so that a scenario of unknown origin cannot name a file anywhere else.
struct ProgramName : QuotedName {
  bool operator==(const ProgramName&) const = default;
  void Read(Reader& in);
  void Pick(Chooser& from) { from.stuck = true; }  // nobody generates programs
  std::vector<ProgramName> Simpler() const { return {}; }
};

// A signal, by its name.
struct Signal {
  int8_t number = abi::kSigkill;

  bool operator==(const Signal&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Signal> Simpler() const { return {}; }
};

// "SIGKILL" for 9, "signal 40" for one without a name here. SignalNumber: -1 where unknown.
std::string SignalName(int number);
int SignalNumber(std::string_view name);

// "EINVAL" for 22, "errno 999" for one without a name here. ErrnoNumber: -1 where unknown.
std::string ErrnoName(int number);
int ErrnoNumber(std::string_view name);

// One operation of semop(2): {sem_num, sem_op, sem_flg}; {0, 1, 0}*500 stands for 500 of them.
struct SemOp {
  uint16_t num = 0;
  int16_t op = 0;
  uint32_t flags = 0;
  uint16_t times = 1;

  bool operator==(const SemOp&) const = default;
};

// The operations of one semop(2): [{0, -1, SEM_UNDO}, {1, 1, 0}]
struct SemOps {
  uint8_t count = 0;
  std::array<SemOp, kMaxSemOps> ops = {};

  std::span<const SemOp> view() const { return {ops.data(), count}; }
  int64_t Total() const;  // with repetitions
  bool operator==(const SemOps&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<SemOps> Simpler() const;
};

// The values of SETALL: [1, 0, 5]
struct SemValues {
  uint8_t count = 0;
  std::array<uint16_t, kMaxSemValues> values = {};

  std::span<const uint16_t> view() const { return {values.data(), count}; }
  bool operator==(const SemValues&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<SemValues> Simpler() const;
};

// What IPC_SET sets: {uid=0, gid=0, mode=0600}; of a queue also qbytes.
struct Settings {
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t mode = 0600;

  bool operator==(const Settings&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<Settings> Simpler() const { return {}; }
};

struct QueueSettings {
  Settings common;
  int64_t qbytes = 0;

  bool operator==(const QueueSettings&) const = default;
  void Print(Writer& out) const;
  void Read(Reader& in);
  void Pick(Chooser& from);
  std::vector<QueueSettings> Simpler() const;
};

}  // namespace ipcrig
