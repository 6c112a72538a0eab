#include "core/base/hex.h"
#include "core/crypto/aes.h"
#include "tests/packager/inspect/mutation.h"

namespace usher::inspect::testing {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr auto kNote = Severity::kNote;
constexpr Good kAes = Good::kAes128;
constexpr Good kCbcs = Good::kCbcs;
constexpr Good kCenc = Good::kCenc;
constexpr auto kMedia = "v180/media.m3u8";
constexpr auto kInit = "v180/init.mp4";
constexpr auto kFirst = "v180/1.m4s";
constexpr auto kSecond = "v180/2.m4s";
constexpr auto kTiles = "v360/1.m4s";
constexpr auto kSinf = "moov/trak/mdia/minf/stbl/stsd/encv/sinf";
constexpr auto kSenc = "moof/traf/senc";

std::string In(std::string_view parent, std::string_view child) {
  return std::string(parent) + "/" + std::string(child);
}

// The init segment as an AES-128 key in front of EXT-X-MAP makes it.
void EncryptHeader(Presentation& p, const std::string& iv_attribute) {
  const std::string plain = p.Read(kInit);
  Bytes data(plain.begin(), plain.end());
  crypto::AesCbcEncryptor(*FromHex(kKey))
      .EncryptPadded(crypto::AesBlock{}, data);
  p.Write(kInit, AsText(data));
  p.Replace(kMedia, "#EXT-X-MAP",
            "#EXT-X-KEY:METHOD=AES-128,URI=\"../key/" + std::string(kKid) +
                "\"" + iv_attribute + "\n#EXT-X-MAP");
}

// The value of IV= in the first EXT-X-KEY behind `at`.
std::string IvBehind(const std::string& text, std::string_view at) {
  const size_t iv = text.find("IV=0x", text.find(at));
  return text.substr(iv, 5 + 32);
}

std::vector<Mutation> WholeSegmentMutations() {
  return {
      {"aes-size", kError, kAes,
       [](Presentation& p) {
         const std::string segment = p.Read(kSecond);
         p.Write(kSecond, segment.substr(0, segment.size() - 5));
       },
       kSecond},
      {"aes-padding", kError, kAes,
       [](Presentation& p) {
         const std::string segment = p.Read(kSecond);
         p.Write(kSecond, segment.substr(0, segment.size() - 16));
       },
       kSecond},
      {"segment-format", kError, kAes,  // the IV of another segment
       [](Presentation& p) {
         const std::string text = p.Read(kMedia);
         p.Replace(kMedia, IvBehind(text, "1.m4s"),
                   "IV=0x00000000000000000000000000000000");
       },
       kSecond},
      {"aes-iv-reuse", kWarning, kAes,
       [](Presentation& p) {
         const std::string text = p.Read(kMedia);
         p.Replace(kMedia, IvBehind(text, "1.m4s"), IvBehind(text, "#EXTM3U"));
       },
       kMedia},
      {"hls-implicit-iv", kWarning, kAes,
       [](Presentation& p) {
         p.Replace(kMedia, "," + IvBehind(p.Read(kMedia), "#EXTM3U"), "");
       },
       kMedia},
      {"hls-map-key", kError, kAes,
       [](Presentation& p) {
         p.Replace(kMedia, "#EXT-X-MAP",
                   "#EXT-X-KEY:METHOD=AES-128,URI=\"../key/" +
                       std::string(kKid) + "\"\n#EXT-X-MAP");
       },
       kMedia},
      {"hls-map-encrypted", kWarning, kAes,
       [](Presentation& p) {
         EncryptHeader(p, ",IV=0x00000000000000000000000000000000");
       },
       kMedia},
      {"hls-map-iv", kError, kAes,
       [](Presentation& p) { EncryptHeader(p, ""); }, kMedia},
      {"key-size", kError, kAes,
       [](Presentation& p) {
         p.Write("short.key", "fifteen bytes..");
         p.ReplaceAll(kMedia, "../key/" + std::string(kKid), "../short.key");
       },
       "short.key", false},
      {"not-decrypted", kNote, kAes, [](Presentation&) {}, "key/", false},
      {"file-missing", kError, kAes,
       [](Presentation& p) {
         p.Replace(kMedia, "#EXT-X-MAP", "#EXT-X-I-FRAMES-ONLY\n#EXT-X-MAP");
         p.Replace(kMedia, "2.m4s", "#EXT-X-BYTERANGE:900@99999999\n2.m4s");
       },
       "v180/2.m4s"},
  };
}

std::vector<Mutation> SampleKeyMutations() {
  return {
      {"hls-key-method", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMedia, "SAMPLE-AES", "SAMPLE-AES-CTR");
       },
       kMedia},
      {"hls-key-method", kError, kCenc,
       [](Presentation& p) {
         p.Replace(kMedia, "SAMPLE-AES-CTR", "SAMPLE-AES");
       },
       kMedia},
      {"hls-key-method", kError, kCenc,
       [](Presentation& p) { p.Replace(kMedia, "SAMPLE-AES-CTR", "ROT13"); },
       kMedia},
      {"hls-key-iv", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMedia, "METHOD=SAMPLE-AES",
                   "METHOD=SAMPLE-AES,IV=0x000102030405060708090a0b0c0d0e0f");
       },
       kMedia},
      {"hls-key-kid", kError, kCbcs,
       [](Presentation& p) {
         p.Replace(kMedia, kKid, "ff" + std::string(kKid.substr(2)));
       },
       kMedia},
      {"hls-key-kid", kError, kCbcs,
       [](Presentation& p) {
         p.Replace("v180/media-clearkey.m3u8", "base64,AAEC", "base64,BBEC");
       },
       "media-clearkey"},
      {"hls-key-kid", kError, Good::kRotated,
       [](Presentation& p) { p.Replace(kMedia, kSecondKid, kKid); }, kMedia},
      {"hls-key-missing", kError, Good::kRotated,
       [](Presentation& p) { p.RemoveLines(kMedia, kSecondKid); }, kMedia},
      {"hls-key-missing", kError, kCbcs,
       [](Presentation& p) { p.RemoveLines(kMedia, "#EXT-X-KEY"); }, kMedia},
      {"hls-key-clear", kError, Good::kClear,
       [](Presentation& p) {
         p.Replace(kMedia, "#EXTINF",
                   "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF");
       },
       kMedia},
  };
}

