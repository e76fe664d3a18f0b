// SPDX-License-Identifier: Apache-2.0
//
// Signals: what they do to a call that sleeps. signal(7), "Interruption of system calls": msgrcv,
// msgsnd and semop fail with EINTR whatever SA_RESTART says; read, write and wait begin anew where
// it is set.
//
// SIGSTOP takes a process out of every wait queue. After SIGCONT its call begins anew, as the last
// in the queue; but semop and semtimedop fail with EINTR, and a write that has begun ends.
#pragma once

#include "model/turn.h"

namespace ipcrig {

// nptl(7): by which the threads of a process tell each other to change their user.
inline constexpr int kSigsetxid = 33;

// The call of turn.me looks at the signal that has interrupted it.
void InterruptCall(Turn& turn, const Op& op);

// What a signal of one process does to another, apart from to its call.
void SendSignal(State& state, int sender, int process, int signal);

}  // namespace ipcrig
