// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "base/io.h"
#include "check/features.h"

namespace ipcrig {
namespace {

__attribute__((section("__libfuzzer_extra_counters"))) uint8_t counters[kFeatureCount];

// Says at the end of the process how many features there were.
struct Tally {
  std::bitset<kFeatureCount> features;

  ~Tally() { fprintf(stderr, "%zu features of the model\n", features.count()); }
};

// One function for each check: the name is what a stack shows.
#define IPCRIG_ORACLE(name) \
  [[noreturn, gnu::noinline]] void name() { abort(); }
IPCRIG_ORACLE(OracleConformance)
IPCRIG_ORACLE(OracleExpectation)
IPCRIG_ORACLE(OracleLeak)
IPCRIG_ORACLE(OracleMissing)
IPCRIG_ORACLE(OracleReport)
IPCRIG_ORACLE(OracleSurvivor)
IPCRIG_ORACLE(OracleHang)
IPCRIG_ORACLE(OracleLinearizability)
IPCRIG_ORACLE(OracleLostWakeup)
IPCRIG_ORACLE(OracleRoundTrip)
IPCRIG_ORACLE(OracleInvariant)
IPCRIG_ORACLE(OracleOther)
#undef IPCRIG_ORACLE

struct Oracle {
  std::string_view check;
  void (*fail)();
};

constexpr Oracle kOracles[] = {{"conformance", OracleConformance},
                               {"expectation", OracleExpectation},
                               {"leak", OracleLeak},
                               {"missing", OracleMissing},
                               {"report", OracleReport},
                               {"survivor", OracleSurvivor},
                               {"hang", OracleHang},
                               {"linearizability", OracleLinearizability},
                               {"lost wake-up", OracleLostWakeup},
                               {"round trip", OracleRoundTrip},
                               {"invariant", OracleInvariant}};

}  // namespace

std::optional<std::string> FindingOf(const Judgement& judgement) {
  if (judgement.verdict != Verdict::kFail || judgement.IsUnfinished()) return std::nullopt;
  return judgement.findings.front().signature;
}

void FailWith(std::string_view signature, std::string_view report) {
  std::string text(report);
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += "SUMMARY: ipcrig: " + std::string(signature) + "\n";
  (void)WriteAll(STDERR_FILENO, text);
  for (const Oracle& oracle : kOracles) {
    if (signature.starts_with(oracle.check)) oracle.fail();
  }
  OracleOther();
}

void CountFeature(uint32_t feature) {
  static const char* const wish = getenv("IPCRIG_FEATURES");
  static const bool wanted = wish == nullptr || wish[0] != '0';
  static Tally tally;
  tally.features.set(feature);
  uint8_t& counter = counters[feature];
  if (wanted && counter < UINT8_MAX) ++counter;
}

}  // namespace ipcrig
