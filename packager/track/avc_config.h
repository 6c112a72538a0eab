// What an H.264 decoder must know before the first picture: the parameter sets
// of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1). Immutable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/track/set_fit.h"

namespace usher {

class AvcConfig {
 public:
  // From avcC as MP4, Matroska and FLV carry it.
  static Result<AvcConfig> FromRecord(ByteView record);
  // From parameter sets behind start codes, as MPEG-TS carries them.
  static Result<AvcConfig> FromAnnexB(ByteView data);

  // The record as it goes into avcC.
  const Bytes& record() const { return record_; }
  // Bytes of each NAL unit's length prefix in the samples: 1, 2 or 4.
  uint8_t length_size() const { return length_size_; }
  std::string Codecs() const;  // RFC 6381: "avc1.64001f"
  // All parameter sets as NAL units, in the order a decoder needs them.
  std::vector<Bytes> ParameterSets() const;
  // `unit` is a parameter set NAL unit; zeros behind it do not count.
  SetFit FitOf(ByteView unit) const;
  // The same with those of `units`, parameter set NAL units of one access unit,
  // added, or in the place of what they contradict: of all sequences where one
  // of them is new, else of the picture parameter sets with their ids.
  Result<AvcConfig> With(const std::vector<ByteView>& units) const;

 private:
  AvcConfig() = default;
  void CollectSets(ByteView data);
  void Collect(ByteView unit);
  Status CheckSets() const;
  void WriteRecord();

  Bytes record_;
  uint8_t length_size_ = 4;
  std::vector<Bytes> sequence_sets_;
  std::vector<Bytes> picture_sets_;
  std::vector<Bytes> extension_sets_;
};

}  // namespace usher
