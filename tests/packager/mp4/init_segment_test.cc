#include "packager/mp4/init_segment.h"

#include <gtest/gtest.h>

#include "core/base/hex.h"
#include "tests/support/box_reader.h"

namespace usher::mp4 {
namespace {

using testing::Box;
using testing::FieldReader;
using testing::ReadBoxes;

constexpr char kKid[] = "00112233445566778899aabbccddeeff";

Track Picture() {
  Track track;
  track.kind = TrackKind::kVideo;
  track.name = "v720";
  track.language = "und";
  track.timescale = 90000;
  track.width = 960;
  track.height = 720;
  track.decoder_config = {1, 0x64, 0, 0x1f, 0xff, 0xe0, 0};
  return track;
}

Track Sound() {
  Track track;
  track.kind = TrackKind::kAudio;
  track.codec = Codec::kAac;
  track.name = "a-eng";
  track.language = "en";
  track.timescale = 48000;
  track.sample_rate = 48000;
  track.channels = 2;
  track.decoder_config = {0x11, 0x90};
  return track;
}

TrackProtection Protection(Scheme scheme, uint8_t crypt, uint8_t skip) {
  TrackProtection protection{.scheme = scheme,
                             .default_kid = *keys::KeyId::Parse(kKid),
                             .crypt_byte_block = crypt,
                             .skip_byte_block = skip};
  protection.constant_iv.fill(0xA5);
  return protection;
}

const Box& SampleEntry(const Box& file) {
  return file.At("moov/trak/mdia/minf/stbl/stsd").children.at(0);
}

std::string Hex(const Box& box) { return ToHex(box.payload); }

TEST(InitSegment, HasTheBoxesOfACmafHeaderAndNoEditList) {
  const Bytes bytes = WriteInitSegment(Picture(), std::nullopt);
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(file.ChildTypes(), "ftyp moov");
  EXPECT_EQ(file.At("moov").ChildTypes(), "mvhd trak mvex");
  EXPECT_EQ(file.At("moov/trak").ChildTypes(), "tkhd mdia");
  EXPECT_EQ(file.At("moov/trak/mdia").ChildTypes(), "mdhd hdlr minf");
  EXPECT_EQ(file.At("moov/trak/mdia/minf").ChildTypes(), "vmhd dinf stbl");
  EXPECT_EQ(file.At("moov/trak/mdia/minf/stbl").ChildTypes(),
            "stsd stts stsc stsz stco");
  EXPECT_EQ(file.At("moov/mvex").ChildTypes(), "trex");
}

TEST(InitSegment, NamesTheBrandsOfCmafWithNegativeCompositionOffsets) {
  const Bytes bytes = WriteInitSegment(Picture(), std::nullopt);
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(AsText(file.At("ftyp").payload),
            std::string_view("iso6\0\0\0\0iso6cmfcdash", 20));
}

TEST(InitSegment, CarriesTheDecoderConfigurationAsItIs) {
  const Track track = Picture();
  const Bytes bytes = WriteInitSegment(track, std::nullopt);
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(SampleEntry(file).type, "avc1");
  EXPECT_EQ(SampleEntry(file).ChildTypes(), "avcC");
  EXPECT_EQ(Hex(SampleEntry(file).At("avcC")), ToHex(track.decoder_config));
}

TEST(InitSegment, SaysHowWideThePictureIsShown) {
  Track track = Picture();
  track.sar_num = 4;
  track.sar_den = 3;
  const Bytes bytes = WriteInitSegment(track, std::nullopt);
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(Hex(SampleEntry(file).At("pasp")), "0000000400000003");
  FieldReader entry = SampleEntry(file).Fields();
  entry.Skip(24);
  EXPECT_EQ(entry.U16(), 960);
  EXPECT_EQ(entry.U16(), 720);
  FieldReader tkhd = file.At("moov/trak/tkhd").Fields();
  tkhd.Skip(76);
  EXPECT_EQ(tkhd.U32(), 1280U << 16);
  EXPECT_EQ(tkhd.U32(), 720U << 16);
  EXPECT_EQ(tkhd.left(), 0U);
}

TEST(InitSegment, DescribesSoundByItsElementaryStream) {
  const Bytes bytes = WriteInitSegment(Sound(), std::nullopt);
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(file.At("moov/trak/mdia/minf").ChildTypes(), "smhd dinf stbl");
  EXPECT_EQ(SampleEntry(file).type, "mp4a");
  FieldReader entry = SampleEntry(file).Fields();
  entry.Skip(16);
  EXPECT_EQ(entry.U16(), 2);
  EXPECT_EQ(entry.U16(), 16);
  entry.U32();
  EXPECT_EQ(entry.U32(), 48000U << 16);
  EXPECT_EQ(Hex(SampleEntry(file).At("esds")),
            "00000000"
            "0380808022"
            "000000"
            "0480808014"
            "4015"
            "000000"
            "00000000"
            "00000000"
            "0580808002"
            "1190"
            "0680808001"
            "02");
}

TEST(InitSegment, WritesTimescaleAndLanguageIntoMdhd) {
  const Bytes bytes = WriteInitSegment(Sound(), std::nullopt);
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(Hex(file.At("moov/trak/mdia/mdhd")),
            "00000000"
            "00000000"
            "00000000"
            "0000bb80"
            "00000000"
            "15c7"
            "0000");
}

TEST(InitSegment, LeavesOutASampleRateThatDoesNotFit) {
  Track track = Sound();
  track.sample_rate = track.timescale = 96000;
  const Bytes bytes = WriteInitSegment(track, std::nullopt);
  const Box file = ReadBoxes(bytes);
  FieldReader entry = SampleEntry(file).Fields();
  entry.Skip(24);
  EXPECT_EQ(entry.U32(), 0U);
}

TEST(InitSegment, DescribesCbcsByPatternAndConstantIv) {
  const Bytes bytes =
      WriteInitSegment(Picture(), Protection(Scheme::kCbcs, 1, 9));
  const Box file = ReadBoxes(bytes);
  const Box& entry = SampleEntry(file);
  EXPECT_EQ(entry.type, "encv");
  EXPECT_EQ(entry.ChildTypes(), "avcC sinf");
  EXPECT_EQ(entry.At("sinf").ChildTypes(), "frma schm schi");
  EXPECT_EQ(AsText(entry.At("sinf/frma").payload), "avc1");
  EXPECT_EQ(Hex(entry.At("sinf/schm")), "000000006362637300010000");
  EXPECT_EQ(Hex(entry.At("sinf/schi/tenc")),
            std::string("01000000"
                        "00"
                        "19"
                        "01"
                        "00") +
                kKid + "10" + "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
}

TEST(InitSegment, DescribesCencByAnIvInEachSample) {
  const Bytes bytes =
      WriteInitSegment(Sound(), Protection(Scheme::kCenc, 0, 0));
  const Box file = ReadBoxes(bytes);
  const Box& entry = SampleEntry(file);
  EXPECT_EQ(entry.type, "enca");
  EXPECT_EQ(entry.ChildTypes(), "esds sinf");
  EXPECT_EQ(AsText(entry.At("sinf/frma").payload), "mp4a");
  EXPECT_EQ(Hex(entry.At("sinf/schm")), "0000000063656e6300010000");
  EXPECT_EQ(Hex(entry.At("sinf/schi/tenc")), std::string("00000000"
                                                         "00"
                                                         "00"
                                                         "01"
                                                         "08") +
                                                 kKid);
}

TEST(InitSegment, ListsTheKidForTheCommonSystem) {
  const Bytes bytes =
      WriteInitSegment(Picture(), Protection(Scheme::kCenc, 0, 0));
  const Box file = ReadBoxes(bytes);
  EXPECT_EQ(file.At("moov").ChildTypes(), "mvhd trak mvex pssh");
  const std::string payload = std::string(
                                  "01000000"
                                  "1077efecc0b24d02ace33c1e52e2fb4b"
                                  "00000001") +
                              kKid + "00000000";
  EXPECT_EQ(Hex(file.At("moov/pssh")), payload);
  EXPECT_EQ(ToHex(WriteCommonPssh({.default_kid = *keys::KeyId::Parse(kKid)})),
            "0000003470737368" + payload);
}

}  // namespace
}  // namespace usher::mp4
