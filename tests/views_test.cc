// SPDX-License-Identifier: Apache-2.0
#include "exec/views.h"

#include <sched.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "command.h"

namespace ipcrig {
namespace {

constexpr int64_t kNow = 1795421830;  // Nov 23 08:17:10 2026 UTC
constexpr int64_t kThen = 1795421828;

// Recorded in a namespace of its own, with ipcs of util-linux 2.38.1; the blanks at the ends of its
// lines are left out.
constexpr std::string_view kProcShm =
    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  "
    "cgid      atime      dtime      ctime                   rss                  swap\n"
    "-559038737          0  2640                  5000     1     1      1     0     0     0     0 "
    "1795421828          0 1795421828                     0                     0\n"
    "         0          1  1600                  4096     1     1      1     0     0     0     0 "
    "1795421828          0 1795421828                     0                     0\n";
constexpr std::string_view kProcMsg =
    "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      "
    "stime      rtime      ctime\n"
    "       464          0   622           3          1     1     1 65534 12345     0     0 "
    "1795421828 1795421828 1795421828\n";
constexpr std::string_view kProcSem =
    "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
    "         7          0   666          3    33     0     0     0 1795421828 1795421828\n";

constexpr std::string_view kIpcs = R"(
------ Message Queues --------
key        msqid      owner      perms      used-bytes   messages
0x000001d0 0          nobody     622        3            1

------ Shared Memory Segments --------
key        shmid      owner      perms      bytes      nattch     status
0xdeadbeef 0          root       640        5000       1                 locked
0x00000000 1          root       600        4096       1          dest

------ Semaphore Arrays --------
key        semid      owner      perms      nsems
0x00000007 0          www-data   666        3

)";
constexpr std::string_view kIpcsCreators = R"(
------ Message Queues Creators/Owners --------
msqid      perms      cuid       cgid       uid        gid
0          622        root       root       nobody     12345

------ Shared Memory Segment Creators/Owners --------
shmid      perms      cuid       cgid       uid        gid
0          640        root       root       root       root
1          600        root       root       root       root

------ Semaphore Arrays Creators/Owners --------
semid      perms      cuid       cgid       uid        gid
0          666        root       root       www-data   root

)";
constexpr std::string_view kIpcsTimes = R"(
------ Message Queues Send/Recv/Change Times --------
msqid    owner      send                 recv                 change
0        nobody     Nov 23 08:17:08      Nov 23 08:17:08      Nov 23 08:17:08

------ Shared Memory Attach/Detach/Change Times --------
shmid      owner      attached             detached             changed
0          root       Nov 23 08:17:08      Not set              Nov 23 08:17:08
1          root       Nov 23 08:17:08      Not set              Nov 23 08:17:08

------ Semaphore Operation/Change Times --------
semid    owner      last-op                    last-changed
0        www-data    Mon Nov 23 08:17:08 2026   Mon Nov 23 08:17:08 2026

)";
constexpr std::string_view kIpcsPids = R"(
------ Message Queues PIDs --------
msqid      owner      lspid      lrpid
0        nobody          1         1

------ Shared Memory Creator/Last-op PIDs --------
shmid      owner      cpid       lpid
0          root       1          1
1          root       1          1


)";

using Cells = std::map<std::string, int64_t>;

// The columns that a row has, by name.
Cells CellsOf(const ObjectRow& row) {
  Cells cells;
  for (int i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    if (row[column]) cells[std::string(ColumnName(column))] = *row[column];
  }
  return cells;
}

const ObjectRow* Find(const std::vector<ObjectRow>& rows, ObjectKind kind, int id) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const ObjectRow& row) {
    return row.kind == kind && row.id == id;
  });
  return found == rows.end() ? nullptr : &*found;
}

Cells CellsIn(const View& view, ObjectKind kind, int id) {
  const ObjectRow* row = Find(view.rows, kind, id);
  return row == nullptr ? Cells{} : CellsOf(*row);
}

