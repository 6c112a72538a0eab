#include "packager/track/hevc_config.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "core/base/byte_writer.h"
#include "packager/track/bit_reader.h"
#include "packager/track/nal_units.h"

namespace usher {
namespace {

constexpr size_t kHeadSize = 22;     // of the record, up to numOfArrays
constexpr size_t kProfileSize = 12;  // general profile, tier and level
constexpr size_t kMaxSets = 64;      // of a kind; PPS ids end there
constexpr size_t kMaxSetSize = 0xffff;
constexpr uint8_t kPrefixMessage = 39;  // type of an SEI NAL unit

// Indices into the sets of a configuration.
constexpr size_t kSequence = 1;
constexpr size_t kPicture = 2;

auto Broken(std::string what) {
  return BadInput("HEVC decoder configuration", std::move(what),
                  "encode or re-mux the film again");
}

// VPS, SPS, PPS; nothing for another unit.
std::optional<size_t> KindOf(ByteView unit) {
  const auto type = static_cast<unsigned>(HevcNalTypeOf(unit));
  const auto first = static_cast<unsigned>(HevcNalType::kVideoParameterSet);
  if (type < first || type > first + 2) return std::nullopt;
  return type - first;
}

void AddOnce(std::vector<Bytes>& sets, ByteView unit) {
  Bytes set(unit.begin(), unit.end());
  if (std::ranges::find(sets, set) == sets.end()) sets.push_back(set);
}

// `unit` is a picture parameter set behind its two-byte header.
uint32_t PictureSetId(ByteView unit) {
  return unit.size() < 3 ? 0 : BitReader(unit.subspan(2)).ExpGolomb();
}

// What the record repeats of a sequence parameter set (ITU-T H.265 7.3.2.2).
struct SequenceFacts {
  Bytes profile;  // general_profile_space to general_level_idc
  uint8_t temporal_layers = 1;
  bool temporal_nesting = false;
  uint8_t chroma_format = 1;
  uint8_t luma_depth_minus8 = 0;
  uint8_t chroma_depth_minus8 = 0;
};

// Profile and level of each temporal layer below the highest (7.3.3).
void SkipSubLayers(BitReader& bits, unsigned max_sub_layers_minus1) {
  if (max_sub_layers_minus1 == 0) return;
  std::array<bool, 8> profile{};
  std::array<bool, 8> level{};
  for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
    profile[i] = bits.Bits(1) != 0;
    level[i] = bits.Bits(1) != 0;
  }
  for (unsigned i = max_sub_layers_minus1; i < 8; ++i) bits.Bits(2);
  for (unsigned i = 0; i < max_sub_layers_minus1; ++i) {
    if (profile[i]) {
      for (int byte = 0; byte < 11; ++byte) bits.Bits(8);
    }
    if (level[i]) bits.Bits(8);
  }
}

std::optional<SequenceFacts> ReadSequenceSet(ByteView unit) {
  constexpr size_t kEnough = 256;
  constexpr size_t kProfileAt = 3;  // NAL header, one byte of ids
  const Bytes plain = Unescaped(unit, kEnough);
  if (plain.size() < kProfileAt + kProfileSize) return std::nullopt;
  SequenceFacts facts;
  const unsigned sub_layers_minus1 = plain[2] >> 1 & 7U;
  facts.temporal_layers = static_cast<uint8_t>(sub_layers_minus1 + 1);
  facts.temporal_nesting = (plain[2] & 1) != 0;
  const ByteView profile = ByteView(plain).subspan(kProfileAt, kProfileSize);
  facts.profile.assign(profile.begin(), profile.end());
  BitReader bits(ByteView(plain).subspan(kProfileAt + kProfileSize));
  SkipSubLayers(bits, sub_layers_minus1);
  bits.ExpGolomb();  // sps_seq_parameter_set_id
  facts.chroma_format = static_cast<uint8_t>(bits.ExpGolomb() & 3);
  if (facts.chroma_format == 3) bits.Bits(1);
  bits.ExpGolomb();  // width
  bits.ExpGolomb();  // height
  if (bits.Bits(1) == 1) {
    for (int edge = 0; edge < 4; ++edge) bits.ExpGolomb();
  }
  facts.luma_depth_minus8 = static_cast<uint8_t>(bits.ExpGolomb() & 7);
  facts.chroma_depth_minus8 = static_cast<uint8_t>(bits.ExpGolomb() & 7);
  if (bits.overrun()) return std::nullopt;
  return facts;
}

void WriteHead(ByteWriter& out, const SequenceFacts& facts,
               uint8_t length_size) {
  out.U8(1);  // configurationVersion
  out.Append(facts.profile);
  out.U16(0xf000);  // min_spatial_segmentation_idc: unknown
  out.U8(0xfc);     // parallelismType: unknown
  out.U8(0xfc | facts.chroma_format);
  out.U8(0xf8 | facts.luma_depth_minus8);
  out.U8(0xf8 | facts.chroma_depth_minus8);
  out.U16(0);  // avgFrameRate: unknown
  out.U8(static_cast<uint8_t>(facts.temporal_layers << 3 |
                              (facts.temporal_nesting ? 4 : 0) |
                              (length_size - 1)));
}

void WriteArray(ByteWriter& out, uint8_t type, const std::vector<Bytes>& sets) {
  // Of parameter sets all are here, and none is in the samples.
  constexpr uint8_t kComplete = 0x80;
  out.U8(type == kPrefixMessage ? type : kComplete | type);
  out.U16(static_cast<uint16_t>(sets.size()));
  for (const Bytes& set : sets) {
    out.U16(static_cast<uint16_t>(set.size()));
    out.Append(set);
  }
}

}  // namespace

