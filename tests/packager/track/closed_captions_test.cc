#include "packager/track/closed_captions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace usher {
namespace {

Bytes Join(const std::vector<Bytes>& pieces) {
  Bytes joined;
  for (const Bytes& piece : pieces) {
    joined.insert(joined.end(), piece.begin(), piece.end());
  }
  return joined;
}

// A text in ATSC's cc_data: "HI" to field 1.
Bytes Captions() {
  return {0xb5, 0x00, 0x31, 'G',  'A',  '9',  '4',
          0x03, 0x41, 0xff, 0xfc, 0xc8, 0x49, 0xff};
}

// An SEI message of ITU-T H.264 7.3.2.3.1.
Bytes Message(uint8_t type, const Bytes& payload) {
  Bytes message = {type};
  size_t size = payload.size();
  for (; size >= 255; size -= 255) message.push_back(255);
  message.push_back(static_cast<uint8_t>(size));
  return Join({message, payload});
}

Bytes Sei(const Bytes& header, const std::vector<Bytes>& messages) {
  return Join({header, Join(messages), {0x80}});
}

Bytes Sample(const std::vector<Bytes>& units) {
  Bytes sample;
  for (const Bytes& unit : units) {
    sample.insert(sample.end(), {0, 0, static_cast<uint8_t>(unit.size() >> 8),
                                 static_cast<uint8_t>(unit.size())});
    sample.insert(sample.end(), unit.begin(), unit.end());
  }
  return sample;
}

constexpr uint8_t kPicTiming = 1;
constexpr uint8_t kRegistered = 4;
constexpr uint8_t kUnregistered = 5;
const Bytes kH264Sei = {0x06};
const Bytes kH264Idr = {0x65, 0x88, 0x84};
const Bytes kHevcSei = {0x4e, 0x01};
const Bytes kHevcIdr = {0x26, 0x01, 0xaf};

Track TrackOf(Codec codec) {
  Track track;
  track.kind = TrackKind::kVideo;
  track.codec = codec;
  track.decoder_config.assign(30, 0xff);  // lengths of four bytes
  return track;
}

TEST(ClosedCaptions, AreFoundInFrontOfAnH264Picture) {
  const Track track = TrackOf(Codec::kH264);
  const Bytes sei = Sei(kH264Sei, {Message(kRegistered, Captions())});
  EXPECT_TRUE(CarriesCaptions(track, Sample({{0x09, 0xf0}, sei, kH264Idr})));
  EXPECT_FALSE(CarriesCaptions(track, Sample({{0x09, 0xf0}, kH264Idr})));
  EXPECT_FALSE(CarriesCaptions(track, Sample({kH264Idr, sei})));
  EXPECT_FALSE(CarriesCaptions(track, {}));
}

TEST(ClosedCaptions, AreFoundBehindOtherMessages) {
  const Track track = TrackOf(Codec::kH264);
  const Bytes registered = Message(kRegistered, Captions());
  // As long as x264's own, which tells of its settings.
  const Bytes settings = Message(kUnregistered, Bytes(700, 'x'));
  // Two zeros, which emulation prevention keeps apart from a 1.
  const Bytes escaped = {kPicTiming, 4, 0, 0, 3, 1, 7};
  EXPECT_TRUE(CarriesCaptions(
      track,
      Sample({Sei(kH264Sei, {settings, escaped, registered}), kH264Idr})));
  EXPECT_TRUE(
      CarriesCaptions(track, Sample({Sei(kH264Sei, {settings}),
                                     Sei(kH264Sei, {registered}), kH264Idr})));
  EXPECT_FALSE(CarriesCaptions(
      track, Sample({Sei(kH264Sei, {settings, escaped}), kH264Idr})));
}

TEST(ClosedCaptions, AreNotWhatOthersRegistered) {
  const Track track = TrackOf(Codec::kH264);
  const auto found = [&](uint8_t type, const Bytes& payload) {
    return CarriesCaptions(
        track, Sample({Sei(kH264Sei, {Message(type, payload)}), kH264Idr}));
  };
  Bytes bars = Captions();
  bars[7] = 0x06;  // bar_data
  EXPECT_FALSE(found(kRegistered, bars));
  EXPECT_FALSE(found(kRegistered, {0xb5, 0x00, 0x3c, 0x00, 0x01}));  // HDR10+
  EXPECT_FALSE(found(kUnregistered, Captions()));
  EXPECT_TRUE(found(kRegistered, {0xb5, 0x00, 0x2f, 0x03, 0x10}));  // DirecTV
}

TEST(ClosedCaptions, AreFoundInHevcAndAv1) {
  const Track hevc = TrackOf(Codec::kHevc);
  const Bytes sei = Sei(kHevcSei, {Message(kRegistered, Captions())});
  EXPECT_TRUE(CarriesCaptions(hevc, Sample({sei, kHevcIdr})));
  EXPECT_FALSE(CarriesCaptions(hevc, Sample({kHevcIdr, sei})));

  const Track av1 = TrackOf(Codec::kAv1);
  const Bytes text = Captions();
  const Bytes metadata =
      Join({{0x2a, static_cast<uint8_t>(text.size() + 1), 4}, text});
  const Bytes frame = {0x32, 0x02, 0x10, 0x00};
  EXPECT_TRUE(CarriesCaptions(av1, Join({metadata, frame})));
  EXPECT_FALSE(CarriesCaptions(av1, Join({frame, metadata})));
  EXPECT_FALSE(CarriesCaptions(TrackOf(Codec::kVp9), metadata));
}

// Sizes that lie, wherever the sample ends.
TEST(ClosedCaptions, AreNotReadPastTheEnd) {
  for (const Codec codec : {Codec::kH264, Codec::kHevc, Codec::kAv1}) {
    const Track track = TrackOf(codec);
    const Bytes header = codec == Codec::kHevc ? kHevcSei : kH264Sei;
    const Bytes whole =
        Sample({Sei(header, {Message(kRegistered, Captions())})});
    const auto complete = CarriesCaptions(track, whole);
    EXPECT_EQ(complete, codec != Codec::kAv1);
    for (size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(),
                      whole.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_FALSE(CarriesCaptions(track, cut)) << size;
      Bytes lies = whole;
      lies[size] = 0xff;
      (void)CarriesCaptions(track, lies);  // the sanitizers judge
    }
    Track damaged = track;
    damaged.decoder_config.clear();
    EXPECT_FALSE(CarriesCaptions(damaged, whole));
  }
}

}  // namespace
}  // namespace usher
