// SPDX-License-Identifier: Apache-2.0
//
// Operations on pipes: pipe(2), read(2), write(2), close(2); their rules are in pipe(7).
//
//   A  p = pipe()
//   A  fork(B)
//   A  close(p.r)
//   B  close(p.w)
//   A  write(p.w, "hello")
//   B  read(p.r, 100)                 -> "hello"
#pragma once

#include "ops/choice.h"
#include "ops/op_base.h"

namespace ipcrig {

// The variable names both ends: p.r and p.w. The capacity is F_GETPIPE_SZ of fcntl(2).
struct Pipe {
  static constexpr std::string_view kName = "pipe";
  static constexpr std::string_view kManual = "pipe(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"capacity"};
  Assigns<Kind::kPipe> result;
  static constexpr auto kFields = std::tuple{};
  bool operator==(const Pipe&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Pipe2 {
  static constexpr std::string_view kName = "pipe2";
  static constexpr std::string_view kManual = "pipe(2)";
  static constexpr Reply kReply = Reply::kFields;
  static constexpr std::string_view kReplyNames[] = {"capacity"};
  Assigns<Kind::kPipe> result;
  PipeFlags flags;
  static constexpr auto kFields = std::tuple{Field{"flags", &Pipe2::flags}};
  bool operator==(const Pipe2&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// Answers the capacity that the pipe has now: at least what was asked for.
struct SetPipeSize {
  static constexpr std::string_view kName = "fcntl";
  static constexpr std::string_view kManual = "fcntl(2)";
  static constexpr Reply kReply = Reply::kNumber;
  PipeEnd end;
  Word<"F_SETPIPE_SZ"> command;
  Number<0, (1 << 20)> size;
  static constexpr auto kFields =
      std::tuple{Field{"fd", &SetPipeSize::end}, Field{"cmd", &SetPipeSize::command},
                 Field{"arg", &SetPipeSize::size}};
  bool operator==(const SetPipeSize&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

// SIGPIPE is ignored, so that a pipe without a reader is EPIPE, unless signal(SIGPIPE, SIG_DFL)
// says otherwise.
struct Write {
  static constexpr std::string_view kName = "write";
  static constexpr std::string_view kManual = "pipe(7)";
  static constexpr Reply kReply = Reply::kNumber;
  PipeEnd end;
  Text text;
  static constexpr auto kFields = std::tuple{Field{"fd", &Write::end}, Field{"buf", &Write::text}};
  bool operator==(const Write&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Read {
  static constexpr std::string_view kName = "read";
  static constexpr std::string_view kManual = "pipe(7)";
  static constexpr Reply kReply = Reply::kText;
  PipeEnd end;
  Number<0, kMaxTextLength> length;
  static constexpr auto kFields =
      std::tuple{Field{"fd", &Read::end}, Field{"count", &Read::length}};
  bool operator==(const Read&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

struct Close {
  static constexpr std::string_view kName = "close";
  static constexpr std::string_view kManual = "close(2)";
  static constexpr Reply kReply = Reply::kNumber;
  PipeEnd end;
  static constexpr auto kFields = std::tuple{Field{"fd", &Close::end}};
  bool operator==(const Close&) const = default;
  void Model(Turn& turn) const;
  void Call(Worker& worker) const;
};

}  // namespace ipcrig
