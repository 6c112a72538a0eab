// CPIX documents of anyone's: keys, signalling, usage rules.
#include "core/playlist/cpix_reader.h"
#include "packager/pipeline/cpix_rules.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto document = playlist::ReadCpix(SecretBytes(ByteView(data, size)));
  if (!document) return 0;
  for (const playlist::CpixKey& key : document->keys) {
    FUZZ_EXPECT(key.key.size() == 16 && keys::KeyId::Parse(key.kid));
    FUZZ_EXPECT(!key.explicit_iv || key.explicit_iv->size() == 16);
  }
  (void)CheckCpixSystems(*document);
  Track track;
  track.width = track.height = 100;
  for (const TrackKind kind : {TrackKind::kVideo, TrackKind::kAudio}) {
    track.kind = kind;
    const auto kids = CpixKidsFor(track, *document);
    FUZZ_EXPECT(!kids || !kids->empty());
  }
  return 0;
}
