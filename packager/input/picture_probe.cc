#include "packager/input/picture_probe.h"

#include <algorithm>
#include <utility>

#include "packager/input/format_io.h"
#include "packager/input/picture_signals.h"
#include "packager/input/video_stream.h"

namespace usher {
namespace {

class MemoryFile final : public InputFile {
 public:
  explicit MemoryFile(ByteView bytes)
      : InputFile("a key picture", {}), bytes_(bytes) {}

  uint64_t size() const override { return bytes_.size(); }
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return std::unexpected(CutShort());
    }
    std::ranges::copy(bytes_.subspan(static_cast<size_t>(offset), out.size()),
                      out.begin());
    return {};
  }

 private:
  ByteView bytes_;
};

}  // namespace

Status ProbePicture(ByteView stream, Track& track) {
  const Interrupt never;
  const bool hevc = track.codec == Codec::kHevc;
  auto io = FormatIo::Open(std::make_shared<MemoryFile>(stream), never,
                           {.formats = hevc ? "hevc" : "h264"});
  if (!io) return std::unexpected(io.error());
  const bool readable =
      *io && avformat_find_stream_info((*io)->format(), nullptr) >= 0 &&
      (*io)->format()->nb_streams == 1;
  if (!readable)
    return BadInput({}, "has a damaged picture", "encode it again");
  AVStream& found = *(*io)->format()->streams[0];
  if (auto known = CheckPictureSize(found); !known) return known;
  const AVCodecParameters& parameters = *found.codecpar;
  track.width = static_cast<uint32_t>(parameters.width);
  track.height = static_cast<uint32_t>(parameters.height);
  const AVRational shape = parameters.sample_aspect_ratio;
  const bool has_shape = shape.num > 0 && shape.den > 0;
  track.sar_num = has_shape ? static_cast<uint32_t>(shape.num) : 1;
  track.sar_den = has_shape ? static_cast<uint32_t>(shape.den) : 1;
  const uint16_t rotation = track.rotation;  // the container's to tell
  DescribePicture(found, track);
  track.rotation = rotation;
  track.decode_delay =
      std::max(track.decode_delay, DecodeDelay(parameters.video_delay, track));
  return {};
}

}  // namespace usher