std::vector<Mutation> HeaderMutations() {
  return {
      {"cenc-scheme", kError, kCbcs,
       [](Presentation& p) {
         p.Patch(kInit, In(kSinf, "schm"), 4, {'r', 'o', 't', '1'});
       },
       kInit},
      {"cenc-tenc-missing", kError, kCbcs,
       [](Presentation& p) { p.Rename(kInit, In(kSinf, "schi/tenc"), "free"); },
       kInit},
      {"cenc-tenc-iv", kError, kCenc,
       [](Presentation& p) { p.Patch(kInit, In(kSinf, "schi/tenc"), 7, {5}); },
       kInit},
      {"cenc-tenc-iv", kError, kCenc,
       [](Presentation& p) { p.Patch(kInit, In(kSinf, "schi/tenc"), 7, {0}); },
       kInit},
      {"cenc-tenc-scheme", kError, kCenc,
       [](Presentation& p) {
         p.Patch(kInit, In(kSinf, "schm"), 4, {'c', 'b', 'c', 's'});
       },
       kInit},
      {"cenc-tenc-scheme", kError, kCbcs,
       [](Presentation& p) {
         p.Patch(kInit, In(kSinf, "schm"), 4, {'c', 'e', 'n', 'c'});
       },
       kInit},
      {"cenc-pattern", kWarning, kCbcs,
       [](Presentation& p) {
         p.Patch(kInit, In(kSinf, "schi/tenc"), 5, {0x55});
       },
       kInit},
      {"cenc-pssh", kError, kCbcs,
       [](Presentation& p) { p.Patch(kInit, "moov/pssh", 24, {0xFF}); }, kInit},
      {"not-decrypted", kNote, kCbcs, [](Presentation&) {}, "key ", false},
  };
}

// Moves the border of the first sample's first subsample, whose entry in senc
// begins with an IV of `iv_size`.
void LeaveClear(Presentation& p, std::string_view segment, uint32_t clear,
                size_t iv_size = 0) {
  const size_t at = 8 + iv_size + 2;
  const uint32_t whole =
      (p.ReadU32(segment, kSenc, at) >> 16) + p.ReadU32(segment, kSenc, at + 2);
  const auto byte = [&](int shift) {
    return static_cast<int>((whole - clear) >> shift & 0xFF);
  };
  p.Patch(segment, kSenc, at,
          {0, static_cast<int>(clear), byte(24), byte(16), byte(8), byte(0)});
}

// Makes the first sample, which is one slice, end in what decrypts to 00.
void EndInZero(Presentation& p) {
  const uint32_t clear = p.ReadU32(kSecond, kSenc, 18) >> 16;
  const uint32_t size = p.ReadU32(kSecond, kSenc, 20);
  crypto::AesBlock counter{};
  for (size_t i = 0; i < 8; ++i) {
    counter[i] = static_cast<uint8_t>(p.ReadU32(kSecond, kSenc, 8 + i) >> 24);
  }
  Bytes key_stream(size);
  crypto::AesCtr cipher(*FromHex(kKey));
  cipher.Start(counter);
  cipher.Apply(key_stream);
  p.PatchAt(kSecond, p.FirstSample(kSecond) + clear + size - 1,
            {key_stream.back()});
}

