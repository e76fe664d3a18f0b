// SPDX-License-Identifier: Apache-2.0
#include "base/require.h"

#include <unistd.h>

#include <cstring>

#include "base/exit_code.h"

namespace ipcrig {
namespace {

void Put(const char* text) { (void)!write(STDERR_FILENO, text, strlen(text)); }

void PutNumber(int number) {
  char digits[12];
  int at = sizeof(digits);
  digits[--at] = '\0';
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0 && at > 0);
  Put(digits + at);
}

}  // namespace

void RequireFailed(const char* sentence, const char* file, int line) {
  Put("ipcrig: broken: ");
  Put(sentence);
  Put(" (");
  Put(file);
  Put(":");
  PutNumber(line);
  Put(")\n");
  _exit(static_cast<int>(ExitCode::kBroken));
}

}  // namespace ipcrig
