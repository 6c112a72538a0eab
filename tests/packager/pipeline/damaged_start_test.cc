// A film whose first picture is damaged loses that, and what needs it, and no
// more.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/packager/cli/run_usher.h"
#include "tests/support/box_reader.h"
#include "tests/support/run_process.h"
#include "tests/support/source_track.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_media.h"

namespace usher::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPictures = 50;  // up to the next key picture

// The bytes of the first picture, as MP4, Matroska and FLV hold them.
std::string FirstPicture() {
  const std::string film = ReadFile(TestMedia("film.mp4"));
  const Box boxes = ReadBoxes(AsBytes(film));
  const Box& stbl = boxes.At("moov/trak/mdia/minf/stbl");
  FieldReader sizes = stbl.At("stsz").Fields();
  sizes.Skip(12);
  FieldReader chunks = stbl.At("stco").Fields();
  chunks.Skip(8);
  const uint32_t at = chunks.U32();
  return film.substr(at, sizes.U32());
}

std::string Zeros(size_t size) { return std::string(size, '\0'); }

// No lengths, and no start codes, that make sense.
std::string Garbage(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(i * 7919 >> 3 | 0x40));
  }
  return bytes;
}

// What begins it says that it is a key picture; only its length is wrong.
std::string WithDamagedLength(std::string picture) {
  constexpr unsigned kIdr = 5;
  const auto byte = [&](size_t at) {
    return static_cast<unsigned char>(picture.at(at));
  };
  size_t at = 0;
  while ((byte(at + 4) & 0x1fU) != kIdr) {
    at += 4 + (size_t{byte(at + 1)} << 16 | size_t{byte(at + 2)} << 8 |
               byte(at + 3));
  }
  picture.at(at) = '\x7f';
  return picture;
}

// The payload of the first packets of pictures (FFmpeg's first stream) in a
// transport stream, up to the next picture's.
std::string WithoutFirstPicture(std::string stream) {
  constexpr size_t kPacket = 188;
  constexpr unsigned kVideo = 0x100;
  bool begun = false;
  for (size_t at = 0; at < stream.size(); at += kPacket) {
    const auto byte = [&](size_t i) {
      return static_cast<unsigned char>(stream[at + i]);
    };
    if (((byte(1) & 0x1fU) << 8 | byte(2)) != kVideo) continue;
    const bool begins = (byte(1) & 0x40) != 0;
    if (begins && begun) break;
    begun = true;
    size_t payload = 4;
    if ((byte(3) & 0x20) != 0) payload += 1 + byte(4);
    if (begins) payload += 9 + byte(payload + 8);
    std::fill_n(stream.begin() + static_cast<ptrdiff_t>(at + payload),
                kPacket - payload, '\0');
  }
  return stream;
}

void ExpectTheRest(const std::string& name, const std::string& film) {
  SCOPED_TRACE(name);
  const TempDir directory;
  WriteFile(directory / name, film);
  const Outcome packaged = RunUsher(
      {"package", directory / name, "-o", directory / "out", "--event", "film",
       "--encryption", "none", "--segment-duration", "2", "--verify"});
  EXPECT_EQ(packaged.exit_code, 0) << packaged.err;
  EXPECT_EQ(std::ranges::count(packaged.err, '\n'), 1) << packaged.err;
  EXPECT_NE(packaged.err.find("first pictures cannot be decoded"),
            std::string::npos)
      << packaged.err;
  auto wanted = FrameHashes(TestMedia("film.mp4"), {"-an"});
  wanted.erase(wanted.begin(), wanted.begin() + kPictures);
  EXPECT_EQ(FrameHashes(directory / "out" / "film" / "v180" / "media.m3u8"),
            wanted);
}

TEST(DamagedStart, IsLeftOutUpToTheNextKeyPicture) {
  const std::string picture = FirstPicture();
  for (const char* name : {"film.mp4", "faststart.mp4", "fragmented.mp4",
                           "film.mov", "film.mkv", "film.flv"}) {
    const std::string film = ReadFile(TestMedia(name));
    const size_t at = film.find(picture);
    ASSERT_NE(at, std::string::npos) << name;
    for (const std::string& damaged :
         {Zeros(picture.size()), Garbage(picture.size()),
          WithDamagedLength(picture)}) {
      std::string broken = film;
      ExpectTheRest(name, broken.replace(at, damaged.size(), damaged));
    }
  }
}

TEST(DamagedStart, OfATransportStreamIsLeftOutToo) {
  ExpectTheRest("film.ts", WithoutFirstPicture(ReadFile(TestMedia("film.ts"))));
}

}  // namespace
}  // namespace usher::testing
