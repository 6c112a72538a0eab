#include "ngx_module/engine/client_watch.h"

#include <algorithm>
#include <cstring>

#include "core/layout/layout.h"
#include "core/session/binding.h"

namespace usher::engine {
namespace {

// A tenth of the memory, so that some 250 sessions per MB can be watched.
constexpr size_t kShare = 10;
constexpr uint8_t kConvincing = 6;
constexpr uint32_t kWindowSeconds = 60;

// Never 0, which is nobody and nothing.
uint32_t Shortened(uint64_t hash) {
  return std::max<uint32_t>(1, static_cast<uint32_t>(hash));
}

// Of the two in order: the hash of the first is part of the second's key.
uint64_t Joined(const SipKey& key, ByteView first, ByteView second) {
  return SipHash({key[0], key[1] ^ SipHash(key, first)}, second);
}

uint32_t BitOf(size_t number) { return 1U << number; }

}  // namespace

bool IsMedia(std::string_view path) {
  constexpr std::string_view kEndings[] = {".m4s", ".ts",  ".mp4",  ".m4v",
                                           ".m4a", ".aac", ".cmfv", ".cmfa"};
  const std::string_view file = path.substr(path.rfind('/') + 1);
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || file.starts_with("init")) return false;
  if (std::ranges::find(kEndings, file.substr(dot)) == std::end(kEndings)) {
    return false;
  }
  if (file.find('.') == dot) return true;  // no part has one dot only
  const auto resource = layout::Classify(path);
  return !resource || resource->kind != layout::Kind::kPart ||
         file.ends_with(".0.m4s");
}

size_t ClientWatch::ShareOf(size_t memory) {
  constexpr size_t kSet = kWays * sizeof(Watch);
  return sizeof(Header) + std::max<size_t>(1, memory / kShare / kSet) * kSet;
}

ClientWatch::ClientWatch(std::span<std::byte> memory)
    : header_(reinterpret_cast<Header*>(memory.data())),
      watches_(reinterpret_cast<Watch*>(memory.data() + sizeof(Header)),
               (memory.size() - sizeof(Header)) / sizeof(Watch)) {
  static_assert(sizeof(Header) % 8 == 0 && sizeof(Watch) % 8 == 0);
}

void ClientWatch::Format(const SipKey& key) {
  header_->key = key;
  std::ranges::fill(watches_, Watch{});
}

uint32_t ClientWatch::ClientOf(const Visit& visit) const {
  return Shortened(Joined(header_->key, session::PrefixOf(visit.address),
                          AsBytes(visit.agent)));
}

// 0 where it is nothing that tells viewers apart.
uint32_t ClientWatch::SegmentOf(const Visit& visit) const {
  if (!IsMedia(visit.path)) return 0;
  return Shortened(
      Joined(header_->key, AsBytes(visit.path), AsBytes(visit.range)));
}

void ClientWatch::Begin(const SlotId& sid, uint32_t first, uint32_t now) {
  Watch* const found = Find(sid);
  Watch& watch = found != nullptr ? *found : Take(sid, now);
  if (ClientIn(watch, first) == nullptr) Admit(watch, first, now);
}

ClientWatch::Finding ClientWatch::Note(const SlotId& sid, uint32_t client,
                                       const Visit& visit, uint32_t now,
                                       uint32_t idle) {
  Watch* const found = Find(sid);
  Watch& watch = found != nullptr ? *found : Take(sid, now);
  watch.seen = now;
  DropIdle(watch, now, idle);
  Client* self = ClientIn(watch, client);
  if (self == nullptr) self = Admit(watch, client, now);
  // So many that there is no place to watch this one: it is one more.
  if (self == nullptr) {
    return IsCrowd(watch) ? Finding::kFurther : Finding::kAlone;
  }
  self->seen = now;
  const bool was_further = self->further;
  const auto number = static_cast<size_t>(self - watch.clients.data());
  const uint32_t segment = SegmentOf(visit);
  // The younger of each pair that fetched the same.
  uint32_t blamed =
      segment == 0 ? 0 : Fetched(watch, number, segment, now, idle);
  for (size_t i = 0; blamed != 0; ++i, blamed >>= 1) {
    if ((blamed & 1) == 0) continue;
    AddPoint(watch.clients[i], now);
  }
  if (!self->further) return Finding::kAlone;
  return was_further ? Finding::kFurther : Finding::kCaught;
}

void ClientWatch::Forget(const SlotId& sid, uint32_t client,
                         const Visit& visit) {
  Watch* const watch = Find(sid);
  if (watch == nullptr) return;
  Client* const self = ClientIn(*watch, client);
  const uint32_t segment = SegmentOf(visit);
  if (self == nullptr || segment == 0) return;
  const auto number = static_cast<size_t>(self - watch->clients.data());
  for (Fetch& fetch : watch->fetches) {
    if (fetch.segment != segment || (fetch.by & BitOf(number)) == 0) continue;
    fetch.by &= ~BitOf(number);
    if (fetch.by != 0) continue;
    fetch = Fetch{};
    --self->ahead;
  }
}