Result<HevcConfig> HevcConfig::FromRecord(ByteView record) {
  HevcConfig config;
  if (record.size() < kHeadSize + 1 || record[0] != 1) {
    return Broken("is no hvcC record");
  }
  config.length_size_ = static_cast<uint8_t>((record[21] & 3) + 1);
  if (config.length_size_ == 3) return Broken("has 3-byte NAL unit lengths");
  if (!config.TakeArrays(record.subspan(kHeadSize))) {
    return Broken("is cut short");
  }
  if (auto done = config.Finish(); !done) return std::unexpected(done.error());
  return config;
}

Result<HevcConfig> HevcConfig::FromAnnexB(ByteView data) {
  HevcConfig config;
  NalUnits units = NalUnits::AnnexB(data);
  while (const auto unit = units.Next()) config.Collect(*unit);
  if (!config.complete()) return Broken("has no parameter sets");
  if (auto done = config.Finish(); !done) return std::unexpected(done.error());
  return config;
}

Result<HevcConfig> HevcConfig::With(const std::vector<ByteView>& units) const {
  HevcConfig config = *this;
  for (const ByteView unit : units) config.Collect(unit);
  if (auto done = config.Finish(); !done) return std::unexpected(done.error());
  return config;
}

bool HevcConfig::complete() const {
  return std::ranges::none_of(sets_, &std::vector<Bytes>::empty);
}

// Arrays of NAL units behind 16-bit lengths.
bool HevcConfig::TakeArrays(ByteView rest) {
  unsigned arrays = rest[0];
  for (rest = rest.subspan(1); arrays > 0; --arrays) {
    if (rest.size() < 3) return false;
    unsigned units = static_cast<unsigned>(rest[1]) << 8 | rest[2];
    for (rest = rest.subspan(3); units > 0; --units) {
      if (rest.size() < 2) return false;
      const size_t size = size_t{rest[0]} << 8 | rest[1];
      if (size < 2 || rest.size() - 2 < size) return false;
      Collect(rest.subspan(2, size));
      rest = rest.subspan(2 + size);
    }
  }
  return true;
}

void HevcConfig::Collect(ByteView unit) {
  const auto type = static_cast<uint8_t>(HevcNalTypeOf(unit));
  if (const auto kind = KindOf(unit)) {
    AddOnce(sets_[*kind], unit);
  } else if (type == kPrefixMessage) {
    AddOnce(messages_, unit);
  }
}

