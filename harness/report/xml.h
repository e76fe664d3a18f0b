// SPDX-License-Identifier: Apache-2.0
//
// XmlText(): any bytes as text of an XML or HTML document, inside an element or an attribute.
//
//   fmt::format("<failure message=\"{}\"/>", XmlText(message))
//
// What is no UTF-8 is replaced, and so are control characters: XML 1.0 cannot hold most of them,
// not even escaped.
#pragma once

#include <string>
#include <string_view>

namespace ipcrig {

std::string XmlText(std::string_view bytes);

}  // namespace ipcrig
