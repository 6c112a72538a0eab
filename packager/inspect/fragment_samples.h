// Judges the samples of one segment: subsample maps, IVs, NAL units, VP9's and
// AV1's headers, sync flags; and decrypts them where the key is known (ISO/IEC
// 23001-7 9, 10; ISO/IEC 14496-15). What is wrong in many samples is said once.
#pragma once

#include <memory>
#include <span>

#include "packager/encrypt/sample_mapper.h"
#include "packager/inspect/cmaf_segment.h"
#include "packager/inspect/movie_fragment.h"
#include "packager/inspect/nal_sample.h"

namespace usher::inspect {

class SampleJudge {
 public:
  SampleJudge(const CmafSource& source, const KeyRing& keys, IvLedger& ledger,
              Findings& findings)
      : source_(source), keys_(keys), ledger_(ledger), findings_(findings) {}

  // `bytes` is the segment. `measured` learns whether it truly starts with a
  // key frame.
  void Judge(const TrackFragment& fragment, Bytes& bytes,
             MeasuredTrack& measured);

 private:
  bool MapFits(const TrackFragment& fragment, size_t sample);
  void RecordIv(const TrackFragment& fragment, size_t sample);
  // Whether the sample can now be read in the clear.
  bool Decrypt(const TrackFragment& fragment, size_t sample,
               std::span<uint8_t> data);
  void JudgeNal(const NalFacts& facts, const TrackFragment& fragment,
                size_t number);
  void Impossible(bool was_protected, size_t number);
  void JudgeHeaders(const TrackFragment& fragment, ByteView sample,
                    size_t number);
  void JudgePlain(const TrackFragment& fragment, ByteView sample,
                  size_t number);

  void Error(std::string check, size_t sample, const std::string& what,
             std::string clause);
  void Say(Severity severity, std::string check, size_t sample,
           const std::string& what, std::string clause);

  const CmafSource& source_;
  const KeyRing& keys_;
  IvLedger& ledger_;
  Findings& findings_;
  std::unique_ptr<SampleMapper> headers_;  // VP9, AV1: what must be clear
  std::set<std::string> said_;             // checks that found something
};

}  // namespace usher::inspect
