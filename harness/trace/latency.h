// SPDX-License-Identifier: Apache-2.0
//
// Latency: a traced thread stands still until the supervisor has looked at its call, which on a
// busy machine is mostly the time until the supervisor is given a processor.
//
//   AnswerQuickly(listener);    // of the filter; in the supervisor, after it started the program
//
// It asks for a short time slice, which is preferred when it wakes up (Linux 6.12), and that it is
// woken on the processor of the thread that waits for it (Linux 6.6). Older kernels refuse, which
// only costs time. Children have their usual slices.
#pragma once

namespace ipcrig {

void AnswerQuickly(int listener);

}  // namespace ipcrig
