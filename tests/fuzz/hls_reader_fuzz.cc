// HLS playlists, and what is judged of their text.
#include "core/playlist/hls_reader.h"
#include "packager/inspect/hls_playlist_checks.h"
#include "packager/inspect/hls_rendition.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const playlist::HlsDocument document =
      playlist::ReadHls(AsText({data, size}));
  inspect::Findings findings;
  inspect::JudgeSyntax(document, "p", findings);
  inspect::JudgeMediaPlaylist(document.media, "p", findings);
  inspect::JudgeMultivariantPlaylist(document.presentation, "p", findings);
  const inspect::Rendition rendition = inspect::MakeRendition(
      document, {"/film/", "/film/media.m3u8", "p", false}, findings);
  FUZZ_EXPECT(rendition.segments.size() == document.media.segments.size());
  for (const playlist::ReadSegment& segment : document.media.segments) {
    FUZZ_EXPECT(segment.duration >= 0);
    FUZZ_EXPECT(!segment.map || *segment.map < document.media.maps.size());
    for (const size_t key : segment.keys) {
      FUZZ_EXPECT(key < document.media.keys.size());
    }
  }
  for (const inspect::Finding& finding : findings.all()) {
    FUZZ_EXPECT(finding.OneLine().find('\n') == std::string::npos);
  }
  return 0;
}