std::vector<ObjectRow> Sysvipc(ObjectKind kind, std::string_view text) {
  auto rows = ParseSysvipc(kind, text);
  EXPECT_TRUE(rows.ok()) << rows.error().Text();
  return rows.ok() ? *rows : std::vector<ObjectRow>{};
}

std::string SysvipcError(std::string_view text) {
  const auto rows = ParseSysvipc(ObjectKind::kSem, text);
  return rows.ok() ? "" : rows.error().Text();
}

int64_t KnownId(const std::string& name, bool group) {
  if (name == "root") return 0;
  if (name == "nobody" && !group) return 65534;
  if (name == "www-data") return 33;
  if (name == "12345") return 12345;
  return -1;
}

void AddIpcs(const std::string& option, std::string_view text, View& view, int64_t now = kNow) {
  const auto parsed = ParseIpcs({option, KnownId, now}, text, view);
  EXPECT_TRUE(parsed.ok()) << parsed.error().Text();
}

TEST(Sysvipc, SegmentsHaveAllTheirColumns) {
  const auto rows = Sysvipc(ObjectKind::kShm, kProcShm);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].id, 0);
  EXPECT_EQ(CellsOf(rows[0]), (Cells{{"key", -559038737},
                                     {"mode", 0640},
                                     {"status", 02000},
                                     {"size", 5000},
                                     {"cpid", 1},
                                     {"lpid", 1},
                                     {"nattch", 1},
                                     {"uid", 0},
                                     {"gid", 0},
                                     {"cuid", 0},
                                     {"cgid", 0},
                                     {"atime", kThen},
                                     {"dtime", 0},
                                     {"ctime", kThen}}));
  EXPECT_EQ(rows[1].id, 1);
  EXPECT_EQ(rows[1][Column::kStatus], 01000);
  EXPECT_EQ(rows[1][Column::kKey], 0);
}

TEST(Sysvipc, QueuesHaveAllTheirColumns) {
  const auto rows = Sysvipc(ObjectKind::kMsg, kProcMsg);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].kind, ObjectKind::kMsg);
  EXPECT_EQ(CellsOf(rows[0]), (Cells{{"key", 464},
                                     {"mode", 0622},
                                     {"status", 0},
                                     {"cbytes", 3},
                                     {"qnum", 1},
                                     {"lspid", 1},
                                     {"lrpid", 1},
                                     {"uid", 65534},
                                     {"gid", 12345},
                                     {"cuid", 0},
                                     {"cgid", 0},
                                     {"stime", kThen},
                                     {"rtime", kThen},
                                     {"ctime", kThen}}));
}

TEST(Sysvipc, SetsHaveAllTheirColumns) {
  const auto rows = Sysvipc(ObjectKind::kSem, kProcSem);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(CellsOf(rows[0]), (Cells{{"key", 7},
                                     {"mode", 0666},
                                     {"status", 0},
                                     {"size", 3},
                                     {"uid", 33},
                                     {"gid", 0},
                                     {"cuid", 0},
                                     {"cgid", 0},
                                     {"otime", kThen},
                                     {"ctime", kThen}}));
}

TEST(Sysvipc, AHeaderAloneIsNoObject) {
  EXPECT_TRUE(Sysvipc(ObjectKind::kSem, kProcSem.substr(0, kProcSem.find('\n') + 1)).empty());
  EXPECT_TRUE(Sysvipc(ObjectKind::kSem, kProcSem.substr(0, kProcSem.find('\n'))).empty());
}

