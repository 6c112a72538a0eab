#include "packager/cli/revocation_list_file.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/base/bytes.h"
#include "core/keys/private_file.h"
#include "core/ticket/key_set.h"
#include "packager/cli/ticket_actions.h"

namespace usher::cli {
namespace {

using ticket::Revocation;
using ticket::RevocationList;

Result<RevocationList> ReadList(const std::string& file,
                                const crypto::SigningKey& key,
                                const std::string& kid) {
  if (!std::filesystem::exists(file)) return RevocationList{};
  const auto text =
      keys::ReadPrivateFile(file, ticket::kMaxListSize, keys::Readers::kAnyone);
  if (!text) return std::unexpected(text.error());
  const auto jwk = key.PublicJwk(kid);
  if (!jwk) return std::unexpected(jwk.error());
  const auto keys = ticket::KeySet::Parse(JwksOf(*jwk), "key");
  if (!keys) return std::unexpected(keys.error());
  auto list = ticket::VerifyList(AsText(text->view()), *keys);
  if (!list) {
    return BadInput(file,
                    std::string("is no list of this key: ") + list.error(),
                    "name another file, or the key that signed it");
  }
  return *std::move(list);
}

Status WriteWhole(const std::string& file, const std::string& text) {
  const std::string fresh = file + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text << '\n';
    out.flush();
    if (!out) return Failed(fresh, "cannot be written");
  }
  if (std::rename(fresh.c_str(), file.c_str()) == 0) return {};
  return Failed(file, "cannot be replaced");
}

}  // namespace

Result<RevocationList> UpdateList(const std::string& file,
                                  const Revocation& revocation,
                                  const crypto::SigningKey& key,
                                  const std::string& kid, uint32_t now) {
  auto list = ReadList(file, key, kid);
  if (!list) return list;
  std::erase_if(list->revocations, [&](const Revocation& old) {
    const bool same = old.kind == revocation.kind && old.id == revocation.id;
    return same || (old.until <= now && old.until != 0);
  });
  // What is taken back stays as such, so that every box hears of it.
  list->revocations.push_back(revocation);
  list->sequence = std::max(list->sequence + 1, now);
  const auto text = ticket::SignList(*list, kid, key);
  if (!text) return std::unexpected(text.error());
  if (Status written = WriteWhole(file, *text); !written) {
    return std::unexpected(written.error());
  }
  return list;
}

}  // namespace usher::cli
