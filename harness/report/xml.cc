// SPDX-License-Identifier: Apache-2.0
#include "report/xml.h"

#include <nlohmann/json.hpp>

namespace ipcrig {

std::string XmlText(std::string_view bytes) {
  // The library replaces what is no UTF-8, in the JSON that it prints.
  const auto json =
      nlohmann::json(bytes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string text = nlohmann::json::parse(json).get<std::string>();
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

}  // namespace ipcrig
