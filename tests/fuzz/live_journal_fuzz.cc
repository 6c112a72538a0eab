// An entry of a live event's journal. What can be read can be written, and
// reads as the same.
#include "packager/live/state_codec.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using usher::live::EventState;
using usher::live::StateWriter;

usher::Bytes Written(const EventState& state) {
  StateWriter out;
  out.Head(state, state.schemes.size());
  out.Promise(state.target_duration, state.parts);
  for (const auto& period : state.periods) out.Period(period);
  for (size_t i = 0; i < state.schemes.size(); ++i) {
    const auto& scheme = state.schemes[i];
    for (size_t at = 0; at < scheme.breaks.size(); ++at) {
      out.Break(i, at, scheme.breaks[at]);
    }
    for (size_t track = 0; track < scheme.tracks.size(); ++track) {
      const auto& record = scheme.tracks[track];
      for (const auto& init : record.inits) out.Init(i, track, init);
      for (const auto& each : record.segments) out.Segment(i, track, each);
      for (const auto& part : record.open.parts) {
        out.Part(i, track, record.open, part);
      }
    }
  }
  return out.entry();
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  EventState state;
  if (!usher::live::ReadEntry({data, size}, state)) return 0;
  const usher::Bytes once = Written(state);
  EventState again;
  FUZZ_EXPECT(usher::live::ReadEntry(once, again));
  FUZZ_EXPECT(Written(again) == once);
  return 0;
}
