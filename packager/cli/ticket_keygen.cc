// usher ticket keygen: the private key goes to its file and nowhere else.
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "core/keys/private_file.h"
#include "core/ticket/key_set.h"
#include "packager/cli/ticket_actions.h"

namespace usher::cli {
namespace {

namespace fs = std::filesystem;
using crypto::SigningKey;

constexpr unsigned kOwnerOnly = 0600;
constexpr unsigned kEveryone = 0644;

struct KeygenOptions {
  std::string directory = ".";
  std::string private_file;  // empty: ticket-key.pem in `directory`
  std::string jwks_file;     // empty: jwks.json in `directory`
  std::string algorithm = "ES256";
  std::string kid;  // empty: the thumbprint
  bool force = false;
  bool as_json = false;
};

struct KeyFile {
  fs::path file;
  ByteView bytes;
  unsigned mode;
};

Status RefuseExisting(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(file, ignored))) return {};
  return BadInput(file.string(), "exists already",
                  "name another file, or replace it with --force");
}

Status WriteNew(const KeyFile& made) {
  const auto created =
      keys::CreatePrivateFile(made.file, made.bytes, made.mode);
  if (!created) return std::unexpected(created.error());
  return *created ? Status() : RefuseExisting(made.file);
}

// The old file stays whole until the new one takes its name.
Status Replace(const KeyFile& made) {
  KeyFile next = made;
  next.file += ".new";
  std::error_code error;
  fs::remove(next.file, error);
  Status written = WriteNew(next);
  if (!written) return written;
  fs::rename(next.file, made.file, error);
  if (!error) return {};
  return Failed(made.file.string(),
                "cannot be replaced (" + error.message() + ")");
}

// Both or none.
Status WritePair(const KeyFile& secret, const KeyFile& jwks, bool force) {
  if (force) {
    Status replaced = Replace(secret);
    return replaced ? Replace(jwks) : replaced;
  }
  for (const KeyFile* made : {&secret, &jwks}) {
    Status absent = RefuseExisting(made->file);
    if (!absent) return absent;
  }
  Status written = WriteNew(secret);
  if (!written) return written;
  written = WriteNew(jwks);
  std::error_code ignored;
  if (!written) fs::remove(secret.file, ignored);
  return written;
}

struct KeyPair {
  std::string kid;
  SecretBytes pem;
  std::string jwks;
};

Result<KeyPair> MakeKeyPair(const KeygenOptions& options) {
  const auto algorithm = AlgorithmCalled(options.algorithm);
  if (!algorithm) return std::unexpected(algorithm.error());
  const auto key = SigningKey::Generate(*algorithm);
  if (!key) return std::unexpected(key.error());
  auto kid = options.kid.empty() ? ThumbprintOf(*key) : options.kid;
  if (!kid) return std::unexpected(kid.error());
  const auto jwk = key->PublicJwk(*kid);
  if (!jwk) return std::unexpected(jwk.error());
  auto pem = key->ToPem();
  if (!pem) return std::unexpected(pem.error());
  std::string jwks = JwksOf(*jwk);
  // What no edge would read is not written.
  const auto readable = ticket::KeySet::Parse(jwks, "--kid");
  if (!readable) return std::unexpected(readable.error());
  return KeyPair{*std::move(kid), *std::move(pem), std::move(jwks)};
}

void Print(const KeygenOptions& options, const KeyPair& pair,
           const fs::path& secret, const fs::path& jwks) {
  if (options.as_json) {
    const nlohmann::ordered_json json = {{"kid", pair.kid},
                                         {"private", secret.string()},
                                         {"jwks", jwks.string()}};
    std::cout << json.dump() << '\n';
    return;
  }
  std::cout << "private key  " << secret.string()
            << "  (stays with whoever sells tickets)\n"
            << "public key   " << jwks.string()
            << "  (usher_ticket_keys, on every edge)\n"
            << "kid          " << pair.kid << '\n';
}

Status Keygen(const KeygenOptions& options) {
  const auto pair = MakeKeyPair(options);
  if (!pair) return std::unexpected(pair.error());
  const auto in_directory = [&options](const std::string& chosen,
                                       const char* standard) {
    return chosen.empty() ? fs::path(options.directory) / standard
                          : fs::path(chosen);
  };
  const fs::path secret = in_directory(options.private_file, "ticket-key.pem");
  const fs::path jwks = in_directory(options.jwks_file, "jwks.json");
  Status written =
      WritePair({secret, pair->pem.view(), kOwnerOnly},
                {jwks, AsBytes(pair->jwks), kEveryone}, options.force);
  if (written) Print(options, *pair, secret, jwks);
  return written;
}

}  // namespace

void AddTicketKeygen(CLI::App& parent, int& exit_code) {
  auto options = std::make_shared<KeygenOptions>();
  CLI::App* command = parent.add_subcommand(
      "keygen", "Make a key pair that signs tickets, and its JWKS");
  command
      ->add_option("--out", options->directory,
                   "where ticket-key.pem and jwks.json go (default: here)")
      ->type_name("DIR");
  command
      ->add_option("--private", options->private_file,
                   "the private key's file, mode 0600")
      ->type_name("FILE");
  command
      ->add_option("--jwks", options->jwks_file,
                   "the public key's file, for usher_ticket_keys")
      ->type_name("FILE");
  command
      ->add_option("--algorithm", options->algorithm,
                   "ES256 (default), EdDSA, RS256 or PS256")
      ->type_name("NAME");
  command
      ->add_option("--kid", options->kid,
                   "the key's name (default: its RFC 7638 thumbprint)")
      ->type_name("NAME");
  command->add_flag("--force", options->force, "replace existing files");
  command->add_flag("--json", options->as_json, "print one JSON object");
  command->callback(
      [options, &exit_code] { exit_code = Report(Keygen(*options)); });
}

}  // namespace usher::cli
