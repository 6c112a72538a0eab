#include "ngx_module/engine/state_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"

namespace usher::engine {
namespace {

using ::usher::testing::ReadFile;
using ::usher::testing::TempDir;
using ::usher::testing::WriteFile;

constexpr uint32_t kNow = 1'800'000'000;
constexpr uint32_t kLater = kNow + 100;

SlotId Id(uint8_t number) {
  SlotId id{};
  id.fill(number);
  return id;
}

StateRecord Record(SlotKind kind, uint8_t number, uint32_t until = kLater) {
  StateRecord record;
  record.kind = kind;
  record.id = Id(number);
  record.until = until;
  return record;
}

StateRecord Event(uint8_t number, EventState state, uint32_t starts = 0) {
  StateRecord record;
  record.kind = SlotKind::kEvent;
  record.id = Id(number);
  record.state = state;
  record.number = starts;
  return record;
}

TEST(StateRecordTest, EveryRecordIsWhatItsLineSays) {
  StateRecord eviction = Record(SlotKind::kEvicted, 1);
  eviction.ticket = Id(2);
  StateRecord list;
  list.kind = SlotKind::kList;
  list.number = 77;
  const std::pair<StateRecord, const char*> cases[] = {
      {eviction, "evicted 0101010101010101 0202020202020202 1800000100"},
      {Record(SlotKind::kRevokedSession, 3),
       "session-revoked 0303030303030303 0000000000000000 1800000100"},
      {Record(SlotKind::kRevokedTicket, 4),
       "ticket-revoked 0404040404040404 1800000100"},
      {Record(SlotKind::kRevokedKey, 5),
       "key-revoked 0505050505050505 1800000100"},
      {Event(6, EventState::kClosed, 9), "event 0606060606060606 closed 9"},
      {list, "list 77"}};
  for (const auto& [record, line] : cases) {
    EXPECT_EQ(ToLine(record), line);
    EXPECT_EQ(FromLine(line), record) << line;
  }
}

TEST(StateRecordTest, OtherLinesAreRefused) {
  for (const char* line :
       {"", " ", "evicted", "quarrel 0101010101010101 5", "list", "list x",
        "list 1 ", "list -1", "list 4294967296", "list  1",
        "ticket-revoked 01 5", "ticket-revoked 0101010101010101",
        "ticket-revoked 0101010101010101 5 6", "event 0101010101010101 shut 0",
        "event 0101010101010101 open", "free 0101010101010101 5"}) {
    EXPECT_FALSE(FromLine(line)) << line;
  }
}

// One process's view of a house of eight shards.
class StateFileTest : public ::testing::Test {
 protected:
  static constexpr size_t kShards = 8;
  using Memory = std::vector<std::vector<std::byte>>;

  StateFileTest() : memory_(NewMemory()), house_(MakeHouse(memory_)) {}

  static Memory NewMemory() {
    Memory memory(kShards, std::vector<std::byte>(SessionTable::kMinimumSize));
    for (auto& shard : memory) SessionTable(shard).Format();
    return memory;
  }
  static House MakeHouse(Memory& memory) {
    std::vector<Shard> shards;
    for (auto& shard : memory) {
      shards.push_back(
          {SessionTable(shard), {nullptr, [](void*) {}, [](void*) {}}});
    }
    return House(std::move(shards));
  }
  Result<size_t> Open(StateFile& file, House& house, uint32_t now = kNow) {
    return file.Open(house, geteuid(), getegid(), now);
  }
  std::string Text() const { return ReadFile(path_); }
  Entry Use(House& house, uint8_t sid, uint8_t ticket, uint8_t event = 9) {
    session::Session session;
    session.sid = Id(sid);
    session.ticket = Id(ticket);
    session.event = Id(event);
    session.expires = kLater;
    return house.Enter(session, Entrance::kUse, {}, kNow);
  }

