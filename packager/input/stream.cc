#include "packager/input/stream.h"

#include "packager/input/aac_stream.h"
#include "packager/input/h264_stream.h"
#include "packager/input/hevc_stream.h"

namespace usher {

Result<std::unique_ptr<Stream>> MakeStream(AVFormatContext& format,
                                           AVStream& stream) {
  switch (stream.codecpar->codec_id) {
    case AV_CODEC_ID_H264:
      return H264Stream::Make(format, stream);
    case AV_CODEC_ID_HEVC:
      return HevcStream::Make(format, stream);
    case AV_CODEC_ID_AAC:
      return AacStream::Make(format, stream);
    default:
      break;
  }
  const bool video = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
  return BadInput(
      {},
      std::string(avcodec_get_name(stream.codecpar->codec_id)) +
          (video ? " video is not supported" : " sound is not supported"),
      video ? "encode it as H.264: ffmpeg -i IN -c:v libx264 "
              "-c:a copy OUT.mp4"
            : "encode it as AAC: ffmpeg -i IN -c:v copy -c:a aac "
              "OUT.mp4");
}

}  // namespace usher
