// What pages send: bodies of /usher/session, tickets that are not verified yet,
// and Clear Key licence requests.
#include <filesystem>

#include "core/crypto/system_random.h"
#include "core/layout/layout.h"
#include "ngx_module/engine/key_answer.h"
#include "ngx_module/engine/session_endpoint.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

usher::keys::MasterKey MakeMaster() {
  const auto file =
      std::filesystem::temp_directory_path() / "usher-fuzz-master.key";
  usher::crypto::SystemRandom random;
  return *usher::keys::MasterKey::ReadOrCreate(file, random);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view text = AsText({data, size});
  if (const auto body = engine::ReadSessionBody(text)) {
    // The shim's buffer has room for the body's size.
    FUZZ_EXPECT(body->ticket.size() + body->event.size() +
                    body->session.size() <=
                size);
  }
  FUZZ_EXPECT(engine::OnlyEventOf(text).size() <= size);
  static const keys::MasterKey master = MakeMaster();
  const auto licence =
      engine::MakeLicence(master, "/nonexistent", "/film/key/", text, 0);
  FUZZ_EXPECT(!licence);
  FUZZ_EXPECT(licence.error().kind != engine::KeyFailure::Kind::kFailed);
  return 0;
}
