// Hop headers: only what this fleet signed for this very request is accepted,
// and two requests never have the same signed bytes.
#include <algorithm>
#include <string>

#include "core/base/base64url.h"
#include "core/hop/cdn_loop.h"
#include "core/hop/hop.h"
#include "tests/fakes/fixed_random.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

hop::Secrets& Fleet() {
  static hop::Secrets secrets =
      hop::Secrets::Parse("7:" + std::string(64, 'a'), "fuzz").value();
  return secrets;
}

std::string_view Take(std::string_view& rest) {
  if (rest.empty()) return {};
  const size_t size = static_cast<uint8_t>(rest.front()) % 16;
  rest.remove_prefix(1);
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(taken.size());
  return taken;
}

hop::Message TakeMessage(std::string_view& rest) {
  hop::Message message;
  message.method = Take(rest);
  message.host = Take(rest);
  message.path = Take(rest);
  message.args = Take(rest);
  return message;
}

bool Same(const hop::Message& a, const hop::Message& b) {
  return a.method == b.method && a.host == b.host && a.path == b.path &&
         a.args == b.args;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  (void)Fleet().Check(text, {}, 1);
  (void)Fleet().Check(ToBase64Url({data, size}), {}, 1);
  (void)hop::PassedThrough(text, "usher-0");

  std::string_view rest = text;
  const hop::Message one = TakeMessage(rest);
  const hop::Message other = TakeMessage(rest);
  FUZZ_EXPECT((hop::SignedBytes({}, one) == hop::SignedBytes({}, other)) ==
              Same(one, other));
  usher::testing::FixedRandom random;
  const auto header = Fleet().Sign(one, 1, random);
  FUZZ_EXPECT(header.has_value());
  FUZZ_EXPECT(Fleet().Check(*header, one, 1).has_value());
  FUZZ_EXPECT(Fleet().Check(*header, other, 1).has_value() == Same(one, other));
  return 0;
}
