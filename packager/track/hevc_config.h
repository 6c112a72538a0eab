// What an HEVC decoder must know before the first picture: the parameter sets
// of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.2.1), made as hvc1
// wants it: all sets are in it and none in the samples. Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/track/set_fit.h"

namespace usher {

class HevcConfig {
 public:
  // From hvcC as MP4, Matroska and FLV carry it. Parameter sets may be missing
  // where the samples bring them (hev1): see complete().
  static Result<HevcConfig> FromRecord(ByteView record);
  // From parameter sets behind start codes, as MPEG-TS carries them.
  static Result<HevcConfig> FromAnnexB(ByteView data);

  // The same with the parameter sets among `units`, NAL units, added.
  Result<HevcConfig> With(const std::vector<ByteView>& units) const;
  // The same where those of `units`, which come with one access unit, stand in
  // the place of what they contradict: of all of their kind where there is a
  // new sequence among them, else of picture parameter sets with their ids.
  Result<HevcConfig> ReplacedBy(const std::vector<ByteView>& units) const;
  // Whether there is at least one set of each kind.
  bool complete() const;

  // The record as it goes into hvcC; empty unless complete().
  const Bytes& record() const { return record_; }
  // Bytes of each NAL unit's length prefix in the samples: 1, 2 or 4.
  uint8_t length_size() const { return length_size_; }
  std::string Codecs() const;  // RFC 6381: "hvc1.1.6.L93.B0"
  // `unit` is a parameter set NAL unit; zeros behind it do not count.
  SetFit FitOf(ByteView unit) const;
  // VPS, SPS, PPS as NAL units.
  std::vector<Bytes> ParameterSets() const;

 private:
  HevcConfig() = default;
  bool TakeArrays(ByteView rest);
  void Collect(ByteView unit);
  bool Holds(size_t kind, ByteView unit) const;
  Status Finish();

  Bytes record_;
  uint8_t length_size_ = 4;
  std::array<std::vector<Bytes>, 3> sets_;  // VPS, SPS, PPS
  std::vector<Bytes> messages_;             // SEI of the whole sequence
};

}  // namespace usher
