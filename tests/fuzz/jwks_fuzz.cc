// Key sets: whatever is accepted has usable keys, each under its own kid.
#include "core/ticket/key_set.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const auto set = ticket::KeySet::Parse(AsText({data, size}), "fuzz");
  if (!set) {
    FUZZ_EXPECT(set.error().OneLine().starts_with("fuzz"));
    return 0;
  }
  FUZZ_EXPECT(!set->keys().empty());
  for (const ticket::KeySet::Key& key : set->keys()) {
    FUZZ_EXPECT(set->Find(key.kid) == &key);
    FUZZ_EXPECT(!key.verify.Verify(AsBytes("message"), Bytes(64, 0)));
  }
  return 0;
}
