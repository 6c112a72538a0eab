// Paths: what is classified has a valid event, and names a KID exactly where
// it is a key.
#include "core/layout/layout.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view path = AsText({data, size});
  FUZZ_EXPECT(layout::IsEventName(layout::EventNameFor(path)));
  const auto resource = layout::Classify(path);
  FUZZ_EXPECT(resource.has_value() == layout::EventOfPath(path).has_value());
  if (!resource) return 0;
  FUZZ_EXPECT(layout::IsEventName(resource->event));
  FUZZ_EXPECT(resource->kid.has_value() ==
              (resource->kind == layout::Kind::kKey));
  if (resource->kid) {
    FUZZ_EXPECT(path == "/" + std::string(resource->event) + "/" +
                            layout::KeyUri(*resource->kid, 0));
  }
  return 0;
}
