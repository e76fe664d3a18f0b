// SPDX-License-Identifier: Apache-2.0
//
// Catalogue: the behaviours that are to be covered, and the files that cover them.
//
//   Result<Catalogue> catalogue = ParseCatalogue(text, "scenarios/catalogue.txt");
//   Coverage coverage = Cover(*catalogue, files);
//   if (!coverage.errors.empty()) ...  // "tests/a_test.cc:7: unknown behaviour B999"
//
// The list is scenarios/catalogue.txt; its head has the grammar. A file names the behaviours that
// it covers in comment lines which hold nothing else, as many as it likes:
//
//   # covers: B001 X020         in *.ipc
//   // covers: B001 X020        in *.c and *.cc; also /* covers: B001 X020 */
//
// Pure functions of text. That a file which names a behaviour shows it, nobody but its reader can
// tell; that it passes, `ipcrig run` and the tests do.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ipcrig {

struct Behaviour {
  std::string id;      // "B001"
  std::string object;  // "shm"
  std::string title;
  std::string needs = {};  // why stock Linux cannot show it; empty where it can
  int line = 0;            // of the catalogue, from 1
  bool operator==(const Behaviour&) const = default;
};

using Catalogue = std::vector<Behaviour>;

// The rows in the order of the text; the first fault as "path:line: sentence".
Result<Catalogue> ParseCatalogue(std::string_view text, const std::string& path);

struct SourceText {
  std::string path;
  std::string text;
};

// Whether files of this name can say what they cover.
bool CanCover(std::string_view path);

struct Place {
  std::string path;
  int line = 0;  // of the first comment that names the behaviour
  bool operator==(const Place&) const = default;
};

struct CoverageRow {
  Behaviour behaviour;
  std::vector<Place> places = {};  // one a file, in the order of the files

  bool runnable() const { return behaviour.needs.empty(); }
  bool covered() const { return !places.empty(); }
};

struct Coverage {
  std::vector<CoverageRow> rows = {};    // in the order of the catalogue
  std::vector<std::string> errors = {};  // "path:line: sentence"

  size_t Runnable() const;
  size_t Covered() const;  // of the runnable ones
  double Percent() const;  // of the runnable ones; 100 where there is none
};

Coverage Cover(const Catalogue& catalogue, const std::vector<SourceText>& files);

}  // namespace ipcrig
