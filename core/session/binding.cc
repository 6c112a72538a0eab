#include "core/session/binding.h"

#include <algorithm>
#include <string>

#include "core/base/bytes.h"
#include "core/crypto/digest.h"

namespace usher::session {
namespace {

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

}  // namespace

Binding Bind(uint8_t flags, const Place& place) {
  Binding binding{.flags = flags, .digest = {}};
  std::string bound;
  if ((flags & kToCountry) != 0) bound += UpperCase(place.country) + '\0';
  if (bound.empty()) return binding;
  const crypto::Sha256Digest digest = crypto::Sha256(AsBytes(bound));
  std::copy_n(digest.begin(), binding.digest.size(), binding.digest.begin());
  return binding;
}

bool Holds(const Binding& binding, const Place& place) {
  return binding.flags == 0 || Bind(binding.flags, place) == binding;
}

}  // namespace usher::session