// Checks what fits, and writes the record where nothing is missing.
Status HevcConfig::Finish() {
  record_.clear();
  for (const auto* sets : {&sets_[0], &sets_[1], &sets_[2], &messages_}) {
    if (sets->size() > kMaxSets) return Broken("has too many parameter sets");
    for (const Bytes& set : *sets) {
      if (set.size() > kMaxSetSize) {
        return Broken("has an oversized parameter set");
      }
    }
  }
  if (!complete()) return {};
  const auto facts = ReadSequenceSet(sets_[1].front());
  if (!facts) return Broken("has a sequence parameter set that is cut short");
  ByteWriter out(record_);
  WriteHead(out, *facts, length_size_);
  out.U8(static_cast<uint8_t>(sets_.size() + (messages_.empty() ? 0 : 1)));
  auto type = static_cast<uint8_t>(HevcNalType::kVideoParameterSet);
  for (const auto& sets : sets_) WriteArray(out, type++, sets);
  if (!messages_.empty()) WriteArray(out, kPrefixMessage, messages_);
  return {};
}

// ISO/IEC 14496-15 E.3.
std::string HevcConfig::Codecs() const {
  constexpr std::array<const char*, 4> kSpaces = {"", "A", "B", "C"};
  uint32_t compatibility = 0;  // its bits in reverse
  for (unsigned bit = 0; bit < 32; ++bit) {
    const uint32_t set = record_[2 + bit / 8] >> (7 - bit % 8) & 1U;
    compatibility |= set << bit;
  }
  char text[64];
  std::snprintf(text, sizeof text, "hvc1.%s%u.%X.%c%u",
                kSpaces[record_[1] >> 6], record_[1] & 31U, compatibility,
                (record_[1] & 32) != 0 ? 'H' : 'L', record_[12]);
  std::string name = text;
  size_t used = 6;
  while (used > 0 && record_[5 + used] == 0) --used;
  for (size_t i = 0; i < used; ++i) {
    std::snprintf(text, sizeof text, ".%X", record_[6 + i]);
    name += text;
  }
  return name;
}

bool HevcConfig::Holds(size_t kind, ByteView unit) const {
  return std::ranges::any_of(sets_[kind], [unit](const Bytes& set) {
    return std::ranges::equal(WithoutTrailingZeros(set),
                              WithoutTrailingZeros(unit));
  });
}

SetFit HevcConfig::FitOf(ByteView unit) const {
  const auto kind = KindOf(unit);
  if (kind && Holds(*kind, unit)) return SetFit::kHeld;
  const bool adds = kind == kPicture &&
                    std::ranges::find(sets_[kPicture], PictureSetId(unit),
                                      PictureSetId) == sets_[kPicture].end();
  return adds ? SetFit::kAdds : SetFit::kContradicts;
}

std::vector<Bytes> HevcConfig::ParameterSets() const {
  std::vector<Bytes> sets;
  for (const auto& of_kind : sets_) {
    sets.insert(sets.end(), of_kind.begin(), of_kind.end());
  }
  return sets;
}

Result<HevcConfig> HevcConfig::ReplacedBy(
    const std::vector<ByteView>& units) const {
  HevcConfig given;
  bool new_sequence = false;
  for (const ByteView unit : units) {
    given.Collect(WithoutTrailingZeros(unit));
    new_sequence |= KindOf(unit) == kSequence && !Holds(kSequence, unit);
  }
  HevcConfig config = *this;
  if (new_sequence) config.messages_.clear();
  for (size_t kind = 0; kind < sets_.size(); ++kind) {
    if (given.sets_[kind].empty()) continue;
    if (kind == kSequence && !new_sequence) continue;  // it holds them
    if (new_sequence || kind != kPicture) config.sets_[kind].clear();
    for (const Bytes& set : given.sets_[kind]) {
      if (kind == kPicture) {
        std::erase_if(config.sets_[kind], [&](const Bytes& other) {
          return PictureSetId(other) == PictureSetId(set);
        });
      }
      config.sets_[kind].push_back(set);
    }
  }
  if (auto done = config.Finish(); !done) return std::unexpected(done.error());
  return config;
}

}  // namespace usher
