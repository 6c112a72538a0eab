#include "packager/live/live_storage.h"

#include <algorithm>
#include <string>
#include <utility>

namespace usher::live {
namespace {

// "https://origin:8444/media" -> "origin_8444_media".
std::string SpoolName(const config::PublishTarget& target) {
  std::string name = target.base.substr(target.base.find("//") + 2);
  for (char& c : name) {
    if (c == '/' || c == ':' || c == '[' || c == ']') c = '_';
  }
  return name;
}

void KeepFirst(Status& first, Status another) {
  if (first && !another) first = std::move(another);
}

}  // namespace

Result<std::unique_ptr<LiveStorage>> LiveStorage::Open(
    const config::LiveOptions& options, const Log& log) {
  const config::PublishOptions& publish = options.publish;
  std::unique_ptr<LiveStorage> storage(new LiveStorage);
  storage->event_ = options.package.event + "/";
  if (publish.to_directory) {
    storage->directory_.emplace(options.package.output / options.package.event);
  }
  for (const config::PublishTarget& target : publish.targets) {
    OriginUploader::Options uploader;
    uploader.channel = {target, publish.s3_region, publish.ca_file, {}};
    uploader.credentials = publish.credentials;
    uploader.spool = publish.spool / options.package.event / SpoolName(target);
    uploader.spool_limit = publish.spool_limit;
    uploader.is_flushed = !options.state.empty();
    uploader.shared = options.epoch.has_value();
    auto& origin = storage->origins_.emplace_back(
        std::make_unique<OriginUploader>(std::move(uploader), log));
    if (auto started = origin->Start(); !started) {
      return std::unexpected(started.error());
    }
  }
  return storage;
}

Status LiveStorage::Put(std::string_view path,
                        std::span<const ByteView> pieces) {
  Status first;
  if (directory_) first = directory_->Put(path, pieces);
  for (auto& origin : origins_) {
    KeepFirst(first, origin->Put(event_ + std::string(path), pieces));
  }
  return first;
}

Status LiveStorage::Remove(std::string_view path) {
  Status first;
  if (directory_) first = directory_->Remove(path);
  for (auto& origin : origins_) {
    KeepFirst(first, origin->Remove(event_ + std::string(path)));
  }
  return first;
}

Status LiveStorage::RemoveLeftover(std::string_view path) {
  Status first;
  if (directory_) first = directory_->RemoveLeftover(path);
  for (auto& origin : origins_) {
    KeepFirst(first, origin->RemoveLeftover(event_ + std::string(path)));
  }
  return first;
}

Status LiveStorage::Flush() {
  Status first;
  for (auto& origin : origins_) KeepFirst(first, origin->Flush());
  return first;
}

bool LiveStorage::HasLost(std::string_view path) {
  return !directory_ && std::ranges::all_of(origins_, [&](auto& origin) {
    return origin->HasLost(event_ + std::string(path));
  });
}

Status LiveStorage::Finish(std::chrono::milliseconds patience) {
  Status first;
  for (auto& origin : origins_) KeepFirst(first, origin->Drain(patience));
  return first;
}

}  // namespace usher::live
