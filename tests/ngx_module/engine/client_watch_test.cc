// Who must be caught, and who must not: the same session from several clients.
#include "ngx_module/engine/client_watch.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace usher::engine {
namespace {

using Finding = ClientWatch::Finding;

constexpr uint32_t kNow = 1'800'000'000;
constexpr uint32_t kIdle = 60;
constexpr SlotId kSid = {1, 2, 3, 4, 5, 6, 7, 8};

struct Device {
  Bytes address;
  std::string agent = "Safari";
};

Device At(uint8_t network, std::string agent = "Safari", uint8_t host = 7) {
  return {{192, 0, network, host}, std::move(agent)};
}

// A session as the table has it: begun by one client, watched from the second
// on. Each fetch says whether its client is a further one.
class ClientWatchTest : public ::testing::Test {
 protected:
  ClientWatchTest() : memory_(ClientWatch::ShareOf(64 * 1024)) {
    watch_.Format({1, 2});
  }
  bool Fetch(const Device& device, const std::string& path,
             const std::string& range = {}) {
    const Visit visit = VisitOf(device, path, range);
    const uint32_t client = watch_.ClientOf(visit);
    if (first_ == 0) first_ = client;
    if (!begun_ && client != first_) {
      watch_.Begin(kSid, first_, now_);
      begun_ = true;
    }
    if (!begun_) return false;
    const Finding finding = watch_.Note(kSid, client, visit, now_, kIdle);
    caught_ += finding == Finding::kCaught ? 1 : 0;
    return finding != Finding::kAlone;
  }
  static std::string Segment(int n, std::string_view track = "v720") {
    return "/fight/" + std::string(track) + "/" + std::to_string(n) + ".m4s";
  }
  // What a player with sound and picture asks for in six seconds.
  bool Watch(const Device& device, int n) {
    const bool video = Fetch(device, Segment(n));
    return Fetch(device, Segment(n, "a-eng")) || video;
  }
  void Fail(const Device& device, const std::string& path) {
    const Visit visit = VisitOf(device, path, {});
    watch_.Forget(kSid, watch_.ClientOf(visit), visit);
  }
  Visit VisitOf(const Device& device, const std::string& path,
                const std::string& range) {
    return {device.address, device.agent, path, range};
  }

