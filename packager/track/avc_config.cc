#include "packager/track/avc_config.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/byte_writer.h"
#include "core/base/hex.h"
#include "packager/track/bit_reader.h"
#include "packager/track/nal_units.h"

namespace usher {
namespace {

// What the record's counts and lengths can hold.
constexpr size_t kMaxSequenceSets = 31;
constexpr size_t kMaxPictureSets = 255;
constexpr size_t kMaxSetSize = 0xffff;

constexpr size_t kMinSequenceSet = 4;  // header, profile, constraints, level

auto Broken(std::string what) {
  return BadInput("H.264 decoder configuration", std::move(what),
                  "encode or re-mux the film again");
}

// Takes `count` bytes off the front.
std::optional<ByteView> Take(ByteView& rest, size_t count) {
  if (rest.size() < count) return std::nullopt;
  const ByteView taken = rest.first(count);
  rest = rest.subspan(count);
  return taken;
}

// Parameter sets with 16-bit lengths.
bool TakeSets(ByteView& rest, size_t count, std::vector<Bytes>& sets) {
  for (size_t i = 0; i < count; ++i) {
    const auto length = Take(rest, 2);
    if (!length) return false;
    const auto set = Take(rest, size_t{(*length)[0]} << 8 | (*length)[1]);
    if (!set || set->empty()) return false;
    sets.emplace_back(set->begin(), set->end());
  }
  return true;
}

// A byte that says in its low bits how many sets follow it.
bool TakeCountedSets(ByteView& rest, uint8_t count_mask,
                     std::vector<Bytes>& sets) {
  const auto count = Take(rest, 1);
  return count && TakeSets(rest, (*count)[0] & count_mask, sets);
}

void WriteSets(ByteWriter& out, const std::vector<Bytes>& sets) {
  for (const Bytes& set : sets) {
    out.U16(static_cast<uint16_t>(set.size()));
    out.Append(set);
  }
}

bool HasChromaFields(uint8_t profile) {
  constexpr std::array<uint8_t, 4> kHighProfiles = {100, 110, 122, 144};
  return std::ranges::find(kHighProfiles, profile) != kHighProfiles.end();
}

struct ChromaFields {
  uint8_t chroma_format = 1;
  uint8_t luma_depth_minus8 = 0;
  uint8_t chroma_depth_minus8 = 0;
};

// The start of seq_parameter_set_data() of a high profile (ITU-T H.264
// 7.3.2.1.1).
ChromaFields ReadChromaFields(ByteView sequence_set) {
  BitReader bits(sequence_set.subspan(kMinSequenceSet));
  bits.ExpGolomb();  // seq_parameter_set_id
  ChromaFields fields;
  fields.chroma_format = static_cast<uint8_t>(bits.ExpGolomb() & 3);
  fields.luma_depth_minus8 = static_cast<uint8_t>(bits.ExpGolomb() & 7);
  fields.chroma_depth_minus8 = static_cast<uint8_t>(bits.ExpGolomb() & 7);
  return fields;
}

void AddOnce(std::vector<Bytes>& sets, ByteView unit) {
  Bytes set(unit.begin(), unit.end());
  if (std::ranges::find(sets, set) == sets.end()) sets.push_back(set);
}

bool Holds(const std::vector<Bytes>& sets, ByteView unit) {
  return std::ranges::any_of(sets, [unit](const Bytes& set) {
    return std::ranges::equal(WithoutTrailingZeros(set),
                              WithoutTrailingZeros(unit));
  });
}

uint32_t PictureSetId(ByteView unit) {
  return BitReader(unit.subspan(1)).ExpGolomb();
}

}  // namespace

Result<AvcConfig> AvcConfig::FromRecord(ByteView record) {
  AvcConfig config;
  ByteView rest = record;
  const auto head = Take(rest, 5);
  if (!head || (*head)[0] != 1) return Broken("is no avcC record");
  config.length_size_ = static_cast<uint8_t>(((*head)[4] & 3) + 1);
  if (config.length_size_ == 3) return Broken("has 3-byte NAL unit lengths");
  if (!TakeCountedSets(rest, 0x1f, config.sequence_sets_) ||
      !TakeCountedSets(rest, 0xff, config.picture_sets_)) {
    return Broken("is cut short");
  }
  if (config.sequence_sets_.empty() || config.picture_sets_.empty()) {
    return Broken("has no parameter sets");
  }
  if (config.sequence_sets_.front().size() < kMinSequenceSet) {
    return Broken("has a sequence parameter set that is cut short");
  }
  config.record_.assign(record.begin(), record.end());
  return config;
}

Result<AvcConfig> AvcConfig::FromAnnexB(ByteView data) {
  AvcConfig config;
  config.CollectSets(data);
  if (auto checked = config.CheckSets(); !checked) {
    return std::unexpected(checked.error());
  }
  config.WriteRecord();
  return config;
}

void AvcConfig::CollectSets(ByteView data) {
  NalUnits units = NalUnits::AnnexB(data);
  while (const auto unit = units.Next()) Collect(*unit);
}

void AvcConfig::Collect(ByteView unit) {
  const NalType type = NalTypeOf(unit);
  if (type == NalType::kSequenceParameterSet) {
    AddOnce(sequence_sets_, unit);
  } else if (type == NalType::kPictureParameterSet) {
    AddOnce(picture_sets_, unit);
  } else if (type == NalType::kSequenceParameterSetExtension) {
    AddOnce(extension_sets_, unit);
  }
}

// Whether they fit the record's counts and lengths.
Status AvcConfig::CheckSets() const {
  if (sequence_sets_.empty() || picture_sets_.empty() ||
      sequence_sets_.front().size() < kMinSequenceSet) {
    return Broken("has no parameter sets");
  }
  if (sequence_sets_.size() > kMaxSequenceSets ||
      picture_sets_.size() > kMaxPictureSets ||
      extension_sets_.size() > kMaxPictureSets) {
    return Broken("has too many parameter sets");
  }
  for (const auto* sets : {&sequence_sets_, &picture_sets_, &extension_sets_}) {
    for (const Bytes& set : *sets) {
      if (set.size() > kMaxSetSize) {
        return Broken("has an oversized parameter set");
      }
    }
  }
  return {};
}

void AvcConfig::WriteRecord() {
  const Bytes& sequence_set = sequence_sets_.front();
  ByteWriter out(record_);
  out.U8(1);  // configurationVersion
  out.Append(ByteView(sequence_set).subspan(1, 3));
  out.U8(static_cast<uint8_t>(0xfc | (length_size_ - 1)));
  out.U8(static_cast<uint8_t>(0xe0 | sequence_sets_.size()));
  WriteSets(out, sequence_sets_);
  out.U8(static_cast<uint8_t>(picture_sets_.size()));
  WriteSets(out, picture_sets_);
  if (!HasChromaFields(sequence_set[1])) return;
  const ChromaFields fields = ReadChromaFields(sequence_set);
  out.U8(0xfc | fields.chroma_format);
  out.U8(0xf8 | fields.luma_depth_minus8);
  out.U8(0xf8 | fields.chroma_depth_minus8);
  out.U8(static_cast<uint8_t>(extension_sets_.size()));
  WriteSets(out, extension_sets_);
}

std::string AvcConfig::Codecs() const {
  return "avc1." + ToHex(ByteView(record_).subspan(1, 3));
}

std::vector<Bytes> AvcConfig::ParameterSets() const {
  std::vector<Bytes> sets = sequence_sets_;
  sets.insert(sets.end(), extension_sets_.begin(), extension_sets_.end());
  sets.insert(sets.end(), picture_sets_.begin(), picture_sets_.end());
  return sets;
}

SetFit AvcConfig::FitOf(ByteView unit) const {
  if (Holds(sequence_sets_, unit) || Holds(picture_sets_, unit) ||
      Holds(extension_sets_, unit)) {
    return SetFit::kHeld;
  }
  const bool adds = NalTypeOf(unit) == NalType::kPictureParameterSet &&
                    std::ranges::find(picture_sets_, PictureSetId(unit),
                                      PictureSetId) == picture_sets_.end();
  return adds ? SetFit::kAdds : SetFit::kContradicts;
}

Result<AvcConfig> AvcConfig::With(const std::vector<ByteView>& units) const {
  AvcConfig config = *this;
  config.record_.clear();
  AvcConfig given;
  bool new_sequence = false;
  for (const ByteView unit : units) {
    given.Collect(WithoutTrailingZeros(unit));
    new_sequence |= NalTypeOf(unit) == NalType::kSequenceParameterSet &&
                    !Holds(sequence_sets_, unit);
  }
  if (new_sequence) {
    config.sequence_sets_ = std::move(given.sequence_sets_);
    config.extension_sets_ = std::move(given.extension_sets_);
    if (!given.picture_sets_.empty()) config.picture_sets_.clear();
  }
  for (const Bytes& set : given.picture_sets_) {
    std::erase_if(config.picture_sets_, [&](const Bytes& other) {
      return PictureSetId(other) == PictureSetId(set);
    });
    config.picture_sets_.push_back(set);
  }
  for (const Bytes& set : given.extension_sets_) {
    AddOnce(config.extension_sets_, set);
  }
  if (auto checked = config.CheckSets(); !checked) {
    return std::unexpected(checked.error());
  }
  config.WriteRecord();
  return config;
}

}  // namespace usher
