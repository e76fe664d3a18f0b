// SPDX-License-Identifier: Apache-2.0
//
// The files of report/page, which become part of the program:
//
//   page.html     the skeleton, with a place for each of the others and for the data
//   page.css      how it looks, in light and in dark
//   elements.js   the data, and how elements are made
//   picture.js    the diagram
//   detail.js     what is said beside it
//   page.js       keys, pointer, and the choice of a run
//
// One more is added to the list in harness/CMakeLists.txt. The programs are put together in the
// order of that list.
//
//   std::string page(FilesOfPage().html);
#pragma once

#include <string_view>

namespace ipcrig {

struct PageFiles {
  std::string_view html;
  std::string_view css;
  std::string_view js;
};

PageFiles FilesOfPage();

}  // namespace ipcrig