  TempDir directory_;
  std::string path_ = directory_ / "state";
  Memory memory_;
  House house_;
};

TEST_F(StateFileTest, WhatWasChangedIsThereAfterARestart) {
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  const StateRecord records[] = {Record(SlotKind::kRevokedTicket, 1),
                                 Event(2, EventState::kEnded)};
  ASSERT_TRUE(file.Change(house_, records, kNow));
  EXPECT_EQ(Use(house_, 5, 1).denial, Denial::kTicketRevoked);
  Memory fresh = NewMemory();
  House restarted = MakeHouse(fresh);
  StateFile again(path_);
  ASSERT_TRUE(Open(again, restarted));
  EXPECT_EQ(Use(restarted, 5, 1).denial, Denial::kTicketRevoked);
  EXPECT_EQ(Use(restarted, 6, 3, 2).denial, Denial::kEventEnded);
  EXPECT_FALSE(Use(restarted, 7, 3).denial);
}

TEST_F(StateFileTest, WhatIsOverOrTakenBackIsTidiedAway) {
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  const StateRecord records[] = {Record(SlotKind::kRevokedTicket, 1, kNow + 5),
                                 Record(SlotKind::kRevokedTicket, 2),
                                 Record(SlotKind::kRevokedTicket, 3),
                                 Record(SlotKind::kRevokedTicket, 2, 0)};
  ASSERT_TRUE(file.Change(house_, records, kNow));
  StateFile again(path_);
  ASSERT_TRUE(Open(again, house_, kNow + 5));
  EXPECT_EQ(Text(),
            "usher-state 1\nticket-revoked 0303030303030303 1800000100\n");
}

TEST_F(StateFileTest, ASessionOfAnUnknownTicketIsRevokedWhereverItTurnsUp) {
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  const StateRecord records[] = {Record(SlotKind::kRevokedSession, 1)};
  ASSERT_TRUE(file.Change(house_, records, kNow));
  for (uint8_t ticket = 1; ticket <= kShards; ++ticket) {
    EXPECT_EQ(Use(house_, 1, ticket).denial, Denial::kSessionRevoked);
  }
  ASSERT_TRUE(Open(file, house_));
  EXPECT_EQ(std::ranges::count(Text(), '\n'), 2) << "written once: " << Text();
}

TEST_F(StateFileTest, AnEvictionIsNotedWithoutWaiting) {
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  Use(house_, 1, 7);
  ASSERT_TRUE(file.Note(Use(house_, 2, 7).evicted));
  Memory fresh = NewMemory();
  House restarted = MakeHouse(fresh);
  StateFile again(path_);
  ASSERT_TRUE(Open(again, restarted));
  EXPECT_EQ(Use(restarted, 1, 7).denial, Denial::kSessionEvicted);
  EXPECT_FALSE(Use(restarted, 2, 7).denial);
}

TEST_F(StateFileTest, AnEvictionDoesNotUndoARevocation) {
  ASSERT_TRUE(house_.Apply(Record(SlotKind::kRevokedSession, 1), kNow));
  ASSERT_TRUE(house_.Apply(Record(SlotKind::kEvicted, 1), kNow));
  EXPECT_EQ(Use(house_, 1, 7).denial, Denial::kSessionRevoked);
}

TEST_F(StateFileTest, AWorkerOfBeforeAReloadWritesToTheNewFile) {
  StateFile worker(path_);
  ASSERT_TRUE(Open(worker, house_));
  StateFile reloaded(path_);
  ASSERT_TRUE(Open(reloaded, house_));
  const StateRecord records[] = {Record(SlotKind::kRevokedTicket, 1)};
  ASSERT_TRUE(worker.Change(house_, records, kNow));
  EXPECT_TRUE(Text().contains("ticket-revoked 01")) << Text();
}

TEST_F(StateFileTest, AnEvictionByAWorkerOfBeforeAReloadIsNotLost) {
  StateFile worker(path_);
  ASSERT_TRUE(Open(worker, house_));
  Use(house_, 1, 7);
  const Entry entry = Use(house_, 2, 7);
  StateFile reloaded(path_);
  Memory fresh = NewMemory();
  House other = MakeHouse(fresh);
  ASSERT_TRUE(Open(reloaded, other));
  ASSERT_TRUE(worker.Note(entry.evicted));
  EXPECT_TRUE(Text().contains("evicted 01")) << Text();
}

// What was said in between must not happen again, not even for a moment.
TEST_F(StateFileTest, OnlyTheLastWordOnEachIsCarriedOut) {
  WriteFile(path_,
            "usher-state 1\n"
            "event 0202020202020202 closed 0\n"
            "ticket-revoked 0101010101010101 1800000100\n"
            "event 0202020202020202 open 0\n"
            "ticket-revoked 0101010101010101 0\n");
  const uint64_t before = house_.shards()[1].table.Changes();
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  EXPECT_EQ(house_.shards()[1].table.Changes(), before + 2);
  EXPECT_FALSE(Use(house_, 5, 1, 2).denial);
}

TEST_F(StateFileTest, WhatIsTakenBackOfASessionIsItsRevocationOnly) {
  Use(house_, 1, 7);
  Use(house_, 2, 7);
  const StateRecord back[] = {Record(SlotKind::kRevokedSession, 1, 0),
                              Record(SlotKind::kRevokedSession, 2, 0)};
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  ASSERT_TRUE(file.Change(house_, back, kNow));
  EXPECT_EQ(Use(house_, 1, 7).denial, Denial::kSessionEvicted);
  EXPECT_FALSE(Use(house_, 2, 7).seated) << "it has its seat still";
  Memory fresh = NewMemory();
  House restarted = MakeHouse(fresh);
  StateFile again(path_);
  ASSERT_TRUE(Open(again, restarted));
  EXPECT_EQ(Use(restarted, 1, 7).denial, Denial::kSessionEvicted);
}

TEST_F(StateFileTest, WhatHasNoRoomIsKeptAndRevocationsComeFirst) {
  // A ticket's shard, three times over: evictions first, as they happened.
  const size_t many = 3 * house_.shards()[1].table.pool().Capacity();
  const auto revoked = static_cast<size_t>(many / 6);
  std::string text = "usher-state 1\n";
  for (size_t i = 0; i < many; ++i) {
    StateRecord record = Record(SlotKind::kEvicted, 1);
    record.ticket = Id(1);
    std::memcpy(record.id.data() + 1, &i, 4);
    text += ToLine(record) + '\n';
  }
  for (size_t i = 0; i < revoked; ++i) {
    StateRecord record = Record(SlotKind::kRevokedTicket, 1);
    std::memcpy(record.id.data() + 1, &i, 4);
    text += ToLine(record) + '\n';
  }
  WriteFile(path_, text);
  StateFile file(path_);
  const auto homeless = Open(file, house_);
  ASSERT_TRUE(homeless) << homeless.error().OneLine();
  EXPECT_GE(*homeless, many + revoked - many / 3);
  EXPECT_LT(*homeless, many) << "evictions, and not all";
  EXPECT_EQ(house_.shards()[1].table.pool().CountOf(SlotKind::kRevokedTicket),
            revoked);
  EXPECT_EQ(std::ranges::count(Text(), '\n'),
            static_cast<ptrdiff_t>(1 + many + revoked))
      << "for a larger zone";
}

TEST_F(StateFileTest, AnIncompleteLastLineIsDroppedAndOthersAreRefused) {
  WriteFile(path_,
            "usher-state 1\nticket-revoked 0101010101010101 1800000100\n"
            "ticket-revoked 02");
  StateFile file(path_);
  EXPECT_EQ(file.Read()->size(), 1u);
  for (const char* text : {"other 1\n", "usher-state 2\n", "\n",
                           "usher-state 1\ngarbage\nlist 1\n", "list 1\n"}) {
    WriteFile(path_, text);
    EXPECT_FALSE(file.Read()) << text;
    EXPECT_FALSE(Open(file, house_)) << text;
    EXPECT_EQ(Text(), text) << "and is left for who mends it";
  }
}

TEST_F(StateFileTest, OnlyItsOwnersMayReadIt) {
  StateFile file(path_);
  ASSERT_TRUE(Open(file, house_));
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(StateFileTest, ADirectoryThatIsNotThereIsAnError) {
  StateFile file((directory_ / "absent/state").string());
  EXPECT_TRUE(file.Read()) << "nothing was written yet";
  const auto opened = Open(file, house_);
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().OneLine().contains("absent/state"));
}

}  // namespace
}  // namespace usher::engine
