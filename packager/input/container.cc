#include "packager/input/container.h"

#include <algorithm>
#include <string_view>

#include "packager/track/language.h"

namespace usher {

bool HasExactTimes(const AVFormatContext& format) {
  return std::string_view(format.iformat->name).starts_with("mov,");
}

bool IsTransportStream(const AVFormatContext& format) {
  return std::string_view(format.iformat->name) == "mpegts";
}

ByteView ExtradataOf(const AVCodecParameters& parameters) {
  if (parameters.extradata == nullptr) return {};
  return {parameters.extradata, static_cast<size_t>(parameters.extradata_size)};
}

ByteView PayloadOf(const AVPacket& packet) {
  return {packet.data, static_cast<size_t>(packet.size)};
}

std::string LanguageOf(const AVStream& stream) {
  const AVDictionaryEntry* entry =
      av_dict_get(stream.metadata, "language", nullptr, 0);
  return ShortestLanguage(entry == nullptr ? "" : entry->value);
}

std::string RoleOf(const AVStream& stream) {
  if ((stream.disposition & AV_DISPOSITION_VISUAL_IMPAIRED) != 0) {
    return "description";
  }
  if ((stream.disposition & AV_DISPOSITION_COMMENT) != 0) return "commentary";
  if ((stream.disposition & AV_DISPOSITION_DUB) != 0) return "dub";
  return {};
}

int64_t DurationOf(const AVPacket& packet, AVRational time_base,
                   uint32_t timescale) {
  if (packet.duration <= 0) return 0;
  return av_rescale_q(packet.duration, time_base,
                      {1, static_cast<int>(timescale)});
}

ByteView NewExtradata(const AVPacket& packet) {
  size_t size = 0;
  const uint8_t* data =
      av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
  return data == nullptr ? ByteView() : ByteView(data, size);
}

bool ChangesConfiguration(const AVPacket& packet, ByteView config) {
  const ByteView changed = NewExtradata(packet);
  return !changed.empty() && !std::ranges::equal(changed, config);
}

bool IsEncrypted(const AVPacket& packet) {
  return av_packet_get_side_data(&packet, AV_PKT_DATA_ENCRYPTION_INFO,
                                 nullptr) != nullptr;
}

}  // namespace usher
