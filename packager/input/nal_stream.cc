#include "packager/input/nal_stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/byte_writer.h"
#include "packager/input/container.h"
#include "packager/input/picture_probe.h"

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
  const auto recoded = FollowContainer(source, *time);
  if (!recoded) return std::unexpected(recoded.error());
  const auto contents = Inspect(data, *time);
  if (!contents && !decodable_ && !restarted_) return LeaveOut();
  if (!contents) return std::unexpected(contents.error());
  Status followed;
  if (contents->sets != SetFit::kHeld) {
    followed = FollowSets(data, *contents, *time);
  } else if (*recoded) {
    followed = BeginAnew(data, *contents, *time);
  }
  if (!followed) NoteStrangeSets(data);
  if (!followed && !decodable_ && !restarted_) return LeaveOut();
  if (!followed) return std::unexpected(followed.error());
  if (contents->picture == NalRole::kOther) return std::nullopt;
  if (!IsDecodable(*contents)) return LeaveOut();
  Packet packet = PlacedAt(*time, source);
  packet.config_change = std::exchange(change_, ConfigChange::kNone);
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

Error NalStream::ChangedAt(int64_t time) const {
  return BrokenAt(time, "changes its parameter sets");
}

// Whether the container names another decoder configuration with the packet.
Result<bool> NalStream::FollowContainer(const AVPacket& source, int64_t time) {
  const ByteView extradata = NewExtradata(source);
  if (extradata.empty()) return false;
  if (follows_changes_) return TakeRecord(extradata);
  if (std::ranges::equal(extradata, track_.decoder_config)) return false;
  return std::unexpected(ChangedAt(time));
}

// An added set is no news to whoever decodes on: the init segment has it.
Status NalStream::FollowSets(ByteView data, const Contents& contents,
                             int64_t time) {
  const bool replaces = contents.sets == SetFit::kContradicts;
  if (!follows_changes_ || (replaces && !IsKey(contents.picture))) {
    return std::unexpected(ChangedAt(time));
  }
  std::vector<ByteView> sets;
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    if (RoleOf(*unit) == NalRole::kParameterSet) sets.push_back(*unit);
  }
  if (auto taken = TakeSets(sets); !taken) return taken;
  if (replaces) return BeginAnew(data, contents, time);
  change_ = std::max(change_, ConfigChange::kAdded);
  return {};
}

// Once they may be damaged. What follows them cannot be decoded without them.
void NalStream::NoteStrangeSets(ByteView data) {
  Bytes sets;
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    if (RoleOf(*unit) != NalRole::kParameterSet) continue;
    sets.insert(sets.end(), unit->begin(), unit->end());
  }
  changed_ = !sets.empty() && sets == strange_sets_;
  strange_sets_ = std::move(sets);
  decodable_ = false;
}

// A decoder can take up another configuration at a key picture only.
Status NalStream::BeginAnew(ByteView data, const Contents& contents,
                            int64_t time) {
  if (!IsKey(contents.picture)) return std::unexpected(ChangedAt(time));
  constexpr std::array<uint8_t, 4> kStartCode = {0, 0, 0, 1};
  Bytes stream;
  ByteWriter out(stream);
  for (const Bytes& set : ParameterSets()) {
    out.Append(kStartCode);
    out.Append(set);
  }
  NalUnits units = Units(data);
  while (const auto unit = units.Next()) {
    if (RoleOf(*unit) == NalRole::kParameterSet) continue;
    out.Append(kStartCode);
    out.Append(*unit);
  }
  if (!ProbePicture(stream, track_)) {
    return std::unexpected(BrokenAt(time, "has a damaged picture"));
  }
  change_ = ConfigChange::kReplaced;
  Restart();
  return {};
}

Result<FilteredSample> NalStream::Filter(std::span<uint8_t> sample,
                                         int64_t time) const {
  const auto contents = Inspect(sample, time);
  if (!contents) return std::unexpected(contents.error());
  if (contents->sets != SetFit::kHeld) return std::unexpected(ChangedAt(time));
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
    if (role == NalRole::kParameterSet &&
        FitOf(head.first(size)) != SetFit::kHeld) {
      return KeyKind::kRecoded;
    }
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
      contents.sets = std::max(contents.sets, FitOf(*unit));
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
