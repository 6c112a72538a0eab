// The C door to content keys.
#include <algorithm>
#include <cstdint>

#include "core/layout/layout.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/key_answer.h"
#include "ngx_module/engine/opened_file.h"
#include "ngx_module/engine/seam.h"

namespace usher::engine {
namespace {

const keys::MasterKey& MasterOf(const usher_file_t* file) {
  return static_cast<const MasterKeyFile&>(*file->file).key();
}

// A key that does not open may be sealed under a master key that is newer than
// the file as it was read: `usher key rotate-master` waits for nobody.
template <typename Find>
auto WithNewestMaster(usher_file_t* master, Find find) {
  auto found = find();
  if (found || found.error().kind != KeyFailure::Kind::kFailed) return found;
  const auto adopted = master->file->Poll();
  if (adopted && *adopted) return find();
  return found;
}

void Clear(usher_key_refusal_t* refusal) {
  refusal->seconds_early = 0;
  refusal->error.size = 0;
}

usher_key_result_t ResultOf(const KeyFailure& failure,
                            usher_key_refusal_t* refusal) {
  switch (failure.kind) {
    case KeyFailure::Kind::kUnknown:
      return USHER_KEY_UNKNOWN;
    case KeyFailure::Kind::kNotYet:
      refusal->seconds_early = static_cast<uint32_t>(
          std::min<uint64_t>(failure.seconds_early, UINT32_MAX));
      return USHER_KEY_NOT_YET;
    case KeyFailure::Kind::kBadRequest:
      return USHER_KEY_BAD_REQUEST;
    case KeyFailure::Kind::kFailed:
      break;
  }
  WriteLine(failure.error, &refusal->error);
  return USHER_KEY_FAILED;
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door

usher_asked_t usher_key_asked(usher_view_t path,
                              char kid[USHER_KID_SIZE + 1]) noexcept {
  return Guarded(USHER_ASKED_NOTHING, [&] {
    const auto resource = usher::layout::Classify(Text(path));
    if (!resource) return USHER_ASKED_NOTHING;
    if (resource->kind == usher::layout::Kind::kLicence) {
      return USHER_ASKED_LICENCE;
    }
    if (!resource->kid) return USHER_ASKED_NOTHING;
    kid[resource->kid->ToHex().copy(kid, USHER_KID_SIZE)] = '\0';
    return USHER_ASKED_KEY;
  });
}

usher_key_result_t usher_key(const usher_key_store_t* store, usher_view_t path,
                             int64_t now, uint8_t key[USHER_KEY_SIZE],
                             usher_key_refusal_t* refusal) noexcept {
  Clear(refusal);
  return Guarded(USHER_KEY_FAILED, [&] {
    const auto found = WithNewestMaster(store->master, [&] {
      return FindKey(MasterOf(store->master), store->directory, Text(path),
                     static_cast<uint64_t>(now));
    });
    if (!found) return ResultOf(found.error(), refusal);
    if (found->size() != USHER_KEY_SIZE) return USHER_KEY_FAILED;
    std::ranges::copy(found->view(), key);
    return USHER_KEY_FOUND;
  });
}

usher_key_result_t usher_licence(const usher_key_store_t* store,
                                 usher_view_t path, usher_view_t body,
                                 int64_t now, usher_buffer_t* licence,
                                 usher_key_refusal_t* refusal) noexcept {
  Clear(refusal);
  return Guarded(USHER_KEY_FAILED, [&] {
    auto made = WithNewestMaster(store->master, [&] {
      return MakeLicence(MasterOf(store->master), store->directory, Text(path),
                         Text(body), static_cast<uint64_t>(now));
    });
    if (!made) return ResultOf(made.error(), refusal);
    const bool fits = Write(*made, licence) == 0;
    WipeText(*made);
    return fits ? USHER_KEY_FOUND : USHER_KEY_FAILED;
  });
}
