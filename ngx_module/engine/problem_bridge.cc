// The C door to refusals: their codes, statuses and sentences.
#include <cstddef>

#include "core/ticket/verdict.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/counters.h"
#include "ngx_module/engine/problem.h"
#include "ngx_module/engine/seam.h"

namespace usher::engine {
namespace {

Denial DenialOf(int number) {
  const bool known = number >= 0 && static_cast<size_t>(number) < kDenials;
  return known ? static_cast<Denial>(number) : Denial::kTicketInvalid;
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door

const int usher_denial_bad_request =
    static_cast<int>(usher::Denial::kBadRequest);

const int usher_denial_method =
    static_cast<int>(usher::Denial::kMethodNotAllowed);

const int usher_denial_missing =
    static_cast<int>(usher::Denial::kTicketMissing);

const int usher_denial_scope = static_cast<int>(usher::Denial::kTicketScope);

const int usher_denial_key_not_yet =
    static_cast<int>(usher::Denial::kKeyNotYet);

const int usher_denial_rate_limited =
    static_cast<int>(usher::Denial::kRateLimited);

// The texts are string literals, so they end with a zero.
const char* usher_denial_code(int denial) noexcept {
  return CodeOf(DenialOf(denial)).data();
}

int usher_denial_status(int denial) noexcept {
  return HttpStatusOf(DenialOf(denial));
}

const char* usher_denial_sentence(int denial) noexcept {
  return SentenceOf(DenialOf(denial)).data();
}

int usher_problem(int status, const char* code, const char* detail,
                  usher_buffer_t* json) noexcept {
  return Guarded(
      -1, [&] { return Write(ProblemJson(status, code, detail), json); });
}
