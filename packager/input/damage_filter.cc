#include "packager/input/damage_filter.h"

#include <cstdlib>
#include <utility>

#include "packager/track/nal_units.h"

namespace usher {
namespace {

// What is kept to bring a decoder to where players are.
constexpr size_t kMaxSent = 600;
constexpr size_t kMaxSentBytes = 64 << 20;
// So many in a row are not damaged: it is the decoder that knows them not.
constexpr unsigned kTooMany = 600;

// False only where nothing can refer to the picture (ITU-T H.264 nal_ref_idc).
bool MayBeReferredTo(Codec codec, ByteView picture) {
  if (codec != Codec::kH264) return true;
  constexpr uint8_t kLengthSize = 4;
  NalUnits units = NalUnits::LengthPrefixed(picture, kLengthSize);
  while (const auto unit = units.Next()) {
    const NalType type = NalTypeOf(*unit);
    if (type < NalType::kSlice || type > NalType::kIdrSlice) continue;
    return ((*unit)[0] >> 5 & 3) != 0;
  }
  return true;
}

}  // namespace

DamageFilter::DamageFilter(const Track& track)
    : kind_(track.kind),
      codec_(track.codec),
      longest_still_(track.timescale / 2),
      decoder_(TrialDecoder::Make(track)) {}

std::optional<Packet> DamageFilter::Take(const Packet& packet,
                                         bool suspicious) {
  std::optional<Packet> out;
  if (!decoder_ || IsTaken(packet, suspicious)) {
    refused_ = 0;
    out = packet;
  } else {
    if (++refused_ == kTooMany) decoder_.reset();
    out = StandIn(packet);
  }
  if (out) last_time_ = out->time;
  return out;
}

std::optional<Packet> DamageFilter::StandIn(const Packet& packet) const {
  if (!waiting_ || !key_ ||
      std::abs(packet.time - last_time_) < longest_still_) {
    return std::nullopt;
  }
  Packet still = packet;
  still.key = true;
  still.may_lead = false;
  still.refers_back = false;
  still.data = {key_->data, static_cast<size_t>(key_->size)};
  return still;
}

bool DamageFilter::IsTaken(const Packet& packet, bool suspicious) {
  if (kind_ == TrackKind::kVideo) return IsPictureTaken(packet, suspicious);
  const PacketPtr sound = CopyForDecoder(packet.data);
  if (!sound || decoder_->Takes(*sound)) return true;
  decoder_->Restart();
  return false;
}

bool DamageFilter::IsPictureTaken(const Packet& packet, bool suspicious) {
  if (waiting_ && !packet.key) return false;
  if (packet.key) decoder_->Restart();
  PacketPtr picture = CopyForDecoder(packet.data);
  if (!picture) return true;
  if (suspicious && !looking_ && !packet.key) CatchUp();
  looking_ = suspicious;
  if (looking_ && !decoder_->Takes(*picture)) {
    waiting_ = waiting_ || MayBeReferredTo(codec_, packet.data);
    return false;
  }
  waiting_ = false;
  Remember(packet, std::move(picture));
  return true;
}

void DamageFilter::Remember(const Packet& packet, PacketPtr picture) {
  if (packet.key || sent_.size() == kMaxSent || sent_bytes_ > kMaxSentBytes) {
    sent_.clear();
    sent_bytes_ = 0;
  }
  if (packet.key) key_.reset(av_packet_clone(picture.get()));
  sent_bytes_ += static_cast<size_t>(picture->size);
  sent_.push_back(std::move(picture));
}

void DamageFilter::CatchUp() {
  decoder_->Restart();
  for (const PacketPtr& picture : sent_) decoder_->Takes(*picture);
}

}  // namespace usher