std::vector<Mutation> SampleMutations() {
  // In senc: 8 bytes in front of the entries; cenc 8 of IV, then 2 of count
  // and 2 + 4 a subsample.
  constexpr size_t kCencCount = 8 + 8;
  constexpr size_t kCencFirst = kCencCount + 2;
  return {
      {"cenc-senc-missing", kError, kCenc,
       [](Presentation& p) {
         for (const char* box : {"senc", "saiz", "saio"}) {
           p.Rename(kSecond, In("moof/traf", box), "free");
         }
       },
       kSecond},
      {"cenc-senc-count", kError, kCenc,
       [](Presentation& p) { p.Patch(kSecond, kSenc, 7, {3}); }, kSecond},
      {"cenc-senc-short", kError, kCenc,
       [](Presentation& p) {
         p.Patch(kSecond, kSenc, kCencCount, {0xFF, 0xFF});
       },
       kSecond},
      {"cenc-saiz-missing", kError, kCenc,
       [](Presentation& p) { p.Rename(kSecond, "moof/traf/saiz", "free"); },
       kSecond},
      {"cenc-saiz", kError, kCenc,
       [](Presentation& p) { p.Patch(kSecond, "moof/traf/saiz", 4, {77}); },
       kSecond},
      {"cenc-saio", kError, kCenc,
       [](Presentation& p) { p.Patch(kSecond, "moof/traf/saio", 11, {0}); },
       kSecond},
      {"cenc-saio", kError, kCenc,
       [](Presentation& p) {
         p.Rename(kSecond, kSenc, "free");
         p.Patch(kSecond, "moof/traf/saio", 8, {0x7F});
       },
       kSecond},
      {"cenc-subsample-sum", kError, kCenc,
       [](Presentation& p) {
         const uint32_t clear = p.ReadU32(kSecond, kSenc, kCencFirst) >> 16;
         p.Patch(kSecond, kSenc, kCencFirst + 1,
                 {static_cast<int>((clear + 1) & 0xFF)});
       },
       kSecond},
      {"cenc-subsample-blocks", kError, kCenc,
       [](Presentation& p) { p.Patch(kSecond, kSenc, kCencFirst + 5, {0x07}); },
       kSecond},
      {"cenc-iv-reuse", kError, kCenc,
       [](Presentation& p) {  // the IV of the third segment's first sample
         const uint32_t high = p.ReadU32("v180/3.m4s", kSenc, 8);
         const uint32_t low = p.ReadU32("v180/3.m4s", kSenc, 12);
         const auto byte = [](uint32_t value, int shift) {
           return static_cast<int>(value >> shift & 0xFF);
         };
         p.Patch(kSecond, kSenc, 8,
                 {byte(high, 24), byte(high, 16), byte(high, 8), byte(high, 0),
                  byte(low, 24), byte(low, 16), byte(low, 8), byte(low, 0)});
       },
       "v180/"},
      {"cenc-nal-header", kError, kCbcs,
       [](Presentation& p) { LeaveClear(p, kSecond, 0); }, kSecond},
      // x264's SEI stands in front of the film's first slice.
      {"cenc-parameter-sets", kError, kCbcs,
       [](Presentation& p) { LeaveClear(p, kFirst, 5); }, kFirst},
      {"cenc-slice-header", kError, kCbcs,
       [](Presentation& p) { LeaveClear(p, kSecond, 5); }, kSecond},
      {"cenc-slice-header", kError, Good::kHevc,
       [](Presentation& p) { LeaveClear(p, kSecond, 6); }, kSecond},
      {"cenc-slice-header", kWarning, kCenc,
       [](Presentation& p) { LeaveClear(p, kSecond, 5, 8); }, kSecond},
      {"cenc-frame-header", kError, Good::kVp9,
       [](Presentation& p) {  // by whole blocks
         const uint32_t clear = p.ReadU32(kSecond, kSenc, kCencFirst) >> 16;
         LeaveClear(p, kSecond, clear % 16, 8);
       },
       kSecond},
      {"cenc-frame-header", kError, Good::kAv1,
       [](Presentation& p) { LeaveClear(p, kTiles, 2); }, kTiles},
      {"cenc-frame-header", kWarning, Good::kVp9,
       [](Presentation& p) {  // no frame_marker
         p.PatchAt(kSecond, p.FirstSample(kSecond), {0});
       },
       kSecond},
      {"cenc-decrypt", kError, kCbcs,
       [](Presentation& p) {
         p.Patch("a-eng/init.mp4",
                 "moov/trak/mdia/minf/stbl/stsd/enca/sinf/schi/tenc", 25,
                 {0xFF, 0xFF});
       },
       "a-eng/"},
      {"cenc-decrypt", kError, kCenc, EndInZero, kSecond},
      {"cenc-group", kError, Good::kSeigCbcs,
       [](Presentation& p) {
         p.Patch("v180/3.m4s", "moof/traf/sbgp", 19, {2});
       },
       "v180/3.m4s"},
      {"hls-key-kid", kError, Good::kSeigCenc,
       [](Presentation& p) {
         p.Rename("a-eng/3.m4s", "moof/traf/sbgp", "free");
         p.Rename("a-eng/4.m4s", "moof/traf/sbgp", "free");
       },
       "a-eng/media"},
  };
}

}  // namespace

std::vector<Mutation> EncryptionMutations() {
  std::vector<Mutation> all = WholeSegmentMutations();
  for (auto& more :
       {SampleKeyMutations(), HeaderMutations(), SampleMutations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace usher::inspect::testing
