#include "core/keys/master_rotation.h"

#include <fcntl.h>
#include <sys/file.h>

#include <optional>
#include <string>
#include <utility>

#include "core/base/file_descriptor.h"
#include "core/keys/key_store.h"
#include "core/keys/private_file.h"

namespace usher::keys {
namespace fs = std::filesystem;
namespace {

constexpr size_t kLargestFile = 4096;

// Held as long as the descriptor is open, also by a process that is killed.
Result<FileDescriptor> Lock(const fs::path& store) {
  FileDescriptor directory(
      open(store.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) {
    return BadInput(store.string(), "is no key store",
                    "check --key-store and who may read it");
  }
  if (flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    return Failed(store.string(), "another rotation is under way",
                  "wait for it to end");
  }
  return directory;
}

// Whether `file` was sealed under an older master key and no longer is.
Result<bool> Reseal(const fs::path& file, std::string_view event,
                    const KeyId& kid, const MasterKey& master,
                    RandomSource& random) {
  const auto sealed = ReadPrivateFile(file, kLargestFile, Readers::kAnyone);
  if (!sealed) return std::unexpected(sealed.error());
  if (Open(master.Newest(), event, kid, sealed->view())) return false;
  const auto key = Open(master, event, kid, sealed->view());
  if (!key) {
    Error error = key.error();
    error.where = file.string();
    return std::unexpected(std::move(error));
  }
  Status replaced = ReplacePrivateFile(file, Seal(master, event, *key, random));
  if (!replaced) return std::unexpected(std::move(replaced).error());
  return true;
}

Status ResealAll(const KeyStore& store, const MasterKey& master,
                 MasterRotation& rotation, RandomSource& random) {
  const auto events = store.Events();
  if (!events) return std::unexpected(events.error());
  for (const std::string& event : *events) {
    const auto kids = store.List(event);
    if (!kids) return std::unexpected(kids.error());
    for (const KeyId& kid : *kids) {
      const auto resealed =
          Reseal(store.PathOf(event, kid), event, kid, master, random);
      if (!resealed) return std::unexpected(resealed.error());
      ++(*resealed ? rotation.resealed : rotation.already);
    }
  }
  return {};
}

}  // namespace

Result<MasterRotation> RotateMaster(const fs::path& store,
                                    const fs::path& master_file, bool finish,
                                    RandomSource& random) {
  const auto lock = Lock(store);
  if (!lock) return std::unexpected(lock.error());
  auto master = MasterKey::Read(master_file);
  if (!master) return std::unexpected(std::move(master).error());
  MasterRotation rotation;
  rotation.resumed = master->all().size() > 1;
  if (finish && !rotation.resumed) {
    return BadInput(master_file.string(),
                    "holds one key: no rotation to finish",
                    "start one without --finish");
  }
  if (!rotation.resumed) {
    master = master->WithNew(random);
    Status written = ReplacePrivateFile(master_file, master->ToText().view());
    if (!written) return std::unexpected(std::move(written).error());
  }
  Status resealed =
      ResealAll(KeyStore(store, master->Clone()), *master, rotation, random);
  if (!resealed) return std::unexpected(std::move(resealed).error());
  if (finish) {
    master = master->Newest();
    Status written = ReplacePrivateFile(master_file, master->ToText().view());
    if (!written) return std::unexpected(std::move(written).error());
  }
  rotation.older_masters = master->all().size() - 1;
  return rotation;
}

}  // namespace usher::keys
