#include "packager/input/nal_stream.h"

#include <algorithm>
#include <utility>

#include "core/base/byte_writer.h"
#include "packager/input/container.h"

namespace usher {
namespace {

bool IsKey(NalRole role) {
  return role == NalRole::kKeyPicture || role == NalRole::kLeadingKeyPicture ||
         role == NalRole::kOpenKeyPicture;
}

KeyKind KindOf(NalRole role) {
  switch (role) {
    case NalRole::kKeyPicture:
      return KeyKind::kPlain;
    case NalRole::kLeadingKeyPicture:
      return KeyKind::kMayLead;
    case NalRole::kOpenKeyPicture:
      return KeyKind::kOpen;
    default:
      return KeyKind::kNone;
  }
}

}  // namespace

void NalStream::SetConfig(const Bytes& record, std::string codecs,
                          uint8_t length_size) {
  track_.decoder_config = record;
  track_.codecs = std::move(codecs);
  length_size_ = length_size;
}

Result<std::optional<Packet>> NalStream::Read(const AVPacket& source) {
  const auto time = TimeOf(source);
  if (!time) return std::unexpected(time.error());
  const ByteView data = PayloadOf(source);
  const auto contents = Inspect(data, *time);
  if (!contents && !decodable_ && !restarted_) return LeaveOut();
  if (!contents) return std::unexpected(contents.error());
  if (contents->picture == NalRole::kOther) return std::nullopt;
  if (!IsDecodable(*contents)) return LeaveOut();
  Packet packet = PlacedAt(*time, source);
  packet.key = IsKey(contents->picture);
  packet.may_lead = packet.key && contents->picture != NalRole::kKeyPicture;
  packet.refers_back = contents->picture == NalRole::kRefersBack;
  packet.data = data;
  if (contents->untidy) {
    Tidy(data, rewritten_);
    packet.data = rewritten_;
  }
  return packet;
}

Result<FilteredSample> NalStream::Filter(std::span<uint8_t> sample,
                                         int64_t time) const {
  const auto contents = Inspect(sample, time);
  if (!contents) return std::unexpected(contents.error());
  FilteredSample filtered;
  filtered.kept = contents->picture != NalRole::kOther;
  filtered.key = IsKey(contents->picture);
  filtered.refers_back = contents->picture == NalRole::kRefersBack;
  filtered.size = static_cast<uint32_t>(sample.size());
  if (contents->untidy) {
    Bytes tidied;  // never longer: what is taken out is all that changes
    Tidy(sample, tidied);
    std::ranges::copy(tidied, sample.begin());
    filtered.size = static_cast<uint32_t>(tidied.size());
  }
  return filtered;
}

std::optional<KeyKind> NalStream::KindOf(ByteView head) const {
  while (head.size() > length_size_) {
    size_t size = 0;
    for (const uint8_t byte : head.first(length_size_)) size = size << 8 | byte;
    head = head.subspan(length_size_);
    const NalRole role = size == 0 ? NalRole::kOther : RoleOf(head);
    if (role != NalRole::kOther && role != NalRole::kParameterSet) {
      return usher::KindOf(role);
    }
    if (size > head.size()) break;
    head = head.subspan(size);
  }
  return std::nullopt;
}

// What is told of is missing at the start only: elsewhere the picture in front
// is shown for longer.
std::optional<Packet> NalStream::LeaveOut() {
  left_out_pictures_ = left_out_pictures_ || !restarted_;
  return std::nullopt;
}

void NalStream::Restart() {
  VideoStream::Restart();
  restarted_ = true;
  decodable_ = false;
}

// A damaged picture is no loss in front of the first one that can be decoded.
Result<NalStream::Contents> NalStream::Inspect(ByteView data,
                                               int64_t time) const {
  Contents contents;
  contents.untidy = annex_b_;
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    const NalRole role = RoleOf(*unit);
    contents.untidy = contents.untidy || unit->back() == 0;
    if (role == NalRole::kParameterSet) {
      contents.untidy = true;
      if (!Holds(*unit)) {
        return std::unexpected(BrokenAt(time, "changes its parameter sets"));
      }
    } else if (contents.picture == NalRole::kOther) {
      contents.picture = role;
    }
  }
  if (units.damaged()) {
    return std::unexpected(BrokenAt(time, "has a damaged picture"));
  }
  return contents;
}

// Pictures that refer to what lies in front of the first key picture are lost
// with that.
bool NalStream::IsDecodable(const Contents& contents) {
  if (IsKey(contents.picture)) {
    opened_ = !decodable_ && contents.picture == NalRole::kOpenKeyPicture;
    decodable_ = true;
  }
  return decodable_ && !(opened_ && contents.picture == NalRole::kRefersBack);
}

NalUnits NalStream::Units(ByteView data) const {
  return annex_b_ ? NalUnits::AnnexB(data)
                  : NalUnits::LengthPrefixed(data, length_size_);
}

void NalStream::Tidy(ByteView data, Bytes& tidied) const {
  tidied.clear();
  ByteWriter out(tidied);
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    if (RoleOf(*unit) == NalRole::kParameterSet) continue;
    const ByteView tidy = WithoutTrailingZeros(*unit);
    for (int byte = length_size_ - 1; byte >= 0; --byte) {
      out.U8(static_cast<uint8_t>(tidy.size() >> (8 * byte)));
    }
    out.Append(tidy);
  }
}

}  // namespace usher