TEST(Sysvipc, ColumnsMayComeInAnyOrderAndUnknownOnesAreLeftOut) {
  const auto rows = Sysvipc(ObjectKind::kSem, "new semid nsems\n 9 5 2\n 9 6 3\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].id, 6);
  EXPECT_EQ(CellsOf(rows[1]), (Cells{{"size", 3}}));
}

TEST(Sysvipc, GarbageIsAnError) {
  EXPECT_EQ(SysvipcError(""), "empty");
  EXPECT_EQ(SysvipcError("\n\n"), "empty");
  EXPECT_EQ(SysvipcError("key semid\n1\n"), "a row has not as many cells as the header");
  EXPECT_EQ(SysvipcError("key semid\n1 2 3\n"), "a row has not as many cells as the header");
  EXPECT_EQ(SysvipcError("key semid\n1 x\n"), "not a number: x");
  EXPECT_EQ(SysvipcError("key semid\n1 2x\n"), "not a number: 2x");
  EXPECT_EQ(SysvipcError("perms semid\n668 2\n"), "not a number: 668");
  EXPECT_EQ(SysvipcError("key semid\n99999999999999999999 2\n"),
            "not a number: 99999999999999999999");
}

TEST(Sysvipc, AHeaderWithoutAnIdIsAnError) {
  EXPECT_NE(SysvipcError("command not found\n"), "");
  EXPECT_NE(SysvipcError("key perms\n1 644\n"), "");
}

TEST(Ipcs, ThePlainTablesTellStatusAndSize) {
  View view{"ipcs"};
  AddIpcs("", kIpcs, view);
  ASSERT_EQ(view.rows.size(), 4u);
  EXPECT_EQ(CellsIn(view, ObjectKind::kMsg, 0),
            (Cells{{"key", 464}, {"uid", 65534}, {"mode", 0622}, {"cbytes", 3}, {"qnum", 1}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kShm, 0), (Cells{{"key", -559038737},
                                                       {"uid", 0},
                                                       {"mode", 0640},
                                                       {"size", 5000},
                                                       {"nattch", 1},
                                                       {"status", 02000}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kShm, 1), (Cells{{"key", 0},
                                                       {"uid", 0},
                                                       {"mode", 0600},
                                                       {"size", 4096},
                                                       {"nattch", 1},
                                                       {"status", 01000}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kSem, 0),
            (Cells{{"key", 7}, {"uid", 33}, {"mode", 0666}, {"size", 3}}));
}

TEST(Ipcs, ASegmentCanHaveBothStatusWordsOrNone) {
  View view;
  AddIpcs("",
          "------ Shared Memory Segments --------\n"
          "0x00000000 1          root       600        4096       1          dest   locked\n"
          "0x80000000 2          root       600        1099511627776 0                       \n",
          view);
  EXPECT_EQ(Find(view.rows, ObjectKind::kShm, 1)->cells[6], 03000);
  const ObjectRow& none = *Find(view.rows, ObjectKind::kShm, 2);
  EXPECT_EQ(none[Column::kStatus], 0);
  EXPECT_EQ(none[Column::kKey], INT32_MIN);
  EXPECT_EQ(none[Column::kSize], int64_t{1} << 40);
}

TEST(Ipcs, CreatorsAreNamesOrNumbers) {
  View view;
  AddIpcs("-c", kIpcsCreators, view);
  EXPECT_EQ(CellsIn(view, ObjectKind::kMsg, 0),
            (Cells{{"mode", 0622}, {"cuid", 0}, {"cgid", 0}, {"uid", 65534}, {"gid", 12345}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kShm, 1),
            (Cells{{"mode", 0600}, {"cuid", 0}, {"cgid", 0}, {"uid", 0}, {"gid", 0}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kSem, 0),
            (Cells{{"mode", 0666}, {"cuid", 0}, {"cgid", 0}, {"uid", 33}, {"gid", 0}}));
}

TEST(Ipcs, AnUnknownNameLeavesItsColumnOpen) {
  View view;
  AddIpcs("-c",
          "------ Semaphore Arrays Creators/Owners --------\n"
          "5          666        somebody   root       root       nobody    \n",
          view);
  EXPECT_EQ(CellsIn(view, ObjectKind::kSem, 5), (Cells{{"mode", 0666}, {"cgid", 0}, {"uid", 0}}));
}

TEST(Ipcs, TimesAreInUtcAndMayBeNotSet) {
  View view;
  AddIpcs("-t", kIpcsTimes, view);
  EXPECT_EQ(CellsIn(view, ObjectKind::kMsg, 0),
            (Cells{{"stime", kThen}, {"rtime", kThen}, {"ctime", kThen}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kShm, 1),
            (Cells{{"atime", kThen}, {"dtime", 0}, {"ctime", kThen}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kSem, 0), (Cells{{"otime", kThen}, {"ctime", kThen}}));
  AddIpcs("-t",
          "------ Semaphore Operation/Change Times --------\n"
          "3        root        Not set                    Tue Nov  3 08:17:08 2026  \n",
          view);
  EXPECT_EQ(CellsIn(view, ObjectKind::kSem, 3),
            (Cells{{"otime", 0}, {"ctime", kThen - 20 * 86400}}));
}

// The ctime of a segment whose change time is printed so, seen at `now`.
int64_t TimeSeen(const std::string& printed, int64_t now) {
  View view;
  AddIpcs("-t",
          "------ Shared Memory Attach/Detach/Change Times --------\n"
          "0          root       Not set              Not set              " +
              printed + "     \n",
          view, now);
  return Find(view.rows, ObjectKind::kShm, 0)->cells[13].value_or(-2);
}

TEST(Ipcs, ATimeWithoutAYearIsNotInTheFuture) {
  const int64_t new_year = 1798761600;  // Jan  1 00:00:00 2027
  EXPECT_EQ(TimeSeen("Jan  1 00:00:00", new_year + 5), new_year);
  EXPECT_EQ(TimeSeen("Dec 31 23:59:58", new_year + 5), new_year - 2);
  EXPECT_EQ(TimeSeen("Nov 23 08:17:08", new_year + 5), kThen);
  EXPECT_EQ(TimeSeen("Nov 23 08:17:08", kThen), kThen);
  EXPECT_EQ(TimeSeen("nonsense 1 2", kThen), -1);
}

TEST(Ipcs, TheLeapDayOfThePreviousYearIsTheLeapDay) {
  const int64_t leap_day = 1835452800;      // Feb 29 16:00:00 2028
  const int64_t next_january = 1862755200;  // Jan 10 16:00:00 2029
  EXPECT_EQ(TimeSeen("Feb 29 16:00:00", leap_day + 60), leap_day);
  EXPECT_EQ(TimeSeen("Feb 29 16:00:00", next_january), leap_day);
}

TEST(Ipcs, ProcessIdsAreOfTheKindOfTheObject) {
  View view;
  AddIpcs("-p", kIpcsPids, view);
  ASSERT_EQ(view.rows.size(), 3u);
  EXPECT_EQ(CellsIn(view, ObjectKind::kMsg, 0), (Cells{{"lspid", 1}, {"lrpid", 1}}));
  EXPECT_EQ(CellsIn(view, ObjectKind::kShm, 1), (Cells{{"cpid", 1}, {"lpid", 1}}));
}

// Every cell of `part` is in the object of the same name in `whole`, with the same value.
void ExpectSameCells(const std::vector<ObjectRow>& part, const std::vector<ObjectRow>& whole) {
  for (const ObjectRow& row : part) {
    const ObjectRow* other = Find(whole, row.kind, row.id);
    ASSERT_NE(other, nullptr) << ObjectKindName(row.kind) << " " << row.id;
    const Cells cells = CellsOf(*other);
    for (const auto& [name, value] : CellsOf(row)) {
      if (cells.count(name) != 0) {
        EXPECT_EQ(value, cells.at(name))
            << ObjectKindName(row.kind) << " " << row.id << " " << name;
      }
    }
  }
  EXPECT_EQ(part.size(), whole.size());
}

TEST(Ipcs, AllFourTablesTogetherAreWhatTheKernelTells) {
  View ipcs{"ipcs"};
  AddIpcs("", kIpcs, ipcs);
  AddIpcs("-c", kIpcsCreators, ipcs);
  AddIpcs("-t", kIpcsTimes, ipcs);
  AddIpcs("-p", kIpcsPids, ipcs);
  std::vector<ObjectRow> proc = Sysvipc(ObjectKind::kMsg, kProcMsg);
  for (const auto& row : Sysvipc(ObjectKind::kShm, kProcShm)) proc.push_back(row);
  for (const auto& row : Sysvipc(ObjectKind::kSem, kProcSem)) proc.push_back(row);
  ExpectSameCells(ipcs.rows, proc);
  EXPECT_EQ(CellsIn(ipcs, ObjectKind::kShm, 0), CellsOf(*Find(proc, ObjectKind::kShm, 0)));
}

TEST(Ipcs, ARowBeforeAnyHeadingIsAnError) {
  View view;
  const auto parsed = ParseIpcs({"", KnownId, kNow}, "0x1 0 root 600 3 1\n", view);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().Text(), "a row before any heading: 0x1 0 root 600 3 1");
}

TEST(Ipcs, NoPrefixOfATableCrashes) {
  for (const std::string_view text : {kIpcs, kIpcsCreators, kIpcsTimes, kIpcsPids}) {
    for (const char* option : {"", "-c", "-t", "-p"}) {
      for (size_t length = 0; length < text.size(); ++length) {
        View view;
        AddIpcs(option, text.substr(0, length), view);
        EXPECT_LE(view.rows.size(), 4u);
      }
    }
  }
}

// One object of each kind, in a namespace of its own, where nothing else is.
bool MakeObjects() {
  const int segment = shmget(0x71, 5000, IPC_CREAT | 0640);
  const int removed = shmget(IPC_PRIVATE, 1, 0600);
  const int queue = msgget(static_cast<key_t>(0xdeadbeef), IPC_CREAT | 0622);
  const int set = semget(0x73, 3, IPC_CREAT | 0666);
  const struct {
    long type;
    char text[5];
  } message = {1, {'h', 'e', 'l', 'l', 'o'}};
  sembuf up = {1, 2, 0};
  const auto attached = [](int id) { return shmat(id, nullptr, 0) != reinterpret_cast<void*>(-1); };
  return attached(segment) && attached(removed) && shmctl(removed, IPC_RMID, nullptr) == 0 &&
         msgsnd(queue, &message, 5, 0) == 0 && semop(set, &up, 1) == 0;
}

// What makes the views differ; empty where they agree.
std::string CompareViews() {
  const View stat = StatView();
  for (const View& other : {ProcView(), IpcsView()}) {
    if (other.name == "ipcs" && !other.unavailable.empty()) continue;  // not installed here
    if (!other.unavailable.empty()) return other.unavailable;
    if (other.rows.size() != 4 || stat.rows.size() != 4) return other.name + ": not four objects";
    for (const ObjectRow& row : stat.rows) {
      for (const auto& [name, value] : CellsIn(other, row.kind, row.id)) {
        const Cells cells = CellsOf(row);
        if (cells.count(name) != 0 && cells.at(name) == value) continue;
        return other.name + ": " + std::string(ObjectKindName(row.kind)) + " " + name;
      }
      if (CellsIn(other, row.kind, row.id).size() < 9) return other.name + ": few columns";
    }
  }
  const bool totals = stat.totals[0].objects == 2 && stat.totals[1] == Totals{1, 1, 5} &&
                      stat.totals[2].objects == 1 && stat.totals[2].units == 3;
  return totals ? "" : "totals of stat";
}

TEST(Views, AgreeAboutTheObjectsOfANamespace) {
  const std::string result = AnswerOfChild([]() -> std::string {
    if (unshare(CLONE_NEWIPC) != 0) return std::string("skip: unshare: ") + strerror(errno);
    return MakeObjects() ? CompareViews() : "cannot make objects";
  });
  if (result.rfind("skip: ", 0) == 0) GTEST_SKIP() << result.substr(6);
  EXPECT_EQ(result, "");
}

TEST(Snapshot, ColumnNamesAreDifferentAndTimesAreTimes) {
  std::map<std::string, int> names;
  for (int i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    const std::string name(ColumnName(column));
    EXPECT_TRUE(names.emplace(name, i).second) << name;
    EXPECT_EQ(IsTime(column), name.size() == 5 && name.substr(1) == "time") << name;
  }
}

}  // namespace
}  // namespace ipcrig
