// Which clients use one session at the same time: a session's URL that is
// handed to others must not multiply viewers.
//
// A client is an address prefix (session::PrefixOf) and a user agent. Several
// of them are no sign of anything: dual stack, relays, carriers' gateways,
// phones that change networks and hand-overs to a television all look so. Two
// people who watch live differ in one thing: both fetch the *same* segments,
// and go on doing it. So of two clients the one that came later is a further
// client when, six times within a minute, one of them fetched what the other
// had fetched already, and that other had gone ahead, to something nobody had,
// since the time before. A television that takes over fetches again what the
// phone had, but the phone has stopped: that is one. Who seeks back through a
// relay of many addresses fetches much again, but nobody goes ahead meanwhile:
// one, too. A retry on another network fetches again what failed: Forget()
// takes the failure back.
//
//   Header    key of the hashes
//   Watch[n]  sets of kWays, a session in one of its set's; the longest unseen
//             makes room
//
// Only sessions that several clients have used have a Watch. Fixed size,
// constant time. The caller holds the shard's lock; a Watch that a killed
// worker left half-written is wrong about one session for a minute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/sip_hash.h"
#include "ngx_module/engine/slot_pool.h"

namespace usher::engine {

// What a request shows of its client. Views of the request.
struct Visit {
  ByteView address;        // 4 or 16 bytes; empty where there is none
  std::string_view agent;  // User-Agent
  std::string_view path;   // canonical
  std::string_view range;  // parts of one file are different things
};

// Whether the path names media that a player fetches once: a segment, or the
// first part of one.
bool IsMedia(std::string_view path);

class ClientWatch {
 public:
  // What it takes of the smallest shard, at most.
  static constexpr size_t kMinimumSize = 4096;

  enum class Finding : uint8_t {
    kAlone,
    kCaught,   // a further client, as of this request
    kFurther,  // one that was caught before
  };

  // How much of a shard's memory watching takes; a multiple of 8.
  static size_t ShareOf(size_t memory);

  // `memory` is 8-byte aligned, of a size that ShareOf gave, and outlives this.
  explicit ClientWatch(std::span<std::byte> memory);
  void Format(const SipKey& key);

  uint64_t HashOf(ByteView bytes) const { return SipHash(header_->key, bytes); }
  // Of a Visit: never 0.
  uint32_t ClientOf(const Visit& visit) const;

  // A second client has come to `sid`, which `first` has used until now.
  void Begin(const SlotId& sid, uint32_t first, uint32_t now);
  // `client` asks for something. Clients not seen for `idle` are forgotten.
  Finding Note(const SlotId& sid, uint32_t client, const Visit& visit,
               uint32_t now, uint32_t idle);
  // It did not get what it asked for.
  void Forget(const SlotId& sid, uint32_t client, const Visit& visit);

 private:
  static constexpr size_t kClients = 6;
  static constexpr size_t kFetches = 24;
  static constexpr size_t kWays = 4;

  struct Header {
    SipKey key;
  };
  struct Client {
    uint32_t id = 0;  // 0: free
    uint32_t born = 0;
    uint32_t seen = 0;
    uint32_t points_since = 0;
    uint16_t ahead = 0;  // things nobody had fetched, round and round
    uint8_t points = 0;
    bool further = false;
    // What `ahead` of each other was at the last point they had together.
    std::array<uint16_t, kClients> noted{};
  };
  struct Fetch {
    uint32_t segment = 0;
    uint32_t at = 0;
    uint32_t by = 0;  // a bit for each client
  };
  struct Watch {
    SlotId sid{};
    uint32_t seen = 0;
    uint32_t arrivals = 0;
    uint32_t next = 0;  // of fetches, round and round
    uint32_t unused = 0;
    std::array<Client, kClients> clients{};
    std::array<Fetch, kFetches> fetches{};
  };

  uint32_t SegmentOf(const Visit& visit) const;
  std::span<Watch> SetOf(const SlotId& sid) const;
  Watch* Find(const SlotId& sid) const;
  Watch& Take(const SlotId& sid, uint32_t now);
  static Client* ClientIn(Watch& watch, uint32_t id);
  static Client* Admit(Watch& watch, uint32_t id, uint32_t now);
  static void DropIdle(Watch& watch, uint32_t now, uint32_t idle);
  static void Remove(Watch& watch, size_t number);
  static void AddPoint(Client& client, uint32_t now);
  static bool IsCrowd(const Watch& watch);
  static Fetch* FetchIn(Watch& watch, uint32_t segment, uint32_t now,
                        uint32_t idle);
  static uint32_t Fetched(Watch& watch, size_t number, uint32_t segment,
                          uint32_t now, uint32_t idle);
  static bool Together(Watch& watch, size_t number, size_t other);

  Header* header_;
  std::span<Watch> watches_;
};

}  // namespace usher::engine
