// The signed list that `usher revoke --list` keeps.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/crypto/signature.h"
#include "core/ticket/revocation_list.h"

namespace usher::cli {

// Adds to the list in `file`, or takes out where `until` is 0; begins one where
// there is none. What has ended at `now` is dropped. The new list has a higher
// sequence and replaces the file as a whole. Refuses a file that another key
// signed.
Result<ticket::RevocationList> UpdateList(const std::string& file,
                                          const ticket::Revocation& revocation,
                                          const crypto::SigningKey& key,
                                          const std::string& kid, uint32_t now);

}  // namespace usher::cli
