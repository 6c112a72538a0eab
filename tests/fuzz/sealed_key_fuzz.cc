// Sealed key files: only the one file that was sealed opens, and what does not
// open tells nothing but where.
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "core/keys/key_store.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;

// What corpus/sealed_key/good was sealed under.
keys::MasterKey MakeMaster() {
  char name[] = "/tmp/usher-fuzz-XXXXXX";
  const int fd = mkstemp(name);
  const std::string hex(64, '0');
  FUZZ_EXPECT(write(fd, hex.data(), hex.size()) ==
              static_cast<ssize_t>(hex.size()));
  close(fd);
  auto master = keys::MasterKey::Read(name);
  unlink(name);
  FUZZ_EXPECT(master.has_value());
  return *std::move(master);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const keys::MasterKey master = MakeMaster();
  const auto kid = *keys::KeyId::Parse("0123456789abcdef0123456789abcdef");
  const auto key = keys::Open(master, "fight", kid, {data, size});
  if (key) {
    FUZZ_EXPECT(size == 68);
    FUZZ_EXPECT(key->key.size() == 16 && key->salt.size() == 16);
    return 0;
  }
  FUZZ_EXPECT(key.error().where ==
              "fight/0123456789abcdef0123456789abcdef.key");
  return 0;
}
