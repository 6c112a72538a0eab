// The C door to watched files, and to what workers may read.
#include <memory>

#include "core/base/secret_memory.h"
#include "ngx_module/bridge.h"
#include "ngx_module/engine/opened_file.h"
#include "ngx_module/engine/reader.h"
#include "ngx_module/engine/seam.h"
#include "ngx_module/engine/watched_file.h"

namespace usher::engine {
namespace {

Reader MakeReader(const usher_reader_t* reader) {
  if (reader->user == nullptr) return {};
  return {reader->user, reader->uid, reader->gid};
}

std::unique_ptr<WatchedFile> MakeFile(usher_file_kind_t kind,
                                      const char* path) {
  switch (kind) {
    case USHER_TICKET_KEYS:
      return std::make_unique<TicketKeysFile>(path);
    case USHER_SESSION_SECRETS:
      return std::make_unique<SessionSecretsFile>(path);
    case USHER_MASTER_KEY:
      return std::make_unique<MasterKeyFile>(path);
    case USHER_CONTROL_SECRET:
      return std::make_unique<ControlSecretFile>(path);
    case USHER_HOP_SECRETS:
      return std::make_unique<HopSecretsFile>(path);
    case USHER_REVOCATIONS:
      break;
  }
  return nullptr;
}

usher_file_t* Opened(std::unique_ptr<usher_file_s> file, const char* path,
                     const usher_reader_t* reader, usher_buffer_t* error) {
  Status status = file->file->Load();
  if (status) status = MakeReader(reader).CheckFile(path);
  if (status) return file.release();
  WriteLine(status.error(), error);
  return nullptr;
}

}  // namespace
}  // namespace usher::engine

using namespace usher::engine;  // NOLINT: the C functions below are its door

usher_file_t* usher_file_open(usher_file_kind_t kind, const char* path,
                              const usher_reader_t* reader,
                              usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded<usher_file_t*>(nullptr, [&] {
    return Opened(std::make_unique<usher_file_s>(kind, MakeFile(kind, path)),
                  path, reader, error);
  });
}

usher_file_t* usher_revocations_open(const char* path, const usher_file_t* keys,
                                     const usher_reader_t* reader,
                                     usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded<usher_file_t*>(nullptr, [&] {
    const auto& key_file = static_cast<const TicketKeysFile&>(*keys->file);
    auto list = std::make_unique<usher_file_s>(
        USHER_REVOCATIONS, std::make_unique<RevocationsFile>(path, key_file));
    usher::Status status = list->file->Load();
    if (status) status = MakeReader(reader).CheckFile(path);
    if (!status) WriteLine(status.error(), error);
    return list.release();
  });
}

void usher_file_close(usher_file_t* file) noexcept { delete file; }

usher_file_change_t usher_file_poll(usher_file_t* file,
                                    usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(USHER_FILE_REFUSED, [&] {
    const auto adopted = file->file->Poll();
    if (adopted) return *adopted ? USHER_FILE_ADOPTED : USHER_FILE_UNCHANGED;
    WriteLine(adopted.error(), error);
    return USHER_FILE_REFUSED;
  });
}

int usher_directory_check(const char* path, const usher_reader_t* reader,
                          usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    const auto status = MakeReader(reader).CheckDirectory(path);
    if (status) return 0;
    WriteLine(status.error(), error);
    return -1;
  });
}

int usher_secrets_lock(usher_buffer_t* error) noexcept {
  error->size = 0;
  return Guarded(-1, [&] {
    const auto locked = usher::SecretMemory::OfProcess().Lock();
    if (locked) return 0;
    WriteLine(locked.error(), error);
    return -1;
  });
}
