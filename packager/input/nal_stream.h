// H.264 and HEVC: access units as length-prefixed NAL units, parameter sets out
// of band.
#pragma once

#include "packager/input/video_stream.h"
#include "packager/track/nal_units.h"

namespace usher {

// What a NAL unit makes of its access unit.
enum class NalRole {
  kOther,
  kParameterSet,
  kPicture,
  kKeyPicture,         // nothing behind it is presented in front of it
  kLeadingKeyPicture,  // decodable pictures may be
  kOpenKeyPicture,     // and ones that refer to what lies in front of it
  kRefersBack,         // such a picture
};

class NalStream : public VideoStream {
 public:
  Result<std::optional<Packet>> Read(const AVPacket& packet) override;
  bool filters() const override { return !annex_b_ && exact_times(); }
  Result<FilteredSample> Filter(std::span<uint8_t> sample,
                                int64_t time) const override;
  std::optional<KeyKind> KindOf(ByteView head) const override;
  void Restart() override;

 protected:
  NalStream(AVFormatContext& format, AVStream& stream, Codec codec,
            bool annex_b)
      : VideoStream(format, stream, codec), annex_b_(annex_b) {}

  virtual NalRole RoleOf(ByteView unit) const = 0;
  // Whether a parameter set is one of the decoder configuration's.
  virtual bool Holds(ByteView unit) const = 0;

  NalUnits Units(ByteView data) const;
  void SetConfig(const Bytes& record, std::string codecs, uint8_t length_size);

 private:
  // What a walk over the NAL units of one access unit finds.
  struct Contents {
    NalRole picture = NalRole::kOther;  // of its first picture
    bool untidy = false;                // must be written anew
  };

  Result<Contents> Inspect(ByteView data, int64_t time) const;
  bool IsDecodable(const Contents& contents);
  std::optional<Packet> LeaveOut();
  // Without parameter sets, and without zeros behind NAL units, which FFmpeg
  // leaves there when it copies MPEG-TS to MP4.
  void Tidy(ByteView data, Bytes& tidied) const;

  bool annex_b_;
  uint8_t length_size_ = 4;
  bool restarted_ = false;
  bool decodable_ = false;  // a key picture was seen since
  bool opened_ = false;     // and it was the first one, an open one
  Bytes rewritten_;
};

}  // namespace usher
