// Common Media Client Data (CTA-5004): what a player says of its playback, in
// the query argument CMCD or in four headers. Numbers, tokens and flags only:
// free text (sid, cid, nor) could carry a credential into a log.
#pragma once

#include <string>
#include <string_view>

namespace usher::engine {

// The value of `key` in `data`, as "br=3200,bs,sf=h,sid=\"x\"": digits, a token
// or "1" for a flag. Empty where it is not there, is no key of section 3.2 that
// has such a value, or is malformed. At most 16 characters of [A-Za-z0-9.-].
std::string_view CmcdValue(std::string_view data, std::string_view key);

// The decoded value of the argument CMCD of a raw query; empty where there is
// none, it stands there twice, is longer than 1024 bytes or badly escaped.
std::string CmcdOfQuery(std::string_view query);

}  // namespace usher::engine
