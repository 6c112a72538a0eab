// What a stranger sends to the RTMP listener: the input is their bytes, the
// first of which says in pieces of which size they come.
#include <algorithm>

#include "packager/input/rtmp/flv.h"
#include "packager/input/rtmp/publish_session.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

class Handler final : public rtmp::PublishHandler {
 public:
  rtmp::Admission MayPublish(std::string_view app,
                             std::string_view name) override {
    if (app.size() + name.size() > 100) return rtmp::Admission::kBusy;
    return name == "wrong" ? rtmp::Admission::kWrongKey
                           : rtmp::Admission::kAdmitted;
  }
  void OnMedia(rtmp::Message message) override {
    Bytes tag;
    rtmp::WriteFlvTag(message, tag);
    FUZZ_EXPECT(tag.size() <= message.body.size() + 15);
  }
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  Handler handler;
  rtmp::PublishSession session(handler);
  // The handshake is any 3073 bytes that begin with 3: the input need not have
  // them.
  Bytes reply;
  Bytes hello(1 + 2 * 1536);
  hello[0] = 3;
  FUZZ_EXPECT(session.Receive(hello, reply).has_value());
  ByteView rest(data + 1, size - 1);
  const size_t piece = 1 + data[0];
  while (!rest.empty() && !session.ended()) {
    const size_t now = std::min(piece, rest.size());
    if (!session.Receive(rest.first(now), reply)) break;
    rest = rest.subspan(now);
  }
  return 0;
}
