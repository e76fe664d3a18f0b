// SPDX-License-Identifier: Apache-2.0
#include "ops/arg.h"

#include <csignal>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "ops/choice.h"
#include "ops/flags.h"

namespace ipcrig {
namespace {

using AnyNumber = Number<INT64_MIN, INT64_MAX>;

// Two processes and one variable of each kind, in the order of Kind.
Names SomeNames() {
  return {{"A", "B"},
          {{"k", Kind::kKey},
           {"seg", Kind::kSegment},
           {"q", Kind::kQueue},
           {"s", Kind::kSet},
           {"at", Kind::kAddress},
           {"p", Kind::kPipe}}};
}

template <typename Arg>
std::string TextOf(const Arg& arg) {
  const Names names = SomeNames();
  Writer out{names, ""};
  arg.Print(out);
  return out.out;
}

template <typename Arg>
Arg Parse(std::string_view text) {
  Names names = SomeNames();
  Reader in(text, names);
  Arg arg;
  arg.Read(in);
  EXPECT_TRUE(in.ok()) << text << ": " << in.error().message;
  EXPECT_TRUE(in.AtEnd()) << text;
  return arg;
}

// "column: message", or "" where the text is right.
template <typename Arg>
std::string ErrorOf(std::string_view text) {
  Names names = SomeNames();
  Reader in(text, names);
  Arg arg;
  arg.Read(in);
  return in.ok() ? "" : std::to_string(in.error().column) + ": " + in.error().message;
}

// The value prints as the text, the text means the value, and what is simpler than the value does
// the same, is another value, and gets no simpler for ever.
template <typename Arg>
void ExpectInverse(const Arg& arg, const std::string& text) {
  static_assert(std::is_trivially_copyable_v<Arg>);
  EXPECT_EQ(TextOf(arg), text);
  EXPECT_TRUE(Parse<Arg>(text) == arg) << text;
  for (const auto& simpler : arg.Simpler()) {
    const std::string simpler_text = TextOf(simpler);
    EXPECT_FALSE(simpler == arg) << text;
    EXPECT_NE(simpler_text, text);
    EXPECT_TRUE(Parse<std::decay_t<decltype(simpler)>>(simpler_text) == simpler) << simpler_text;
  }
}

// The longest way down along the simpler values, each step taking the last one offered.
template <typename Arg>
int StepsDown(Arg arg) {
  int steps = 0;
  for (auto simpler = arg.Simpler(); !simpler.empty() && steps < 1000; ++steps) {
    arg = simpler.back();
    simpler = arg.Simpler();
  }
  return steps;
}

TEST(Arg, NumbersArePrintedAndReadBack) {
  for (const int64_t number : {INT64_MIN, INT64_MIN + 1, int64_t{-2}, int64_t{-1}, int64_t{0},
                               int64_t{1}, int64_t{2}, int64_t{600}, INT64_MAX - 1, INT64_MAX}) {
    ExpectInverse(AnyNumber{number}, std::to_string(number));
  }
  ExpectInverse(Number<0, 255>{255}, "255");
  ExpectInverse(Number<-3, -1>{-2}, "-2");
  EXPECT_EQ((ErrorOf<Number<0, 255>>("256")), "1: number out of range: 256 is not in 0 .. 255");
  EXPECT_EQ((Number<5, 9>{}.value), 5);
}

TEST(Arg, SimplerNumbersAreNearerToZeroAndInTheRange) {
  EXPECT_EQ(SimplerNumbers(100, 0, 200), (std::vector<int64_t>{0, 50, 99}));
  EXPECT_EQ(SimplerNumbers(-100, -200, 200), (std::vector<int64_t>{0, -50, -99}));
  EXPECT_EQ(SimplerNumbers(2, 0, 9), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(SimplerNumbers(1, 0, 9), (std::vector<int64_t>{0}));
  EXPECT_EQ(SimplerNumbers(100, 60, 200), (std::vector<int64_t>{99}));
  EXPECT_EQ(SimplerNumbers(1, 1, 9), (std::vector<int64_t>{}));
  EXPECT_EQ(SimplerNumbers(0, -5, 5), (std::vector<int64_t>{}));
  EXPECT_EQ(SimplerNumbers(INT64_MIN, INT64_MIN, INT64_MAX),
            (std::vector<int64_t>{0, INT64_MIN / 2, INT64_MIN + 1}));
  EXPECT_EQ(StepsDown(Number<0, 255>{255}), 255);
}

TEST(Arg, FlagsArePrintedByNameAndTheModeInOctal) {
  ExpectInverse(GetFlags{0}, "0");
  ExpectInverse(GetFlags{0600}, "0600");
  ExpectInverse(GetFlags{0777}, "0777");
  ExpectInverse(GetFlags{abi::kIpcCreat}, "IPC_CREAT");
  ExpectInverse(GetFlags{abi::kIpcCreat | abi::kIpcExcl | 0644}, "IPC_CREAT|IPC_EXCL|0644");
  ExpectInverse(ShmatFlags{0}, "0");
  ExpectInverse(ShmatFlags{abi::kShmRdonly | abi::kShmRnd}, "SHM_RDONLY|SHM_RND");
  ExpectInverse(MsgsndFlags{abi::kIpcNowait}, "IPC_NOWAIT");
  ExpectInverse(MsgrcvFlags{abi::kIpcNowait | abi::kMsgNoerror}, "IPC_NOWAIT|MSG_NOERROR");
  EXPECT_EQ(Parse<GetFlags>("0644 | IPC_CREAT|0").bits, abi::kIpcCreat | 0644);
  EXPECT_EQ(Parse<GetFlags>("0x200").bits, abi::kIpcCreat);
}

TEST(Arg, AnUnknownFlagListsTheKnownOnes) {
  EXPECT_EQ(ErrorOf<GetFlags>("IPC_CREAT|IPC_NOWAIT"),
            "11: unknown flag IPC_NOWAIT; this call knows IPC_CREAT, IPC_EXCL");
  EXPECT_EQ(ErrorOf<ShmatFlags>("SHM_DEST"),
            "1: unknown flag SHM_DEST; this call knows SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_EXEC, "
            "SHM_UNKNOWN");
  EXPECT_EQ(ErrorOf<MsgsndFlags>("MSG_NOERROR"),
            "1: unknown flag MSG_NOERROR; this call knows IPC_NOWAIT");
  EXPECT_EQ(ErrorOf<GetFlags>("IPC_CREAT|"), "11: expected a name");
  EXPECT_EQ(ErrorOf<GetFlags>("-1"), "1: expected a name");
}

TEST(Arg, FlagBitsWithoutARuleAreRejected) {
  EXPECT_EQ(ErrorOf<GetFlags>("IPC_CREAT|04000"),
            "11: unknown flag bits; this call knows IPC_CREAT, IPC_EXCL");
  EXPECT_EQ(ErrorOf<MsgsndFlags>("0600"), "1: unknown flag bits; this call knows IPC_NOWAIT");
  EXPECT_EQ(ErrorOf<MsgsndFlags>("4294967296"),
            "1: number out of range: 4294967296 is not in 0 .. 4294967295");
}

TEST(Arg, ProcessesAreWrittenByName) {
  ExpectInverse(Process{0}, "A");
  ExpectInverse(Process{1}, "B");
  EXPECT_EQ(ErrorOf<Process>("C"), "1: unknown process C: no line above starts or forks it");
  EXPECT_EQ(ErrorOf<Process>("1"), "1: expected a name");
}

TEST(Arg, AForkedProcessNeedsANewName) {
  Names names = SomeNames();
  Reader in("C", names);
  NewProcess child;
  child.Read(in);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(child.index, 2);
  EXPECT_EQ(names.processes, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(ErrorOf<NewProcess>("B"), "1: process B exists already; a child needs a new name");
}

TEST(Arg, IdsAreVariablesOfTheRightKindOrNumbers) {
  ExpectInverse(Id<Kind::kQueue>{2, 0}, "q");
  ExpectInverse(Id<Kind::kSegment>{1, 0}, "seg");
  ExpectInverse(Id<Kind::kSet>{3, 0}, "s");
  ExpectInverse(Id<Kind::kSegment>{1, 32768}, "seg+32768");
  ExpectInverse(Id<Kind::kSet>{3, -1}, "s-1");
  ExpectInverse(Id<Kind::kQueue>{-1, -1}, "-1");
  ExpectInverse(Id<Kind::kQueue>{-1, INT32_MAX}, "2147483647");
  ExpectInverse(Id<Kind::kQueue>{-1, INT32_MIN}, "-2147483648");
  EXPECT_EQ(ErrorOf<Id<Kind::kQueue>>("s"), "1: s is a semaphore set, not a message queue");
  EXPECT_EQ(ErrorOf<Id<Kind::kQueue>>("x"),
            "1: x is used before it exists: no line above assigns it");
  EXPECT_EQ(ErrorOf<Id<Kind::kQueue>>("2147483648"),
            "1: number out of range: 2147483648 is not in -2147483648 .. 2147483647");
}

TEST(Arg, KeysArePrivateNumbersOrResultsOfFtok) {
  ExpectInverse(Key{}, "IPC_PRIVATE");
  ExpectInverse(Key{0, 0}, "k");
  ExpectInverse(Key{-1, 1234}, "1234");
  ExpectInverse(Key{-1, -1}, "-1");
  ExpectInverse(Key{-1, INT32_MAX}, "2147483647");
  ExpectInverse(Key{-1, INT32_MIN}, "-2147483648");
  EXPECT_EQ(Parse<Key>("0"), Key{});
  EXPECT_EQ(Parse<Key>("0xffffffff"), (Key{-1, -1}));
  EXPECT_EQ(ErrorOf<Key>("q"), "1: q is a message queue, not a key");
  EXPECT_EQ(ErrorOf<Key>("0x100000000"),
            "1: number out of range: 0x100000000 is not in -2147483648 .. 4294967295");
}

TEST(Arg, AddressesAreNullOrAnAttachAndAnOffset) {
  ExpectInverse(Address{}, "NULL");
  ExpectInverse(Address{4, 0}, "at");
  ExpectInverse(Address{4, 1}, "at+1");
  ExpectInverse(Address{4, -1}, "at-1");
  ExpectInverse(Address{4, INT32_MAX}, "at+2147483647");
  ExpectInverse(Address{4, INT32_MIN}, "at-2147483648");
  EXPECT_EQ(Parse<Address>("at + 5"), (Address{4, 5}));
  EXPECT_EQ(ErrorOf<Address>("at+0"), "4: number out of range: 0 is not in 1 .. 2147483647");
  EXPECT_EQ(ErrorOf<Address>("seg"), "1: seg is a shared memory segment, not an attach address");
  ExpectInverse(Address{-1, 4096}, "4096");
  ExpectInverse(Address{-1, 140'000'000'000'000}, "140000000000000");
  EXPECT_EQ(ErrorOf<Address>("0"), "1: number out of range: 0 is not in 1 .. 4611686018427387904");
  EXPECT_EQ(ErrorOf<Address>("-1"), "1: expected a name");
}

TEST(Arg, PipeEndsAreReadOrWrite) {
  ExpectInverse(PipeEnd{5, false}, "p.r");
  ExpectInverse(PipeEnd{5, true}, "p.w");
  EXPECT_EQ(ErrorOf<PipeEnd>("p"), "2: expected '.' before the end of the line");
  EXPECT_EQ(ErrorOf<PipeEnd>("p.x"), "3: expected r or w: the end of the pipe");
  EXPECT_EQ(ErrorOf<PipeEnd>("p.read"), "3: expected r or w: the end of the pipe");
  EXPECT_EQ(ErrorOf<PipeEnd>("q.r"), "1: q is a message queue, not a pipe");
}

TEST(Arg, WordsMustStandThereAsTheyAre) {
  ExpectInverse(Word<"IPC_RMID">{}, "IPC_RMID");
  EXPECT_EQ(ErrorOf<Word<"IPC_RMID">>("IPC_RMIDX"), "1: expected IPC_RMID");
  EXPECT_EQ(ErrorOf<Word<"IPC_RMID">>(""), "1: expected IPC_RMID");
}

TEST(Arg, NamesInQuotesEndInANulByte) {
  QuotedName name;
  ExpectInverse(name, R"("")");
  ExpectInverse(Parse<QuotedName>(R"("/proc")"), R"("/proc")");
  const std::string longest = "\"" + std::string(63, 'x') + "\"";
  ExpectInverse(Parse<QuotedName>(longest), longest);
  EXPECT_EQ(Parse<QuotedName>(longest).text.back(), '\0');
  EXPECT_EQ(ErrorOf<QuotedName>("\"" + std::string(64, 'x') + "\""),
            "1: text longer than 63 bytes; data(SEED, LENGTH) makes long ones");
  EXPECT_EQ(ErrorOf<QuotedName>(R"("a\x00b")"), "1: a name cannot hold a NUL byte");
}

TEST(Arg, AProgramNameCannotLeaveItsDirectory) {
  ExpectInverse(Parse<ProgramName>(R"("hello_parent-2X")"), R"("hello_parent-2X")");
  for (const char* text : {R"("../x")", R"("a/b")", R"("")", R"("/bin/sh")", R"(".")", R"("..")",
                           R"("a.b")", R"("a b")", R"("a\n")", R"("\xc3\xa4")", R"("~")"}) {
    EXPECT_EQ(ErrorOf<ProgramName>(text),
              "1: a program is a bare name: letters, digits, '_' and '-' only")
        << text;
  }
  EXPECT_EQ(ErrorOf<ProgramName>(R"("a\x00/../b")"), "1: a name cannot hold a NUL byte");
}

TEST(Arg, SignalsAreThoseThatEndStopOrContinueAProcess) {
  for (const auto& [number, name] :
       std::vector<std::pair<int, const char*>>{{SIGKILL, "SIGKILL"},
                                                {SIGTERM, "SIGTERM"},
                                                {SIGUSR1, "SIGUSR1"},
                                                {SIGUSR2, "SIGUSR2"},
                                                {SIGHUP, "SIGHUP"},
                                                {SIGINT, "SIGINT"},
                                                {SIGALRM, "SIGALRM"},
                                                {SIGPIPE, "SIGPIPE"},
                                                {SIGSTOP, "SIGSTOP"},
                                                {SIGCONT, "SIGCONT"}}) {
    ExpectInverse(Signal{static_cast<int8_t>(number)}, name);
  }
  for (const std::string text : {"SIGTSTP", "SIGCHLD", "SIGSEGV", "KILL", "SIGNOPE"}) {
    EXPECT_EQ(ErrorOf<Signal>(text), "1: no rule for signal " + text +
                                         ": a signal here ends, stops or continues a process");
  }
}

TEST(Arg, SignalNamesAndNumbersAreInverse) {
  for (int number = 1; number < 32; ++number) {
    EXPECT_EQ(SignalNumber(SignalName(number)), number) << SignalName(number);
    EXPECT_EQ(SignalName(number).substr(0, 3), "SIG");
  }
  EXPECT_EQ(SignalName(9), "SIGKILL");
  EXPECT_EQ(SignalName(40), "signal 40");
  EXPECT_EQ(SignalName(-1), "signal -1");
  EXPECT_EQ(SignalNumber("SIGNOPE"), -1);
  EXPECT_EQ(SignalNumber(""), -1);
}

TEST(Arg, ErrnoNamesAndNumbersAreInverse) {
  int named = 0;
  for (int number = 1; number < 140; ++number) {
    EXPECT_EQ(ErrnoNumber(ErrnoName(number)), number);
    named += ErrnoName(number)[0] == 'E' ? 1 : 0;
  }
  EXPECT_GT(named, 120);
  EXPECT_EQ(ErrnoName(22), "EINVAL");
  EXPECT_EQ(ErrnoName(43), "EIDRM");
  EXPECT_EQ(ErrnoName(0), "errno 0");
  EXPECT_EQ(ErrnoName(999), "errno 999");
  EXPECT_EQ(ErrnoNumber("ENOPE"), -1);
}

TEST(Arg, LiteralTextsHoldAnyByte) {
  ExpectInverse(Text{}, R"("")");
  ExpectInverse(Text::Of("hello"), R"("hello")");
  ExpectInverse(Text::Of(std::string("\0\xff\n\"#", 5)), R"("\x00\xff\n\"#")");
  const std::string longest(63, 'x');
  ExpectInverse(Text::Of(longest), "\"" + longest + "\"");
  EXPECT_EQ(Text::Of(longest).Bytes(), longest);
  EXPECT_EQ(ErrorOf<Text>("\"" + longest + "x\""),
            "1: text longer than 63 bytes; data(SEED, LENGTH) makes long ones");
  EXPECT_TRUE(Text::Of("x").Simpler().empty());
}

TEST(Arg, GeneratedTextsAreWrittenBySeedAndLength) {
  ExpectInverse(Parse<Text>("data(0, 0)"), "data(0, 0)");
  ExpectInverse(Parse<Text>("data(1, 1)"), "data(1, 1)");
  ExpectInverse(Parse<Text>("data(7, 5000)"), "data(7, 5000)");
  ExpectInverse(Parse<Text>("data(4294967295, 65536)"), "data(4294967295, 65536)");
  EXPECT_LE(StepsDown(Parse<Text>("data(7, 500)")), 500);
  EXPECT_EQ(ErrorOf<Text>("data(1, 65537)"), "9: number out of range: 65537 is not in 0 .. 65536");
  EXPECT_EQ(ErrorOf<Text>("data(-1, 1)"), "6: number out of range: -1 is not in 0 .. 4294967295");
  EXPECT_EQ(ErrorOf<Text>("data"), "5: expected '(' before the end of the line");
  EXPECT_EQ(ErrorOf<Text>("5"), "1: expected a text in double quotes");
}

TEST(Arg, GeneratedBytesAreTheSameEverywhereAndForEver) {
  EXPECT_EQ(Quoted(Parse<Text>("data(1, 12)").Bytes()), R"("8\x01\x82\xa3\x1aZ,\xc4=\xbdVW")");
}

TEST(Arg, GeneratedBytesOfTwoSeedsDiffer) {
  const std::string one = Parse<Text>("data(1, 4096)").Bytes();
  for (const char* other : {"data(0, 4096)", "data(2, 4096)", "data(4294967295, 4096)"}) {
    const std::string bytes = Parse<Text>(other).Bytes();
    EXPECT_NE(bytes.substr(0, 16), one.substr(0, 16));
    EXPECT_NE(bytes.substr(4080), one.substr(4080));
  }
  EXPECT_EQ(Parse<Text>("data(1, 100)").Bytes(), one.substr(0, 100));
}

TEST(Arg, AtAndCopyToTellTheSameBytes) {
  for (const char* text : {"\"hello\"", "data(3, 1)", "data(3, 8)", "data(3, 1003)"}) {
    const Text parsed = Parse<Text>(text);
    std::string copied(parsed.Length() + 1, '!');
    parsed.CopyTo(copied.data());
    ASSERT_EQ(parsed.Bytes().size(), parsed.Length());
    for (size_t i = 0; i < parsed.Length(); ++i) {
      EXPECT_EQ(parsed.At(i), copied[i]) << text << " at " << i;
      EXPECT_EQ(parsed.At(i), parsed.Bytes()[i]) << text << " at " << i;
    }
    EXPECT_EQ(copied.back(), '!') << "CopyTo writes beyond the end";
  }
}

TEST(Arg, SemOpsAreAListOfTriples) {
  ExpectInverse(SemOps{}, "[]");
  ExpectInverse(Parse<SemOps>("[{0, -1, SEM_UNDO}]"), "[{0, -1, SEM_UNDO}]");
  const std::string limits =
      "[{65535, -32768, IPC_NOWAIT|SEM_UNDO}, {0, 32767, IPC_NOWAIT}, {1, 0, 0}]";
  ExpectInverse(Parse<SemOps>(limits), limits);
  EXPECT_EQ(Parse<SemOps>(limits).Simpler().size(), 5u);
  EXPECT_EQ(StepsDown(Parse<SemOps>(limits)), 4);
  EXPECT_EQ(ErrorOf<SemOps>("[{0, 32768, 0}]"),
            "6: number out of range: 32768 is not in -32768 .. 32767");
  EXPECT_EQ(ErrorOf<SemOps>("[{0, 1, SEM_UNDU}]"),
            "9: unknown flag SEM_UNDU; this call knows IPC_NOWAIT, SEM_UNDO");
  EXPECT_EQ(ErrorOf<SemOps>("[{0, 1}]"), "7: expected ','");
  EXPECT_EQ(ErrorOf<SemOps>("{0, 1, 0}"), "1: expected '['");
}

TEST(Arg, SemOpsCanBeRepeated) {
  ExpectInverse(Parse<SemOps>("[{0, 1, 0}*500, {1, -1, SEM_UNDO}]"),
                "[{0, 1, 0}*500, {1, -1, SEM_UNDO}]");
  EXPECT_EQ(Parse<SemOps>("[{0, 1, 0}*500, {1, -1, 0}]").Total(), 501);
  EXPECT_EQ(TextOf(Parse<SemOps>("[{0, 1, 0}*1]")), "[{0, 1, 0}]");
  EXPECT_EQ(ErrorOf<SemOps>("[{0, 1, 0}*0]"), "12: number out of range: 0 is not in 1 .. 1024");
  EXPECT_EQ(ErrorOf<SemOps>("[{0, 1, 0}*1024, {0, 1, 0}]"),
            "26: more than 1024 operations in one semop");
}

TEST(Arg, ATimeoutIsATimeOrNoneOrBad) {
  ExpectInverse(Timeout{}, "NULL");
  ExpectInverse(Timeout{Timeout::Kind::kBad}, "BAD");
  ExpectInverse(Timeout{Timeout::Kind::kTime, -1, 1000000000}, "{-1, 1000000000}");
  EXPECT_TRUE(Parse<Timeout>("{1, 999999999}").Short());
  EXPECT_FALSE(Parse<Timeout>("{2, 0}").Short());
  EXPECT_FALSE(Timeout{}.Short());
  EXPECT_EQ(ErrorOf<Timeout>("5"), "1: expected '{'");
}

TEST(Arg, ABufferSaysWhatIsWrongWithIt) {
  for (const auto& [kind, word] : {std::pair{Buffer::Kind::kBad, "BAD"},
                                   {Buffer::Kind::kEdge, "EDGE"},
                                   {Buffer::Kind::kNegative, "NEGATIVE"}}) {
    EXPECT_EQ(TextOf(Buffer{kind}), word);
    EXPECT_EQ(Parse<Buffer>(word), Buffer{kind});
    EXPECT_EQ(Buffer{kind}.Simpler(), std::vector<Buffer>{Buffer{}});
  }
  EXPECT_EQ(TextOf(Buffer{}), "");
  EXPECT_EQ(ErrorOf<Buffer>("GOOD"), "1: expected BAD, EDGE, NEGATIVE or ')'");
}

TEST(Arg, AnAmountIsANumberOrMadeOfAnId) {
  ExpectInverse(Amount{-1, INT64_MIN}, "-9223372036854775808");
  ExpectInverse(Amount{1, 0}, "seg");
  ExpectInverse(Amount{2, 32768}, "q+32768");
  EXPECT_EQ(ErrorOf<Amount>("at"), "1: at is an attach address, not an id");
  EXPECT_EQ(ErrorOf<Amount>("x"), "1: x is used before it exists: no line above assigns it");
}

TEST(Arg, AChoiceIsOneOfItsWords) {
  using Command = Choice<"SHM_LOCK", "SHM_UNLOCK">;
  ExpectInverse(Command{0}, "SHM_LOCK");
  ExpectInverse(Command{1}, "SHM_UNLOCK");
  EXPECT_EQ(ErrorOf<Command>("SHM_LOCKED"), "1: expected one of SHM_LOCK, SHM_UNLOCK");
}

TEST(Arg, AnUnknownCommandIsANumberThatNoManPageHas) {
  ExpectInverse(UnknownCommand{}, "9999");
  ExpectInverse(UnknownCommand{-1}, "-1");
  EXPECT_EQ(ErrorOf<UnknownCommand>("2"), "1: a command below 100 has a name");
}

TEST(Arg, GroupsAreAListOfNumbers) {
  ExpectInverse(Groups{}, "[]");
  ExpectInverse(Parse<Groups>("[0, 4294967295]"), "[0, 4294967295]");
  EXPECT_EQ(ErrorOf<Groups>("[1, 2, 3, 4, 5, 6, 7, 8, 9]"), "26: more than 8 groups");
}

TEST(Arg, FlagsOfNewCallsArePrintedByName) {
  ExpectInverse(ShmgetFlags{abi::kShmHugetlb | abi::kShmHuge2Mb | 0600},
                "SHM_HUGETLB|SHM_HUGE_2MB|0600");
  ExpectInverse(ShmgetFlags{abi::kShmHugetlb | abi::kShmHugeNone}, "SHM_HUGETLB|SHM_HUGE_63");
  ExpectInverse(Protection{abi::kProtRead | abi::kProtExec}, "PROT_READ|PROT_EXEC");
  ExpectInverse(MremapFlags{abi::kMremapMaymove | abi::kMremapFixed},
                "MREMAP_MAYMOVE|MREMAP_FIXED");
  ExpectInverse(NamespaceFlags{abi::kCloneNewipc | abi::kCloneNewpid}, "CLONE_NEWIPC|CLONE_NEWPID");
  ExpectInverse(Capabilities{abi::kCapSetgid | abi::kCapIpcOwner}, "CAP_SETGID|CAP_IPC_OWNER");
}

// A list of n equal elements.
std::string Repeated(const std::string& element, int n) {
  std::string text = "[";
  for (int i = 0; i < n; ++i) text += (i == 0 ? "" : ", ") + element;
  return text + "]";
}

TEST(Arg, ListsHoldAsMuchAsTheyHold) {
  ExpectInverse(Parse<SemOps>(Repeated("{2, 1, 0}", 16)), Repeated("{2, 1, 0}", 16));
  EXPECT_EQ(ErrorOf<SemOps>(Repeated("{2, 1, 0}", 17)), "178: more than 16 elements");
  ExpectInverse(Parse<SemValues>(Repeated("9", 64)), Repeated("9", 64));
  EXPECT_EQ(ErrorOf<SemValues>(Repeated("9", 65)), "194: more than 64 elements");
}

TEST(Arg, SemValuesAreAListOfNumbers) {
  ExpectInverse(SemValues{}, "[]");
  ExpectInverse(Parse<SemValues>("[0, 0]"), "[0, 0]");
  ExpectInverse(Parse<SemValues>("[1, 0, 65535]"), "[1, 0, 65535]");
  EXPECT_EQ(Parse<SemValues>("[1, 0, 65535]").Simpler().size(), 2u);
  EXPECT_EQ(ErrorOf<SemValues>("[65536]"), "2: number out of range: 65536 is not in 0 .. 65535");
  EXPECT_EQ(ErrorOf<SemValues>("[1"), "3: expected ']' before the end of the line");
  EXPECT_EQ(ErrorOf<SemValues>("[1 2]"), "4: expected ']'");
}

TEST(Arg, SettingsAreNamedInTheirOrder) {
  ExpectInverse(Settings{}, "{uid=0, gid=0, mode=0600}");
  ExpectInverse(Settings{UINT32_MAX, UINT32_MAX, UINT32_MAX},
                "{uid=4294967295, gid=4294967295, mode=037777777777}");
  ExpectInverse(Settings{1, 2, 0}, "{uid=1, gid=2, mode=0}");
  EXPECT_EQ(ErrorOf<Settings>("{gid=0, uid=0, mode=0}"), "2: expected uid=");
  EXPECT_EQ(ErrorOf<Settings>("{uid=0, gid=0}"), "14: expected ','");
}

TEST(Arg, SettingsOfAQueueHaveItsSizeToo) {
  ExpectInverse(QueueSettings{}, "{uid=0, gid=0, mode=0600, qbytes=0}");
  ExpectInverse(QueueSettings{{1, 2, 0777}, 16384}, "{uid=1, gid=2, mode=0777, qbytes=16384}");
  ExpectInverse(QueueSettings{{1, 2, 0777}, INT32_MAX},
                "{uid=1, gid=2, mode=0777, qbytes=2147483647}");
  EXPECT_EQ(ErrorOf<QueueSettings>("{uid=0, gid=0, mode=0}"), "22: expected ','");
}

}  // namespace
}  // namespace ipcrig