  std::vector<std::byte> memory_;
  ClientWatch watch_{memory_};
  uint32_t first_ = 0;
  bool begun_ = false;
  int caught_ = 0;
  uint32_t now_ = kNow;
};

// --- must be caught ----------------------------------------------------------

TEST_F(ClientWatchTest, TwoWhoWatchTheSameAtOnceAreTwo) {
  const Device owner = At(1);
  const Device friends = At(2);
  int caught_at = 0;
  for (int n = 1; n <= 10; ++n, now_ += 6) {
    EXPECT_FALSE(Watch(owner, n)) << "who was there first is the owner";
    if (Watch(friends, n) && caught_at == 0) caught_at = n;
  }
  EXPECT_EQ(caught_at, 7) << "in 36 seconds; the first is not watched";
}

TEST_F(ClientWatchTest, ALeaderAndWhoWatchesBehindThemAreTwo) {
  bool caught = false;
  for (int n = 1; n <= 20; ++n, now_ += 6) {
    EXPECT_FALSE(Watch(At(1), n));
    if (n > 4) caught = Watch(At(2), n - 4) || caught;
  }
  EXPECT_TRUE(caught) << "24 seconds behind";
}

TEST_F(ClientWatchTest, WhoeverIsAheadTheLaterOneIsTheFurtherOne) {
  bool caught = false;
  Watch(At(1), 1);
  for (int n = 2; n <= 12; ++n, now_ += 6) {
    caught = Watch(At(2), n) || caught;
    EXPECT_FALSE(Watch(At(1), n));
  }
  EXPECT_TRUE(caught);
}

TEST_F(ClientWatchTest, OneHomeWithTwoKindsOfDevicesIsTwo) {
  bool caught = false;
  for (int n = 1; n <= 10; ++n, now_ += 6) {
    Watch(At(1, "Safari"), n);
    caught = Watch(At(1, "Smart TV"), n) || caught;
  }
  EXPECT_TRUE(caught);
}

TEST_F(ClientWatchTest, LowLatencyPlayersMeetInTheFirstPartOfEachSegment) {
  bool caught = false;
  for (int n = 1; n <= 20; ++n, now_ += 4) {
    for (int p = 0; p < 8; ++p) {
      const std::string part =
          "/fight/v720/" + std::to_string(n) + "." + std::to_string(p) + ".m4s";
      EXPECT_FALSE(Fetch(At(1), part));
      caught = Fetch(At(2), part) || caught;
    }
  }
  EXPECT_TRUE(caught);
}

TEST_F(ClientWatchTest, NobodyHidesInACrowd) {
  const Device owner = At(0);
  size_t admitted = 0;
  for (int n = 1; n <= 20; ++n, now_ += 6) {
    admitted = 0;
    EXPECT_FALSE(Watch(owner, n));
    for (uint8_t i = 1; i <= 100; ++i) admitted += Watch(At(i), n) ? 0 : 1;
  }
  EXPECT_EQ(admitted, 0u) << "of a hundred further ones";
}

TEST_F(ClientWatchTest, WhoWasCaughtStaysSoUntilItIsIdle) {
  for (int n = 1; n <= 7; ++n, now_ += 6) {
    Watch(At(1), n);
    Watch(At(2), n);
  }
  EXPECT_TRUE(Fetch(At(2), "/fight/master.m3u8"));
  now_ += kIdle + 1;
  EXPECT_FALSE(Watch(At(2), 100));
}

TEST_F(ClientWatchTest, ItSaysOnceThatOneWasCaught) {
  for (int n = 1; n <= 20; ++n, now_ += 6) {
    Watch(At(1), n);
    Watch(At(2), n);
  }
  EXPECT_EQ(caught_, 1);
}

// --- must not be punished ----------------------------------------------------

TEST_F(ClientWatchTest, DualStackAndRelaysFetchEachSegmentOnce) {
  const Device v6 = {Bytes(16, 0x20), "Safari"};
  for (int n = 1; n <= 200; ++n, now_ += 6) {
    // Sound over one family, pictures over the other, and now and then swapped.
    const bool swapped = n % 7 == 0;
    EXPECT_FALSE(Fetch(swapped ? v6 : At(1), Segment(n))) << n;
    EXPECT_FALSE(Fetch(swapped ? At(1) : v6, Segment(n, "a-eng"))) << n;
  }
}

TEST_F(ClientWatchTest, ARelayOfManyAddressesIsOneViewer) {
  for (int n = 1; n <= 200; ++n, now_ += 6) {
    EXPECT_FALSE(Fetch(At(static_cast<uint8_t>(n * 37)), Segment(n))) << n;
    EXPECT_FALSE(
        Fetch(At(static_cast<uint8_t>(n * 91 + 5)), Segment(n, "a-eng")))
        << n;
  }
}

TEST_F(ClientWatchTest, WhoSeeksBackThroughARelayIsOneViewer) {
  const auto through = [&](int i) { return At(i % 2 == 0 ? 1 : 2); };
  for (int n = 1; n <= 10; ++n, now_ += 6) {
    EXPECT_FALSE(Fetch(through(n), Segment(n)));
    EXPECT_FALSE(Fetch(through(n + 1), Segment(n, "a-eng")));
  }
  // All of it again, over the other address each.
  for (int n = 3; n <= 10; ++n) {
    EXPECT_FALSE(Fetch(through(n + 1), Segment(n))) << n;
    EXPECT_FALSE(Fetch(through(n), Segment(n, "a-eng"))) << n;
  }
}

TEST_F(ClientWatchTest, APhoneThatChangesNetworksAllTheTimeIsOneViewer) {
  for (int n = 1; n <= 100; ++n, now_ += 6) {
    const Device here = At(n / 3 % 2 == 0 ? 1 : 2);
    EXPECT_FALSE(Watch(here, n)) << n;
    // What it had in its hands when the network went.
    if (n % 3 == 2) {
      const Device there = At(n / 3 % 2 == 0 ? 2 : 1);
      Fail(here, Segment(n));
      EXPECT_FALSE(Fetch(there, Segment(n))) << n;
    }
  }
}

TEST_F(ClientWatchTest, ABrokenNetworkWhoseEveryFetchIsRetriedIsOneViewer) {
  for (int n = 1; n <= 100; ++n, now_ += 6) {
    EXPECT_FALSE(Fetch(At(1), Segment(n)));
    Fail(At(1), Segment(n));
    EXPECT_FALSE(Fetch(At(2), Segment(n))) << n;
  }
}

TEST_F(ClientWatchTest, AnAirPlayHandOverAndBackIsOneViewer) {
  const Device phone = At(1, "AppleCoreMedia iPhone");
  const Device television = At(1, "AppleCoreMedia Apple TV");
  int n = 1;
  for (int times = 0; times < 4; ++times) {
    const Device& from = times % 2 == 0 ? phone : television;
    const Device& to = times % 2 == 0 ? television : phone;
    for (int i = 0; i < 5; ++i, ++n, now_ += 6) EXPECT_FALSE(Watch(from, n));
    // It begins a few segments back, and its predecessor has one under way.
    for (int back = n - 3; back < n; ++back) {
      EXPECT_FALSE(Watch(to, back)) << times;
    }
    EXPECT_FALSE(Watch(from, n));
    EXPECT_FALSE(Watch(to, n));
    ++n;
  }
}

TEST_F(ClientWatchTest, ZappingAndRetriesAndRangesOfOneClientAreNothing) {
  Fetch(At(9), Segment(1));
  for (int n = 1; n <= 50; ++n, now_ += 2) {
    for (const char* track : {"v360", "v720", "v1080", "a-eng", "a-fra"}) {
      EXPECT_FALSE(Fetch(At(1), Segment(n, track)));
      EXPECT_FALSE(Fetch(At(1), Segment(n, track)));
    }
  }
}

TEST_F(ClientWatchTest, PartsOfOneFileOverTwoNetworksAreOneViewer) {
  for (int n = 0; n < 100; ++n, now_ += 1) {
    const std::string range = "bytes=" + std::to_string(n * 1000) + "-";
    EXPECT_FALSE(Fetch(At(n % 2 == 0 ? 1 : 2), "/film/v720.mp4", range)) << n;
  }
}

TEST_F(ClientWatchTest, ACarriersGatewayAndPrivateAddressesAreOneClient) {
  const Device here = {
      {0x20, 1, 0xd, 0xb8, 0, 0, 5, 1, 1, 2, 3, 4, 5, 6, 7, 8}};
  const Device there = {
      {0x20, 1, 0xd, 0xb8, 0, 0, 5, 9, 8, 7, 6, 5, 4, 3, 2, 1}};
  for (int n = 1; n <= 50; ++n, now_ += 6) {
    EXPECT_FALSE(Watch(here, n));
    EXPECT_FALSE(Watch(there, n));
    EXPECT_FALSE(Watch(At(1, "Safari", static_cast<uint8_t>(n)), 100 + n));
  }
}

TEST_F(ClientWatchTest, PlaylistsKeysAndInitSegmentsTellNothing) {
  for (int n = 1; n <= 50; ++n, now_ += 6) {
    for (uint8_t network : {1, 2}) {
      for (const char* path : {"/fight/v720/media.m3u8", "/fight/manifest.mpd",
                               "/fight/v720/init.mp4", "/fight/s-eng/1.vtt",
                               "/fight/key/00000000000000000000000000000000"}) {
        EXPECT_FALSE(Fetch(At(network), path + std::string(n % 2, ' ')));
      }
    }
  }
}

// --- the memory --------------------------------------------------------------

TEST_F(ClientWatchTest, ManyWatchedSessionsDisplaceEachOtherAndNothingElse) {
  for (uint32_t i = 0; i < 10'000; ++i) {
    SlotId sid{};
    std::memcpy(sid.data(), &i, sizeof(i));
    watch_.Begin(sid, 1, now_ + i);
    const std::string path = Segment(1);
    const Device device = At(1);
    EXPECT_EQ(watch_.Note(sid, 2, VisitOf(device, path, {}), now_ + i, kIdle),
              Finding::kAlone);
  }
}

TEST_F(ClientWatchTest, WhatAKilledWorkerLeftCannotDoHarm) {
  for (size_t i = sizeof(SipKey); i < memory_.size(); ++i) {
    memory_[i] = static_cast<std::byte>(i * 131);
  }
  for (int n = 1; n <= 50; ++n, now_ += 6) {
    Watch(At(1), n);
    Watch(At(2), n);
    Fail(At(2), Segment(n));
  }
}

TEST(IsMediaTest, KnowsSegmentsFromWhatIsReadAgainAndAgain) {
  for (const char* path :
       {"/fight/v720/17.m4s", "/fight/v720.2/1.ts", "/fight/cbcs/a-eng/3.m4s",
        "/fight/v720/17.0.m4s", "/film/v720.mp4", "/other/seg-00017.ts",
        "/other/chunk.cmfv", "/other/a.aac"}) {
    EXPECT_TRUE(IsMedia(path)) << path;
  }
  for (const char* path :
       {"/", "", "/fight/v720/17.1.m4s", "/fight/v720/init.mp4",
        "/fight/v720/init-2.mp4", "/fight/master.m3u8", "/fight/manifest.mpd",
        "/fight/s-eng/1.vtt", "/fight/thumbnails/1.jpg", "/fight/m4s",
        "/fight/key/"}) {
    EXPECT_FALSE(IsMedia(path)) << path;
  }
}

}  // namespace
}  // namespace usher::engine
