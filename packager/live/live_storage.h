// Where a live event goes: a directory, origins, stores, or several of them.
// None waits for another: what an origin does not take at once is spooled.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "packager/config/live_settings.h"
#include "packager/live/live_source.h"
#include "packager/storage/directory_storage.h"
#include "packager/storage/origin_uploader.h"
#include "packager/storage/storage.h"

namespace usher::live {

class LiveStorage final : public Storage {
 public:
  // Fails where a credential or a spool cannot be used.
  static Result<std::unique_ptr<LiveStorage>> Open(
      const config::LiveOptions& options, const Log& log);

  // The directory first. Fails where one of them fails; what the others got,
  // they may get again.
  Status Put(std::string_view path, std::span<const ByteView> pieces) override;
  Status Remove(std::string_view path) override;
  Status RemoveLeftover(std::string_view path) override;
  Status Flush() override;
  // What is in the directory is for its reader to find.
  bool HasLost(std::string_view path) override;

  // Until every origin has everything. Fails where one takes nothing for
  // `patience`.
  Status Finish(std::chrono::milliseconds patience);

 private:
  LiveStorage() = default;

  std::optional<DirectoryStorage> directory_;
  std::string event_;  // of paths at origins
  std::vector<std::unique_ptr<OriginUploader>> origins_;
};

}  // namespace usher::live
