#include "packager/encrypt/nal_mapper.h"

#include <optional>
#include <string>
#include <utility>

#include "packager/encrypt/h264/nal_unit.h"
#include "packager/encrypt/h264/slice_header.h"
#include "packager/encrypt/hevc/nal_unit.h"
#include "packager/encrypt/hevc/slice_header.h"
#include "packager/encrypt/subsample_list.h"

namespace usher {
namespace {

struct H264 {
  using DecoderConfig = h264::DecoderConfig;
  static constexpr size_t kNalHeaderSize = 1;
  static bool IsVcl(ByteView nal) { return h264::IsVcl(nal); }
  static std::optional<size_t> SliceHeaderSize(
      ByteView nal, const h264::ParameterSets& sets) {
    return h264::SliceHeaderSize(nal, sets);
  }
};

struct Hevc {
  using DecoderConfig = hevc::DecoderConfig;
  static constexpr size_t kNalHeaderSize = hevc::kNalHeaderSize;
  static bool IsVcl(ByteView nal) { return hevc::IsVcl(nal); }
  static std::optional<size_t> SliceHeaderSize(
      ByteView nal, const hevc::ParameterSets& sets) {
    return hevc::SliceHeaderSize(nal, sets);
  }
};

// Takes one NAL unit behind its length off `rest`; nothing where it is longer
// than what is left.
std::optional<ByteView> TakeNal(ByteView& rest, unsigned length_size) {
  if (rest.size() < length_size) return std::nullopt;
  size_t size = 0;
  for (unsigned i = 0; i < length_size; ++i) size = size << 8 | rest[i];
  rest = rest.subspan(length_size);
  if (rest.size() < size) return std::nullopt;
  const ByteView nal = rest.first(size);
  rest = rest.subspan(size);
  return nal;
}

template <typename Syntax>
class NalMapper final : public SampleMapper {
 public:
  NalMapper(Scheme scheme, typename Syntax::DecoderConfig config)
      : scheme_(scheme), config_(std::move(config)) {}

  void StartFragment() override {
    if (!sets_changed_) return;
    sets_ = config_.parameter_sets;
    sets_changed_ = false;
  }

  Result<std::vector<Subsample>> Map(ByteView sample) override {
    const unsigned length_size = config_.nal_length_size;
    SubsampleList list(scheme_ == Scheme::kCenc);
    ByteView rest = sample;
    while (!rest.empty()) {
      const size_t offset = sample.size() - rest.size();
      const std::optional<ByteView> nal = TakeNal(rest, length_size);
      if (!nal) {
        return BadInput({},
                        "the NAL unit at byte " + std::to_string(offset) +
                            " of " + std::to_string(sample.size()) +
                            " is longer than the sample",
                        "remux or re-encode the input");
      }
      const size_t clear = ClearSize(*nal);
      list.Add(length_size + clear, nal->size() - clear);
    }
    return list.Finish();
  }

 private:
  size_t ClearSize(ByteView nal) {
    if (nal.size() <= Syntax::kNalHeaderSize) return nal.size();
    if (!Syntax::IsVcl(nal)) {
      if (sets_.Add(nal)) sets_changed_ = true;
      return nal.size();
    }
    return Syntax::SliceHeaderSize(nal, sets_).value_or(Syntax::kNalHeaderSize);
  }

  Scheme scheme_;
  typename Syntax::DecoderConfig config_;
  decltype(Syntax::DecoderConfig::parameter_sets) sets_;
  bool sets_changed_ = true;
};

}  // namespace

std::unique_ptr<SampleMapper> MakeNalMapper(Scheme scheme,
                                            h264::DecoderConfig config) {
  return std::make_unique<NalMapper<H264>>(scheme, std::move(config));
}

std::unique_ptr<SampleMapper> MakeNalMapper(Scheme scheme,
                                            hevc::DecoderConfig config) {
  return std::make_unique<NalMapper<Hevc>>(scheme, std::move(config));
}

}  // namespace usher
