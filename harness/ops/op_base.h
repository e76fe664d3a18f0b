// SPDX-License-Identifier: Apache-2.0
//
// What an operation declares. One struct is the whole declaration; reading, printing, drawing,
// shrinking and the reference (`ipcrig ops`) follow from its fields (op_text.h).
//
//   struct Msgget {
//     static constexpr std::string_view kName = "msgget";      the word in the text
//     static constexpr std::string_view kManual = "msgget(2)"; where its rules are written
//     static constexpr Reply kReply = Reply::kNumber;          what it answers
//     Assigns<Kind::kQueue> result;                            the variable it assigns, if any
//     Key key;
//     GetFlags flags;
//     static constexpr auto kFields =
//         std::tuple{Field{"key", &Msgget::key}, Field{"flags", &Msgget::flags}};
//     bool operator==(const Msgget&) const = default;
//     void Model(Turn& turn) const;    what should happen: model/msg.cc
//     void Call(Worker& worker) const; what does happen:   exec/msg.cc
//   };
//
// Forgetting Model or Call is a link error. Operations are trivially copyable.
#pragma once

#include <string_view>
#include <tuple>

#include "ops/arg.h"
#include "ops/flags.h"

namespace ipcrig {

class Turn;    // model/turn.h
class Worker;  // exec/worker.h

// The shape of what a call answers when it succeeds.
enum class Reply : uint8_t {
  kNumber,   // its return value
  kText,     // bytes: load, read
  kMessage,  // a type and bytes: msgrcv
  kList,     // numbers: GETALL
  kFields,   // named numbers: IPC_STAT; the names are kReplyNames
  kStatus,   // how a process ended: wait
  kProgram,  // how a program ended, and what it printed
  kNothing,  // it does not return: exit
};

template <typename Op, typename Arg>
struct Field {
  std::string_view name;
  Arg Op::*member;
};
template <typename Op, typename Arg>
Field(const char*, Arg Op::*) -> Field<Op, Arg>;

}  // namespace ipcrig
