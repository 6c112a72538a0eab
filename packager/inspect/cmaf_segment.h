// Judges one fragmented MP4 segment by itself: its boxes, its samples, its
// encryption (ISO/IEC 14496-12 8.8, 23000-19 7.3, 23001-7).
#pragma once

#include <string>

#include "packager/inspect/finding.h"
#include "packager/inspect/iv_ledger.h"
#include "packager/inspect/measured.h"

namespace usher::inspect {

struct CmafSource {
  std::string location;    // absolute, for the ledger
  std::string place;       // as shown
  uint64_t offset = 0;     // of `bytes` in the resource
  bool cut_short = false;  // an I-frame's byte range
};

class CmafJudge {
 public:
  // All outlive the judge.
  CmafJudge(const KeyRing& keys, IvLedger& ledger, Findings& findings)
      : keys_(keys), ledger_(ledger), findings_(findings) {}

  // `bytes` are decrypted in place where a key is known.
  MeasuredSegment Judge(const CmafSource& source, const MediaHeader& header,
                        Bytes& bytes);

 private:
  const KeyRing& keys_;
  IvLedger& ledger_;
  Findings& findings_;
};

// Judges what the header says by itself.
void JudgeMediaHeader(const MediaHeader& header, const std::string& place,
                      Findings& findings);

}  // namespace usher::inspect
