#include "packager/pipeline/film_reader.h"

#include <algorithm>
#include <utility>

#include "packager/track/media_time.h"
#include "packager/track/parameter_sets.h"

namespace usher {

Result<FilmReader> FilmReader::Open(const PackagePlan& plan,
                                    const Interrupt& interrupt) {
  FilmReader reader(plan);
  for (size_t i = 0; i < plan.files.size(); ++i) {
    auto file = MediaFile::Open(plan.files[i], interrupt);
    if (!file) return std::unexpected(file.error());
    Input input{*std::move(file), {}};
    input.planned.resize(input.file.tracks().size());
    std::vector<size_t> wanted;
    for (size_t t = 0; t < plan.tracks.size(); ++t) {
      const PlannedTrack& track = plan.tracks[t];
      if (track.input != i) continue;
      if (track.input_track >= input.planned.size()) {
        return Failed(plan.files[i]->where(), "changed while it was read");
      }
      input.planned[track.input_track] = t;
      wanted.push_back(track.input_track);
    }
    input.ended = wanted.empty();
    input.file.Select(wanted);
    reader.inputs_.push_back(std::move(input));
  }
  return reader;
}

Result<std::optional<Packet>> FilmReader::Next() {
  while (Input* input = FurthestBehind()) {
    auto packet = input->file.Read();
    if (!packet) return std::unexpected(packet.error());
    input->ended = !packet->has_value();
    if (input->ended) continue;
    if (auto planned = CheckPlanned(*input, **packet); !planned) {
      return std::unexpected(planned.error());
    }
    if (auto placed = Place(*input, **packet)) return placed;
  }
  return std::nullopt;
}

double FilmReader::seconds() const {
  double least = plan_->seconds;
  for (const Input& input : inputs_) {
    if (!input.ended) least = std::min(least, input.seconds);
  }
  return least;
}

FilmReader::Input* FilmReader::FurthestBehind() {
  Input* behind = nullptr;
  for (Input& input : inputs_) {
    if (input.ended) continue;
    if (behind == nullptr || input.seconds < behind->seconds) behind = &input;
  }
  return behind;
}

// What pictures need of parameter sets, the init segment must have.
Status FilmReader::CheckPlanned(const Input& input,
                                const Packet& packet) const {
  const auto index = input.planned[packet.track];
  if (packet.config_change == ConfigChange::kNone || !index) return {};
  const Track& read = input.file.CurrentTrack(packet.track);
  const PlannedTrack& track = plan_->tracks[*index];
  const auto holds = [&](const Track& planned) {
    return HoldsSetsOf(planned, read);
  };
  if (holds(track.track) ||
      std::ranges::any_of(track.variants, holds, &TrackVariant::track)) {
    return {};
  }
  return BadInput(input.file.where(),
                  "brings parameter sets that none of its key pictures has",
                  "copy it: ffmpeg -i IN -c copy OUT.mkv");
}

std::optional<Packet> FilmReader::Place(Input& input, Packet packet) const {
  const auto index = input.planned[packet.track];
  if (!index) return std::nullopt;
  const PlannedTrack& track = plan_->tracks[*index];
  const MediaTime time{packet.time + track.shift, track.track.timescale};
  input.seconds = std::max(input.seconds, time.Seconds());
  if (track.not_before && packet.time + packet.duration <= *track.not_before) {
    return std::nullopt;
  }
  packet.track = *index;
  return packet;
}

}  // namespace usher
