// SPDX-License-Identifier: Apache-2.0
#include "ops/reader.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ipcrig {
namespace {

constexpr int64_t kLeast = INT64_MIN;
constexpr int64_t kMost = INT64_MAX;

// "column: message" of the error, "" where there is none.
std::string ErrorOf(const Reader& in) {
  return in.ok() ? "" : std::to_string(in.error().column) + ": " + in.error().message;
}

// The error of reading one number from the text.
std::string NumberError(std::string_view text, int64_t least = kLeast, int64_t most = kMost) {
  Names names;
  Reader in(text, names);
  EXPECT_EQ(in.Number(least, most), 0) << text;
  return ErrorOf(in);
}

std::string QuotedError(std::string_view text, size_t most_bytes = 100) {
  Names names;
  Reader in(text, names);
  in.Quoted(most_bytes);
  return ErrorOf(in);
}

std::string Argument(std::string_view text, int n) {
  Names names;
  Reader in(text, names);
  std::string argument(in.NthArgument(n));
  EXPECT_EQ(in.offset(), 0u) << "NthArgument consumed something of " << text;
  return argument;
}

TEST(Reader, NumbersAreDecimalHexadecimalOrOctalAsInC) {
  const struct {
    const char* text;
    int64_t value;
  } cases[] = {
      {"0", 0},
      {"7", 7},
      {"-0", 0},
      {"  42", 42},
      {"\t42", 42},
      {"-42", -42},
      {"0600", 0600},
      {"-017", -15},
      {"0xff", 255},
      {"0XfF", 255},
      {"-0x10", -16},
      {"00", 0},
      {"9223372036854775807", INT64_MAX},
      {"0x7fffffffffffffff", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"-0x8000000000000000", INT64_MIN},
      {"-01000000000000000000000", INT64_MIN},
  };
  for (const auto& [text, value] : cases) {
    Names names;
    Reader in(text, names);
    EXPECT_EQ(in.Number(kLeast, kMost), value) << text;
    EXPECT_EQ(ErrorOf(in), "") << text;
    EXPECT_TRUE(in.AtEnd()) << text;
  }
}

TEST(Reader, ANumberEndsWhereItsDigitsEnd) {
  Names names;
  Reader in("12,-3)", names);
  EXPECT_EQ(in.Number(0, 20), 12);
  EXPECT_TRUE(in.Eat(','));
  EXPECT_EQ(in.Number(-5, 5), -3);
  EXPECT_EQ(in.Rest(), ")");
}

TEST(Reader, NumbersOutsideTheirRangeNameTheRange) {
  EXPECT_EQ(NumberError("256", 0, 255), "1: number out of range: 256 is not in 0 .. 255");
  EXPECT_EQ(NumberError("  -1", 0, 255), "3: number out of range: -1 is not in 0 .. 255");
  EXPECT_EQ(NumberError("-129", -128, 127), "1: number out of range: -129 is not in -128 .. 127");
  EXPECT_EQ(NumberError("0x100", 0, 255), "1: number out of range: 0x100 is not in 0 .. 255");
}

TEST(Reader, NumbersThatDoNotFitIntoSixtyFourBitsAreOutOfRange) {
  const std::string range = " is not in -9223372036854775808 .. 9223372036854775807";
  for (const std::string text :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551615",
        "18446744073709551616", "-18446744073709551616", "99999999999999999999999999",
        "0xffffffffffffffff", "0x10000000000000000", "07777777777777777777777"}) {
    EXPECT_EQ(NumberError(text), "1: number out of range: " + text + range);
  }
}

TEST(Reader, WhatIsNoNumberIsSaidToBeNone) {
  for (const char* text : {"", "-", "abc", "12a", "0x", "-0x", "0xg", "08", "019", "--1", "+1",
                           "- 1", "1_000", "\"1\"", "1e3", "_1"}) {
    EXPECT_EQ(NumberError(text), "1: expected a number") << "'" << text << "'";
  }
}