std::span<ClientWatch::Watch> ClientWatch::SetOf(const SlotId& sid) const {
  uint32_t hash = 0;
  std::memcpy(&hash, sid.data(), sizeof(hash));
  return watches_.subspan(hash % (watches_.size() / kWays) * kWays, kWays);
}

ClientWatch::Watch* ClientWatch::Find(const SlotId& sid) const {
  const auto set = SetOf(sid);
  const auto found = std::ranges::find(set, sid, &Watch::sid);
  return found == set.end() || found->seen == 0 ? nullptr : &*found;
}

ClientWatch::Watch& ClientWatch::Take(const SlotId& sid, uint32_t now) {
  Watch& watch = *std::ranges::min_element(SetOf(sid), {}, &Watch::seen);
  watch = Watch{};
  watch.sid = sid;
  watch.seen = now;
  return watch;
}

ClientWatch::Client* ClientWatch::ClientIn(Watch& watch, uint32_t id) {
  const auto found = std::ranges::find(watch.clients, id, &Client::id);
  return found == watch.clients.end() ? nullptr : &*found;
}

// In the place of the longest unseen of those that nothing speaks against, but
// not of the eldest, who was there before the crowd. Null where there is none.
ClientWatch::Client* ClientWatch::Admit(Watch& watch, uint32_t id,
                                        uint32_t now) {
  Client* place = ClientIn(watch, 0);
  if (place == nullptr) {
    const Client& eldest =
        *std::ranges::min_element(watch.clients, {}, &Client::born);
    for (Client& client : watch.clients) {
      if (client.points > 0 || client.further || &client == &eldest) continue;
      if (place == nullptr || client.seen < place->seen) place = &client;
    }
    if (place == nullptr) return nullptr;
    Remove(watch, static_cast<size_t>(place - watch.clients.data()));
  }
  place->id = id;
  place->born = ++watch.arrivals;
  place->seen = now;
  // So that the first thing they both fetch is a point.
  const auto number = static_cast<size_t>(place - watch.clients.data());
  for (size_t i = 0; i < kClients; ++i) {
    place->noted[i] = static_cast<uint16_t>(watch.clients[i].ahead - 1);
    watch.clients[i].noted[number] = UINT16_MAX;
  }
  return place;
}

void ClientWatch::AddPoint(Client& client, uint32_t now) {
  if (client.points == 0 || client.points_since + kWindowSeconds < now) {
    client.points = 0;
    client.points_since = now;
  }
  if (client.points < kConvincing) ++client.points;
  client.further = client.further || client.points == kConvincing;
}

void ClientWatch::DropIdle(Watch& watch, uint32_t now, uint32_t idle) {
  for (size_t i = 0; i < kClients; ++i) {
    const Client& client = watch.clients[i];
    if (client.id != 0 && uint64_t{client.seen} + idle < now) Remove(watch, i);
  }
}

void ClientWatch::Remove(Watch& watch, size_t number) {
  watch.clients[number] = Client{};
  for (Fetch& fetch : watch.fetches) fetch.by &= ~BitOf(number);
}

// All but one place is held by a further client.
bool ClientWatch::IsCrowd(const Watch& watch) {
  return std::ranges::count(watch.clients, true, &Client::further) + 1 >=
         static_cast<ptrdiff_t>(kClients);
}

ClientWatch::Fetch* ClientWatch::FetchIn(Watch& watch, uint32_t segment,
                                         uint32_t now, uint32_t idle) {
  for (Fetch& fetch : watch.fetches) {
    if (fetch.segment == segment && uint64_t{fetch.at} + idle >= now) {
      return &fetch;
    }
  }
  return nullptr;
}

// The younger of every pair, as bits.
uint32_t ClientWatch::Fetched(Watch& watch, size_t number, uint32_t segment,
                              uint32_t now, uint32_t idle) {
  Fetch* const fetch = FetchIn(watch, segment, now, idle);
  if (fetch == nullptr) {
    ++watch.clients[number].ahead;
    watch.fetches[watch.next++ % kFetches] = {
        .segment = segment, .at = now, .by = BitOf(number)};
    return 0;
  }
  if ((fetch->by & BitOf(number)) != 0) return 0;
  uint32_t younger = 0;
  for (size_t other = 0; other < kClients; ++other) {
    if ((fetch->by & BitOf(other)) == 0) continue;
    if (!Together(watch, number, other)) continue;
    const bool is_younger =
        watch.clients[number].born > watch.clients[other].born;
    younger |= BitOf(is_younger ? number : other);
  }
  fetch->by |= BitOf(number);
  return younger;
}

// Both have fetched the same; but does the other go ahead, or is this what it
// left behind?
bool ClientWatch::Together(Watch& watch, size_t number, size_t other) {
  Client& self = watch.clients[number];
  Client& before = watch.clients[other];
  if (self.noted[other] == before.ahead) return false;
  self.noted[other] = before.ahead;
  return true;
}

}  // namespace usher::engine
