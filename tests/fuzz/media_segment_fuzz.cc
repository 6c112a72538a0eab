// Init and media segments of anyone's: boxes, samples, encryption, MPEG-TS,
// packed audio. The input is an init segment behind its 16-bit size, and what
// is left is a media segment.
#include <algorithm>

#include "packager/inspect/cmaf_segment.h"
#include "packager/inspect/packed_audio.h"
#include "packager/inspect/segment_index.h"
#include "packager/inspect/ts_segment.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

namespace {

// A key for every KID that the header names, so that decryption is reached.
inspect::KeyRing KeysFor(const inspect::MediaHeader& header) {
  inspect::KeyRing keys;
  for (const inspect::MediaTrack& track : header.tracks) {
    if (!track.protection) continue;
    keys.insert_or_assign(track.protection->kid, SecretBytes(size_t{16}));
  }
  return keys;
}

void JudgeAsFragments(ByteView init, ByteView media) {
  const auto header = inspect::ReadMediaHeader(init);
  if (!header) return;
  inspect::Findings findings;
  inspect::JudgeMediaHeader(*header, "init", findings);
  const inspect::KeyRing keys = KeysFor(*header);
  for (const bool cut_short : {false, true}) {
    inspect::IvLedger ledger;
    Bytes bytes(media.begin(), media.end());
    inspect::CmafJudge judge(keys, ledger, findings);
    const auto measured =
        judge.Judge({"/film/1.m4s", "1.m4s", 0, cut_short}, *header, bytes);
    FUZZ_EXPECT(measured.readable == !measured.tracks.empty());
    ledger.Report(findings);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const ByteView rest = ByteView(data, size).subspan(2);
  const size_t init_size =
      std::min(static_cast<size_t>(data[0]) << 8 | data[1], rest.size());
  const ByteView media = rest.subspan(init_size);
  JudgeAsFragments(rest.first(init_size), media);
  inspect::Findings findings;
  inspect::JudgeTsSegment(media, "1.ts", false, findings);
  inspect::JudgePackedAudio(media, "1.aac", findings);
  inspect::ReadSegmentIndex(media);
  return 0;
}
