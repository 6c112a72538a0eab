// Small questions to libav's structures, asked by every kind of stream.
#pragma once

#include <string>

#include "core/base/bytes.h"
#include "packager/input/av_handles.h"

namespace usher {

// MP4 and MOV: times are exact and start at the presentation's zero.
bool HasExactTimes(const AVFormatContext& format);
bool IsTransportStream(const AVFormatContext& format);

ByteView ExtradataOf(const AVCodecParameters& parameters);
ByteView PayloadOf(const AVPacket& packet);
std::string LanguageOf(const AVStream& stream);  // BCP 47
// urn:mpeg:dash:role:2011, as the container's flags tell it; empty: nothing.
std::string RoleOf(const AVStream& stream);
int64_t DurationOf(const AVPacket& packet, AVRational time_base,
                   uint32_t timescale);

// The decoder configuration that comes with the packet; empty where none does.
ByteView NewExtradata(const AVPacket& packet);
// Whether the packet brings a decoder configuration other than `config`.
bool ChangesConfiguration(const AVPacket& packet, ByteView config);
bool IsEncrypted(const AVPacket& packet);

}  // namespace usher
