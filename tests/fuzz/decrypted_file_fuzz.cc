// Encrypted MP4 files of anyone's, read in the clear by pieces. The key of
// every KID the file names is at hand.
#include <algorithm>

#include "packager/pipeline/decrypted_file.h"
#include "packager/pipeline/protected_movie.h"
#include "tests/fakes/memory_input.h"
#include "tests/fuzz/fuzz_target.h"

using namespace usher;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input =
      std::make_shared<testing::MemoryInput>(std::string(AsText({data, size})));
  const auto movie = ProtectedMovie::Read(*input);
  if (!movie || !*movie) return 0;
  std::vector<config::InputKey> keys;
  for (const keys::KeyId& kid : (*movie)->Kids()) {
    keys.push_back({kid, SecretBytes(size_t{16})});
  }
  const auto file = DecryptedFile(input, keys);
  FUZZ_EXPECT(file && (*file)->size() == size);
  Bytes bytes(size);
  (void)(*file)->Read(0, bytes);
  for (size_t at = 0; at < size; at += 333) {
    (void)(*file)->Read(
        at, std::span(bytes).subspan(at, std::min<size_t>(333, size - at)));
  }
  return 0;
}
