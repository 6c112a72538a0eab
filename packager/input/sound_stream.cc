#include "packager/input/sound_stream.h"

#include "packager/input/container.h"
#include "packager/track/media_time.h"

namespace usher {

SoundStream::SoundStream(AVFormatContext& format, AVStream& stream, Codec codec)
    : time_base_(stream.time_base), exact_times_(HasExactTimes(format)) {
  track_.kind = TrackKind::kAudio;
  track_.codec = codec;
  track_.language = LanguageOf(stream);
  track_.role = RoleOf(stream);
}

void SoundStream::SetFormat(uint32_t sample_rate, uint32_t channels) {
  track_.sample_rate = sample_rate;
  track_.channels = channels;
  track_.timescale =
      exact_times_ ? static_cast<uint32_t>(time_base_.den) : sample_rate;
}

Result<int64_t> SoundStream::TimeOf(const AVPacket& packet) const {
  return PresentationTime(packet, time_base_, track_.timescale);
}

Result<bool> SoundStream::IsOfFormat(uint32_t told, uint32_t configured,
                                     const AVPacket& frame) {
  const bool again = strange_format_ == told;
  strange_format_.reset();
  if (told == configured) return true;
  if (again) return std::unexpected(FormatChangedAt(frame));
  strange_format_ = told;
  return false;
}

Error SoundStream::FormatChangedAt(const AVPacket& frame) {
  changed_ = true;
  const auto time = TimeOf(frame);
  if (!time) return time.error();
  return {ErrorKind::kBadInput,
          {},
          "changes its sample rate or channels at " +
              FormatSeconds({*time, track_.timescale}),
          kReencodeSound};
}

Result<std::optional<Packet>> SoundStream::PlacedAt(const AVPacket& source,
                                                    uint32_t samples) {
  const auto time = TimeOf(source);
  if (!time) return std::unexpected(time.error());
  const std::optional<int64_t> counted =
      exact_times_ || keeps_times_ ? *time : counter_.Next(*time, samples);
  if (!counted) return std::nullopt;
  Packet packet;
  packet.time = *counted;
  packet.duration =
      exact_times_ ? DurationOf(source, time_base_, track_.timescale) : samples;
  packet.key = true;
  packet.presented = !exact_times_ || packet.time + packet.duration > 0;
  return packet;
}

}  // namespace usher
