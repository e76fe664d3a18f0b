// SPDX-License-Identifier: Apache-2.0
//
// LogTexts: the messages of a call log. An operation holds a text of up to kMaxTextLiteral bytes; a
// longer one is data(SEED, LENGTH) to it. The checks only ask which messages are equal, and how
// long they are, so each long text that was sent gets a seed of its own:
//
//   LogTexts texts;
//   texts.Sent(long_text);                  "data(1, 100)": the argument of msgsnd
//   texts.Received(long_text, false);       the bytes of data(1, 100)
//   texts.Received("beginning", true);      the first 9 of them, where MSG_NOERROR cut it off
//   texts.Received(unknown_text, false);    bytes that nobody sent
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace ipcrig {

class LogTexts {
 public:
  // The argument that stands for what is sent.
  std::string Sent(const std::string& bytes);
  // When all that was sent is known: what stands for what was received. `cut`: it may be the
  // beginning of something longer. None: it may be that of several texts.
  std::optional<std::string> Received(const std::string& bytes, bool cut);

 private:
  uint32_t SeedOf(const std::string& bytes);
  std::map<std::string, uint32_t> seeds_;  // of long ones
  std::set<std::string> short_;
};

// The bytes of "00ff1c"; none where it is not that.
std::optional<std::string> BytesOfHex(const std::string& hex);

}  // namespace ipcrig
