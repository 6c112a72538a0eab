#include "packager/encrypt/vp9_mapper.h"

#include "packager/encrypt/subsample_list.h"
#include "packager/track/vp9_frame.h"

namespace usher {
namespace {

class Vp9Mapper final : public SampleMapper {
 public:
  explicit Vp9Mapper(Scheme scheme) : scheme_(scheme) {}

  void StartFragment() override { headers_.Reset(); }

  Result<std::vector<Subsample>> Map(ByteView sample) override {
    SubsampleList list(scheme_ == Scheme::kCenc);
    size_t mapped = 0;
    for (const ByteView frame : SplitSuperframe(sample)) {
      const auto header = headers_.Read(frame);
      if (!header) {
        return BadInput({}, "a VP9 frame header is damaged",
                        "re-encode the input");
      }
      const bool hidden = !header->shows_existing;
      list.Add(hidden ? header->size : frame.size(),
               hidden ? frame.size() - header->size : 0);
      mapped += frame.size();
    }
    list.Add(sample.size() - mapped, 0);
    return list.Finish();
  }

 private:
  Scheme scheme_;
  Vp9HeaderReader headers_;
};

}  // namespace

std::unique_ptr<SampleMapper> MakeVp9Mapper(Scheme scheme) {
  return std::make_unique<Vp9Mapper>(scheme);
}

}  // namespace usher