TEST(Reader, EveryByteSurvivesQuotingAndReading) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string& around : {std::string(), std::string("0f"), std::string("\\\"")}) {
      const std::string bytes = around + static_cast<char>(byte) + around;
      const std::string text = Quoted(bytes);
      for (const char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << text;
      Names names;
      Reader in(text, names);
      EXPECT_EQ(in.Quoted(bytes.size()), bytes) << text;
      EXPECT_EQ(ErrorOf(in), "") << text;
      EXPECT_TRUE(in.AtEnd()) << text;
    }
  }
}

TEST(Reader, QuotedIsTheShortestReadableForm) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("a b#c"), R"("a b#c")");
  EXPECT_EQ(Quoted("\n\t\"\\"), R"("\n\t\"\\")");
  EXPECT_EQ(Quoted(std::string("\0\r\x7f\xff", 4)), R"("\x00\x0d\x7f\xff")");
}

TEST(Reader, EscapesAreUnderstoodInBothCases) {
  Names names;
  Reader in(R"("\x4A\x4a\n\t\\\"" rest)", names);
  EXPECT_EQ(in.Quoted(10), "JJ\n\t\\\"");
  EXPECT_EQ(in.Rest(), "rest");
}

TEST(Reader, BadEscapesArePointedAt) {
  const std::string message = R"(unknown escape: use \n, \t, \\, \" or \xNN)";
  EXPECT_EQ(QuotedError(R"("ab\q")"), "4: " + message);
  EXPECT_EQ(QuotedError(R"("\x4")"), "2: " + message);
  EXPECT_EQ(QuotedError(R"("\xg0")"), "2: " + message);
  EXPECT_EQ(QuotedError(R"("\x0g")"), "2: " + message);
  EXPECT_EQ(QuotedError(R"("\x)"), "2: " + message);
  EXPECT_EQ(QuotedError("\"\\"), "2: " + message);
}

TEST(Reader, ATextWithoutItsClosingQuoteIsPointedAtItsBeginning) {
  EXPECT_EQ(QuotedError(R"(   "abc)"), "4: text without its closing quote");
  EXPECT_EQ(QuotedError(R"(")"), "1: text without its closing quote");
  EXPECT_EQ(QuotedError(R"("abc\")"), "1: text without its closing quote");
  EXPECT_EQ(QuotedError("abc"), "1: expected a text in double quotes");
  EXPECT_EQ(QuotedError(""), "1: expected a text in double quotes");
}

TEST(Reader, ATextMayNotBeLongerThanAskedFor) {
  EXPECT_EQ(QuotedError(R"("abc")", 3), "");
  EXPECT_EQ(QuotedError(R"( "abcd")", 3),
            "2: text longer than 3 bytes; data(SEED, LENGTH) makes long ones");
}

TEST(Reader, NthArgumentSkipsNestedBracketsAndQuotes) {
  const std::string text = R"(s, [{0, -1, SEM_UNDO}, {1, 1, 0}],  "a, \"b) c", {x=(1, 2)} ) -> 3)";
  EXPECT_EQ(Argument(text, 0), "s");
  EXPECT_EQ(Argument(text, 1), "[{0, -1, SEM_UNDO}, {1, 1, 0}]");
  EXPECT_EQ(Argument(text, 2), R"("a, \"b) c")");
  EXPECT_EQ(Argument(text, 3), "{x=(1, 2)}");
  EXPECT_EQ(Argument(text, 4), "");
  EXPECT_EQ(Argument(text, 99), "");
}

TEST(Reader, NthArgumentOfABrokenListIsStillAView) {
  EXPECT_EQ(Argument("", 0), "");
  EXPECT_EQ(Argument("a", 0), "a");
  EXPECT_EQ(Argument("a, b", 1), "b");
  EXPECT_EQ(Argument("a, b", 2), "");
  EXPECT_EQ(Argument("a, [b", 1), "");
  EXPECT_EQ(Argument("a, \"b)", 1), "");
  EXPECT_EQ(Argument("a, \"b\\", 1), "");
  EXPECT_EQ(Argument(")", 0), "");
  EXPECT_EQ(Argument("a)]}", 1), "");
}

TEST(Reader, NthArgumentTrimsEveryBlankThatTheOtherCallsSkip) {
  EXPECT_EQ(Argument("a ,\tb\t)", 1), "b");
  EXPECT_EQ(Argument("\ta\t, b)", 0), "a");
}

TEST(Reader, TheFirstErrorWinsAndNothingIsReadAfterIt) {
  Names names;
  Reader in("abc 12 \"x\"", names);
  EXPECT_EQ(in.Word(), "abc");
  in.FailHere("first");
  in.Fail("second");
  in.FailAt(0, "third");
  in.Expect(')');
  EXPECT_EQ(ErrorOf(in), "5: first");
  EXPECT_EQ(in.Number(0, 100), 0);
  EXPECT_EQ(in.Word(), "");
  EXPECT_EQ(in.Quoted(10), "");
  EXPECT_FALSE(in.Eat('1'));
  EXPECT_FALSE(in.EatWord("12"));
  EXPECT_FALSE(in.EatArrow());
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(ErrorOf(in), "5: first");
}

TEST(Reader, FailPointsToTheLastTokenAndFailHereToTheNext) {
  Names names;
  Reader last("  word   next", names);
  last.Word();
  last.Fail("x");
  EXPECT_EQ(last.error().column, 3);
  Reader here("  word   next", names);
  here.Word();
  here.FailHere("x");
  EXPECT_EQ(here.error().column, 10);
}

TEST(Reader, WordsAreWholeWords) {
  Names names;
  Reader in("returns_ returns(-> x", names);
  EXPECT_FALSE(in.EatWord("returns"));
  EXPECT_EQ(in.Word(), "returns_");
  EXPECT_TRUE(in.PeekWord("returns"));
  EXPECT_TRUE(in.EatWord("returns"));
  EXPECT_FALSE(in.EatArrow());
  EXPECT_TRUE(in.Eat('('));
  EXPECT_TRUE(in.EatArrow());
  EXPECT_TRUE(in.EatWord("x"));
  EXPECT_TRUE(in.AtEnd());
}

TEST(Reader, AWordBeginsWithALetter) {
  Names names;
  for (const char* text : {"", "1a", "-", "\xc3\xa4", "\"a\""}) {
    Reader in(text, names);
    EXPECT_EQ(in.Word(), "");
    EXPECT_EQ(ErrorOf(in), "1: expected a name") << text;
  }
  Reader in("_a1 b", names);
  EXPECT_EQ(in.Word(), "_a1");
}

TEST(Reader, ExpectSaysWhetherTheLineIsOver) {
  Names names;
  Reader in("msgrcv(q, 100", names);
  in.Word();
  in.Expect('(');
  in.Word();
  in.Expect(',');
  in.Number(0, 100);
  in.Expect(',');
  EXPECT_EQ(ErrorOf(in), "14: expected ',' before the end of the line");
  Reader other("a;", names);
  other.Word();
  other.Expect(',');
  EXPECT_EQ(ErrorOf(other), "2: expected ','");
}

TEST(Reader, ANulByteIsNotTheEndOfTheLine) {
  Names names;
  Reader in(std::string_view("a\0b", 3), names);
  in.Word();
  EXPECT_FALSE(in.AtEnd());
}

TEST(Reader, SeekGoesBackToAnOffset) {
  Names names;
  Reader in("a b c", names);
  in.Word();
  const size_t offset = in.offset();
  in.Word();
  in.Seek(offset);
  EXPECT_EQ(in.Rest(), "b c");
}

TEST(Writer, PrintsNumbersTextAndQuotes) {
  const Names names;
  Writer out{names, ""};
  out << "a" << ' ' << INT64_MIN << ' ' << int64_t{0} << ' ';
  out.Quote("b\n");
  EXPECT_EQ(out.out, "a -9223372036854775808 0 \"b\\n\"");
}

}  // namespace
}  // namespace ipcrig
