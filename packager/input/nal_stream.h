// H.264 and HEVC: access units as length-prefixed NAL units, parameter sets out
// of band.
#pragma once

#include "packager/input/video_stream.h"
#include "packager/track/nal_units.h"
#include "packager/track/set_fit.h"

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
  void FollowChanges() override { follows_changes_ = true; }
  bool changed() const override { return changed_; }
  void Restart() override;

 protected:
  NalStream(AVFormatContext& format, AVStream& stream, Codec codec,
            bool annex_b)
      : VideoStream(format, stream, codec), annex_b_(annex_b) {}

  virtual NalRole RoleOf(ByteView unit) const = 0;
  // Of a parameter set.
  virtual SetFit FitOf(ByteView unit) const = 0;
  // Makes a decoder configuration that takes in parameter sets of one access
  // unit, and those it holds.
  virtual Status TakeSets(const std::vector<ByteView>& sets) = 0;
  // Makes it of what the container says from a picture on. False where that
  // says nothing new.
  virtual Result<bool> TakeRecord(ByteView extradata) = 0;
  virtual std::vector<Bytes> ParameterSets() const = 0;

  NalUnits Units(ByteView data) const;
  void SetConfig(const Bytes& record, std::string codecs, uint8_t length_size);

 private:
  // What a walk over the NAL units of one access unit finds.
  struct Contents {
    NalRole picture = NalRole::kOther;  // of its first picture
    bool untidy = false;                // must be written anew
    SetFit sets = SetFit::kHeld;        // the worst of its parameter sets
  };

  Result<Contents> Inspect(ByteView data, int64_t time) const;
  Error ChangedAt(int64_t time) const;
  Result<bool> FollowContainer(const AVPacket& source, int64_t time);
  Status FollowSets(ByteView data, const Contents& contents, int64_t time);
  Status BeginAnew(ByteView data, const Contents& contents, int64_t time);
  void NoteStrangeSets(ByteView data);
  bool IsDecodable(const Contents& contents);
  std::optional<Packet> LeaveOut();
  // Without parameter sets, and without zeros behind NAL units, which FFmpeg
  // leaves there when it copies MPEG-TS to MP4.
  void Tidy(ByteView data, Bytes& tidied) const;

  bool annex_b_;
  uint8_t length_size_ = 4;
  bool follows_changes_ = false;
  ConfigChange change_ = ConfigChange::kNone;  // since the last packet
  bool restarted_ = false;
  Bytes strange_sets_;      // that came last, and were not followed
  bool changed_ = false;    // they came twice
  bool decodable_ = false;  // a key picture was seen since
  bool opened_ = false;     // and it was the first one, an open one
  Bytes rewritten_;
};

}  // namespace usher
