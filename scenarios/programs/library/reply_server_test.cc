// SPDX-License-Identifier: Apache-2.0
//
// A server that keeps an account, and answers requests over one queue: requests have type 1, and a
// reply has the type that its client asked for.
//
// A client that dies may not know whether it was served, so its next life asks again with the same
// number. The server remembers its last reply to each client, and answers that instead of serving
// twice; the broken twin does not. Replies that were left for the last life carry its number.
#include <sys/ipc.h>
#include <sys/msg.h>

#include <map>

#include <ipcrig/gtest.h>

namespace {

constexpr long kRequest = 1;
constexpr long kClient = 2;

struct Message {
  long type;
  struct {
    long reply_type;
    int number;  // of the request
    int amount;  // deposited; in the reply: the balance
  } body;
};

bool Send(int queue, const Message& message) {
  return msgsnd(queue, &message, sizeof(message.body), 0) == 0;
}

bool Receive(int queue, long type, Message& message, int flags = 0) {
  return msgrcv(queue, &message, sizeof(message.body), type, flags) >= 0;
}

// Until the queue is removed.
void Serve(int queue, bool remembers) {
  int balance = 0;
  std::map<long, Message> replies;
  for (Message request = {}; Receive(queue, kRequest, request);) {
    Message& reply = replies[request.body.reply_type];
    const bool again = remembers && reply.type != 0 && reply.body.number == request.body.number;
    if (!again) {
      balance += request.body.amount;
      reply = {request.body.reply_type, request.body};
      reply.body.amount = balance;
    }
    if (!Send(queue, reply)) return;
  }
}

// The balance after the deposit.
int Deposit(int queue, int number, int amount) {
  Message message = {kRequest, {kClient, number, amount}};
  if (!Send(queue, message)) return -1;
  do {
    if (!Receive(queue, kClient, message)) return -1;
  } while (message.body.number != number);
  return message.body.amount;
}

// A client is killed at its only call of this kind; its next life must find itself served once.
void KillClientAt(ipcrig::Rig& rig, bool remembers, ipcrig::Call call, ipcrig::When when) {
  SCOPED_TRACE(std::string("killed ") + (when == ipcrig::When::kBefore ? "before " : "after ") +
               ipcrig::CallText(call));
  const int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  auto& server = rig.Fork("server", [&] { Serve(queue, remembers); });
  auto& client = rig.Fork(
      "client", [&] { Deposit(queue, 1, 5); }, ipcrig::KillAt{call, 1, when});
  EXPECT_THAT(client.Wait(), ipcrig::DiesOf(SIGKILL));
  rig.Fork("next life",
           [&] {
             EXPECT_EQ(Deposit(queue, 1, 5), 5);
             EXPECT_EQ(Deposit(queue, 2, 1), 6);
           })
      .Wait();
  server.AwaitBlocked(ipcrig::Call::kMsgrcv);
  Message stale;
  while (Receive(queue, kClient, stale, IPC_NOWAIT)) EXPECT_EQ(stale.body.number, 1);
  msgctl(queue, IPC_RMID, nullptr);
  EXPECT_THAT(server.Wait(), ipcrig::Exits(0));
}

class ReplyServer : public ipcrig::IpcTest {};
class BrokenReplyServer : public ipcrig::IpcTest {};

TEST_F(ReplyServer, ServesEachRequestOnceWhereverItsClientDies) {
  for (const ipcrig::Call call : {ipcrig::Call::kMsgsnd, ipcrig::Call::kMsgrcv}) {
    KillClientAt(*this, true, call, ipcrig::When::kBefore);
    KillClientAt(*this, true, call, ipcrig::When::kAfter);
  }
}

TEST_F(BrokenReplyServer, ServesTwiceWhoDiedWithTheReply) {
  KillClientAt(*this, false, ipcrig::Call::kMsgrcv, ipcrig::When::kAfter);
}

}  // namespace
