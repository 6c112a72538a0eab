// MPDs, and the segments that their templates and timelines name.
#include "core/playlist/mpd_reader.h"
#include "packager/inspect/dash_rendition.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

namespace {

class NoFiles final : public inspect::Loader {
 public:
  Result<inspect::LoadedFile> Load(
      const std::string&, const std::optional<playlist::ByteRange>&) override {
    return Failed({}, "no files here");
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const playlist::MpdDocument mpd = playlist::ReadMpd(AsText({data, size}));
  NoFiles loader;
  const inspect::KeyRing keys;
  inspect::Findings findings;
  inspect::MediaStore store(loader, keys, findings);
  const inspect::Surroundings around{"/film/", loader, store, 1, findings};
  size_t left = 3;  // each may name a hundred thousand segments
  for (const playlist::ReadPeriod& period : mpd.periods) {
    const inspect::PeriodSource source{period, "/film/manifest.mpd", "m", 60.0,
                                       mpd.dynamic};
    for (const playlist::ReadAdaptationSet& set : period.sets) {
      for (const auto& representation : set.representations) {
        if (left-- == 0) return 0;
        const auto rendition =
            inspect::MakeRendition(representation, source, around);
        FUZZ_EXPECT(rendition.segments.size() <= 100'000 ||
                    !representation.addressing.urls.empty());
      }
    }
  }
  return 0;
}
