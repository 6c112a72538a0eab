#include "core/hop/hop.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/base64url.h"
#include "core/base/byte_writer.h"
#include "core/crypto/secret_lines.h"

namespace usher::hop {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kMacSize = 16;
constexpr size_t kMacKeySize = 32;
constexpr std::string_view kMacLabel = "usher hop v1";
// More than any header of ours: an attacker's is not worth a MAC.
constexpr size_t kLargestHeader = 512;

using Record = std::array<uint8_t, kRecordSize>;

struct Answer {
  int status;
  std::string_view code;
  std::string_view sentence;
};

// In the order of the enumeration; docs/answers.md is the same table.
constexpr Answer kAnswers[] = {
    {403, "hop_missing",
     "This server answers its own fleet only: open your ticket's link."},
    {403, "hop_invalid",
     "This server does not know who asks: compare the hop secrets of both "
     "boxes."},
    {403, "hop_expired",
     "This request was signed too long ago, or the clocks of two boxes "
     "differ."},
    {403, "hop_replayed", "This request was here before."},
    {508, "loop_detected",
     "This request went through this server already: look where its "
     "proxy_pass leads."},
};

const Answer& AnswerOf(Refusal refusal) {
  return kAnswers[static_cast<size_t>(refusal)];
}

std::string_view Take(std::string_view& rest) {
  const size_t end = std::min(rest.find('.'), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

uint32_t BigEndian(ByteView bytes) {
  uint32_t value = 0;
  for (const uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

Stamp StampOf(ByteView record) {
  Stamp stamp;
  stamp.box = static_cast<uint16_t>(BigEndian(record.subspan(2, 2)));
  stamp.time = BigEndian(record.subspan(4, 4));
  std::ranges::copy(record.subspan(8, stamp.nonce.size()), stamp.nonce.begin());
  return stamp;
}

Bytes RecordOf(const Stamp& stamp, const crypto::Sha256Digest& mac) {
  Bytes record;
  ByteWriter writer(record);
  writer.U8(kVersion);
  writer.U8(0);
  writer.U16(stamp.box);
  writer.U32(stamp.time);
  writer.Append(stamp.nonce);
  writer.Append(ByteView(mac).first(kMacSize));
  return record;
}

// False where `text` is there and no digest.
bool ReadDigest(std::string_view text, Message& message) {
  if (text.empty()) return true;
  return DecodeBase64Url(text, message.body.emplace());
}

bool IsInWindow(uint32_t time, uint32_t now) {
  return (time > now ? time - now : now - time) <= kWindow;
}

}  // namespace

std::string_view CodeOf(Refusal refusal) { return AnswerOf(refusal).code; }
int HttpStatusOf(Refusal refusal) { return AnswerOf(refusal).status; }
std::string_view SentenceOf(Refusal refusal) {
  return AnswerOf(refusal).sentence;
}

Result<Secrets> Secrets::Parse(std::string_view text, std::string_view name) {
  const auto lines =
      crypto::ReadSecretLines(text, name, std::numeric_limits<uint16_t>::max());
  if (!lines) return std::unexpected(lines.error());
  Secrets secrets;
  for (const crypto::SecretLine& line : *lines) {
    const SecretBytes key =
        crypto::HkdfSha256(line.secret.view(), {}, kMacLabel, kMacKeySize);
    secrets.secrets_.push_back({static_cast<uint16_t>(line.id), line.from,
                                crypto::HmacSha256(key.view())});
  }
  return secrets;
}

std::optional<std::string> Secrets::Sign(const Message& message, uint32_t now,
                                         RandomSource& random) {
  Secret* const secret = Newest(now);
  if (secret == nullptr) return std::nullopt;
  Stamp stamp{.box = secret->box, .time = now};
  random.Fill(stamp.nonce);
  const auto mac = secret->mac.Sign(SignedBytes(stamp, message));
  std::string header = ToBase64Url(RecordOf(stamp, mac));
  if (!message.credential.empty() || message.body) {
    header.append(".").append(message.credential);
  }
  if (message.body) header.append(".").append(ToBase64Url(*message.body));
  return header;
}

std::expected<Hop, Refusal> Secrets::Check(std::string_view header,
                                           Message message, uint32_t now) {
  if (header.empty()) return std::unexpected(Refusal::kMissing);
  const auto invalid = std::unexpected(Refusal::kInvalid);
  if (header.size() > kLargestHeader) return invalid;
  Record record;
  if (!DecodeBase64Url(Take(header), record)) return invalid;
  if (record[0] != kVersion || record[1] != 0) return invalid;
  message.credential = Take(header);
  if (!ReadDigest(header, message)) return invalid;
  const Stamp stamp = StampOf(record);
  const auto secret = std::ranges::find(secrets_, stamp.box, &Secret::box);
  if (secret == secrets_.end()) return invalid;
  const auto mac = secret->mac.Sign(SignedBytes(stamp, message));
  if (!EqualInConstantTime(ByteView(mac).first(kMacSize),
                           ByteView(record).last(kMacSize))) {
    return invalid;
  }
  if (!IsInWindow(stamp.time, now)) return std::unexpected(Refusal::kExpired);
  return Hop{stamp, message.credential, message.body};
}

std::optional<uint16_t> Secrets::SigningBox(uint32_t now) {
  const Secret* const secret = Newest(now);
  if (secret == nullptr) return std::nullopt;
  return secret->box;
}

Secrets::Secret* Secrets::Newest(uint32_t now) {
  const auto later =
      std::ranges::upper_bound(secrets_, uint64_t{now}, {}, &Secret::from);
  return later == secrets_.begin() ? nullptr : &*std::prev(later);
}

}  // namespace usher::hop
