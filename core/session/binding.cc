#include "core/session/binding.h"

#include <algorithm>
#include <string>

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

ByteView PrefixOf(ByteView address) {
  constexpr size_t kV4 = 3;
  constexpr size_t kV6 = 7;
  const size_t size = address.size() == 4 ? kV4 : kV6;
  return address.first(std::min(address.size(), size));
}

Binding Bind(uint8_t flags, const Place& place) {
  Binding binding{.flags = flags, .digest = {}};
  std::string bound;
  if ((flags & kToCountry) != 0) bound += UpperCase(place.country) + '\0';
  if ((flags & kToPrefix) != 0) {
    bound.append(AsText(PrefixOf(place.address))) += '\0';
  }
  if ((flags & kToAgent) != 0) bound.append(place.agent) += '\0';
  if ((flags & kToPath) != 0) bound.append(place.path) += '\0';
  if ((flags & kToAddress) != 0) bound.append(AsText(place.address)) += '\0';
  if (bound.empty()) return binding;
  const crypto::Sha256Digest digest = crypto::Sha256(AsBytes(bound));
  std::copy_n(digest.begin(), binding.digest.size(), binding.digest.begin());
  return binding;
}

bool Holds(const Binding& binding, const Place& place) {
  return binding.flags == 0 || Bind(binding.flags, place) == binding;
}

}  // namespace usher::session
