// Films: opened, scanned, planned and cut as `usher package` does it.
#include <algorithm>
#include <memory>
#include <vector>

#include "packager/fragment/cut_plan.h"
#include "packager/fragment/track_cutter.h"
#include "packager/input/input_file.h"
#include "packager/input/media_file.h"
#include "packager/input/scan.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

namespace {

class InMemory final : public InputFile {
 public:
  explicit InMemory(ByteView bytes) : InputFile("film", ""), bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    FUZZ_EXPECT(offset <= size() && out.size() <= size() - offset);
    std::ranges::copy(bytes_.subspan(offset, out.size()), out.begin());
    return {};
  }

 private:
  ByteView bytes_;
};

void CheckTrack(const Track& track) {
  FUZZ_EXPECT(track.timescale > 0);
  FUZZ_EXPECT(!track.decoder_config.empty());
  FUZZ_EXPECT(!track.codecs.empty());
  FUZZ_EXPECT(track.kind == TrackKind::kAudio || track.width > 0);
}

void CheckFragment(const Fragment& fragment) {
  size_t bytes = 0;
  for (const Sample& sample : fragment.samples) bytes += sample.size;
  FUZZ_EXPECT(!fragment.samples.empty());
  FUZZ_EXPECT(bytes == fragment.data.size());
}

std::vector<TrackScan> ScanAll(MediaFile& film) {
  std::vector<size_t> tracks;
  for (size_t i = 0; i < film.tracks().size(); ++i) {
    if (film.tracks()[i].problem) continue;
    CheckTrack(film.tracks()[i].track);
    tracks.push_back(i);
  }
  if (tracks.empty()) return {};
  return ScanTracks(film, tracks, KeyTimes::kFind, [](double) {})
      .value_or(std::vector<TrackScan>());
}

TrackCutter CutterFor(const Track& track, const TrackScan& scan) {
  const int64_t shift = track.decode_delay - scan.first;
  KeyFrames keys;
  keys.timescale = track.timescale;
  keys.times = {0};
  keys.end = scan.end - scan.first;
  for (const int64_t time : scan.key_times) {
    if (time + shift > keys.times.back()) keys.times.push_back(time + shift);
  }
  const auto plan = PlanCuts({&keys, 1}, 1);
  FUZZ_EXPECT(plan.has_value());
  return {track,
          track.kind == TrackKind::kVideo ? VideoCuts(*plan, 0)
                                          : SoundCuts(*plan, track.timescale),
          shift};
}

void Cut(MediaFile& film, const TrackScan& scan) {
  film.Select({&scan.track, 1});
  TrackCutter cutter = CutterFor(film.tracks()[scan.track].track, scan);
  while (true) {
    const auto packet = film.Read();
    if (!packet || !*packet) break;
    const auto fragment = cutter.Add(**packet);
    if (!fragment) return;
    if (*fragment) CheckFragment(**fragment);
  }
  const auto last = cutter.Finish();
  if (last && *last) CheckFragment(**last);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::make_shared<InMemory>(ByteView(data, size));
  const Interrupt interrupt;
  auto film = MediaFile::Open(file, interrupt);
  if (!film) return 0;
  for (const TrackScan& scan : ScanAll(*film)) {
    auto again = MediaFile::Open(file, interrupt);
    if (again && scan.track < again->tracks().size() &&
        !again->tracks()[scan.track].problem) {
      Cut(*again, scan);
    }
  }
  return 0;
}
