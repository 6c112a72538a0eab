#include "core/keys/key_store.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/keys/private_file.h"

namespace usher::keys {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kExtension = ".key";
constexpr size_t kLargestFile = 4096;

// An event is one directory: nothing that climbs, hides or nests. Which names
// are events is core/layout's to say; this only keeps the store in its root.
bool IsDirectoryName(std::string_view event) {
  constexpr size_t kLongest = 255;
  if (event.empty() || event.size() > kLongest) return false;
  return std::ranges::all_of(event, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Status CheckEvent(std::string_view event) {
  if (IsDirectoryName(event)) return {};
  return BadInput("event '" + std::string(event) + "'", "is no event name",
                  "use lower-case letters, digits and '-'");
}

std::optional<KeyId> KidOfFile(const fs::path& file) {
  if (file.extension() != kExtension) return std::nullopt;
  const std::string stem = file.stem().string();
  const auto kid = KeyId::Parse(stem);
  return kid && kid->ToHex() == stem ? kid : std::nullopt;
}

// Calls `visit` for each entry; a directory that is not there has none.
template <typename Visit>
Status ForEachEntry(const fs::path& directory, Visit visit) {
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    visit(*entry);
  }
  if (!error) return {};
  return BadInput(directory.string(),
                  "cannot be read (" + error.message() + ")",
                  "check --key-store and who may read it");
}

Result<std::vector<KeyId>> KidsIn(const fs::path& directory) {
  std::vector<KeyId> kids;
  Status status =
      ForEachEntry(directory, [&](const fs::directory_entry& entry) {
        if (const auto kid = KidOfFile(entry.path().filename())) {
          kids.push_back(*kid);
        }
      });
  if (!status) return std::unexpected(std::move(status).error());
  std::ranges::sort(kids);
  return kids;
}

Result<std::vector<std::string>> EventsIn(const fs::path& root) {
  std::vector<std::string> events;
  Status status = ForEachEntry(root, [&](const fs::directory_entry& entry) {
    std::string name = entry.path().filename().string();
    std::error_code error;
    if (IsDirectoryName(name) && entry.is_directory(error)) {
      events.push_back(std::move(name));
    }
  });
  if (!status) return std::unexpected(std::move(status).error());
  std::ranges::sort(events);
  return events;
}

Result<bool> HasKeys(const fs::path& root) {
  const auto events = EventsIn(root);
  if (!events) return std::unexpected(events.error());
  for (const std::string& event : *events) {
    const auto kids = KidsIn(root / event);
    if (!kids) return std::unexpected(kids.error());
    if (!kids->empty()) return true;
  }
  return false;
}

}  // namespace

KeyStore::KeyStore(fs::path root, MasterKey master)
    : root_(std::move(root)), master_(std::move(master)) {}

Result<KeyStore> KeyStore::OpenOrCreate(fs::path root,
                                        const fs::path& master_file,
                                        RandomSource& random) {
  // Looked at first: whoever adds a key has made the master key before.
  const auto has_keys = HasKeys(root);
  if (!has_keys) return std::unexpected(has_keys.error());
  auto master = *has_keys ? MasterKey::Read(master_file)
                          : MasterKey::ReadOrCreate(master_file, random);
  if (!master) return std::unexpected(std::move(master).error());
  return KeyStore(std::move(root), *std::move(master));
}

Status KeyStore::Add(std::string_view event, const ContentKey& key,
                     RandomSource& random) {
  Status checked = CheckEvent(event);
  if (!checked) return checked;
  const fs::path file = PathOf(event, key.kid);
  const auto created =
      CreatePrivateFile(file, Seal(master_, event, key, random));
  if (!created) return std::unexpected(created.error());
  if (*created) return {};
  return BadInput(file.string(), "the event has a key of this KID already",
                  "choose another KID, or leave --key out");
}

Result<ContentKey> KeyStore::Get(std::string_view event,
                                 const KeyId& kid) const {
  Status checked = CheckEvent(event);
  if (!checked) return std::unexpected(std::move(checked).error());
  const fs::path file = PathOf(event, kid);
  const auto sealed = ReadPrivateFile(file, kLargestFile, Readers::kAnyone);
  if (!sealed) return std::unexpected(sealed.error());
  auto key = Open(master_, event, kid, sealed->view());
  if (!key) key.error().where = file.string();
  return key;
}

Result<std::vector<KeyId>> KeyStore::List(std::string_view event) const {
  Status checked = CheckEvent(event);
  if (!checked) return std::unexpected(std::move(checked).error());
  return KidsIn(root_ / event);
}

Result<std::vector<std::string>> KeyStore::Events() const {
  return EventsIn(root_);
}

fs::path KeyStore::PathOf(std::string_view event, const KeyId& kid) const {
  return root_ / event / (kid.ToHex() + std::string(kExtension));
}

ContentKey NewContentKey(RandomSource& random) {
  ContentKey key{.kid = {},
                 .key = SecretBytes(size_t{16}),
                 .salt = SecretBytes(size_t{16})};
  random.Fill(key.kid.bytes);
  random.Fill(key.key.writable());
  random.Fill(key.salt.writable());
  return key;
}

}  // namespace usher::keys
