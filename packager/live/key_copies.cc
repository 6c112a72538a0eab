#include "packager/live/key_copies.h"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "packager/storage/origin_credential.h"
#include "packager/storage/system_error.h"
#include "packager/storage/upload_request.h"

namespace usher::live {
namespace {

namespace fs = std::filesystem;

Status Copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  const fs::path temporary = to.parent_path() / ("." + to.filename().string());
  fs::copy_file(from, temporary, fs::copy_options::overwrite_existing, error);
  // It is sealed, and its origin's workers are another user.
  if (!error) {
    fs::permissions(
        temporary,
        fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read,
        error);
  }
  if (!error) fs::rename(temporary, to, error);
  if (!error) return {};
  return std::unexpected(SystemError(error.value(), "copy the key to", to));
}

Result<Bytes> ReadWhole(const fs::path& file) {
  std::ifstream content(file, std::ios::binary);
  if (!content) return std::unexpected(SystemError(ENOENT, "read", file));
  const std::string text{std::istreambuf_iterator<char>(content), {}};
  const ByteView bytes = AsBytes(text);
  return Bytes(bytes.begin(), bytes.end());
}

Result<UploadChannel> ChannelOf(const config::PublishOptions& publish) {
  UploadChannel channel{
      *publish.key_target, publish.s3_region, publish.ca_file, {}};
  if (publish.credentials.empty()) return channel;
  auto read = ReadCredential(publish.credentials, channel.target.origin);
  if (!read) return std::unexpected(std::move(read).error());
  channel.credential = *std::move(read);
  return channel;
}

Status Upload(UploadRequest& request, const UploadChannel& channel,
              const fs::path& from, const std::string& to) {
  constexpr int kAttempts = 5;
  std::chrono::milliseconds pause(200);
  UploadOutcome outcome;
  for (int i = 0; i < kAttempts; ++i) {
    auto sealed = ReadWhole(from);
    if (!sealed) return std::unexpected(std::move(sealed).error());
    request.Prepare(channel, to, *std::move(sealed));
    outcome = request.Perform();
    if (outcome.kind == UploadOutcome::Kind::kDone) return {};
    if (outcome.kind != UploadOutcome::Kind::kAway) break;
    if (i + 1 < kAttempts) std::this_thread::sleep_for(pause);
    pause *= 2;
  }
  return Failed("--key-output: " + channel.target.origin,
                outcome.what + " to a key",
                "no playlist may name a key that the origin does not have");
}

Status UploadKeys(const config::LiveOptions& options,
                  const std::vector<keys::KeyId>& kids) {
  const auto channel = ChannelOf(options.publish);
  if (!channel) return std::unexpected(channel.error());
  UploadRequest request;
  for (const keys::KeyId& kid : kids) {
    const std::string file = options.package.event + "/" + kid.ToHex() + ".key";
    auto sent =
        Upload(request, *channel, options.package.key_store / file, file);
    if (!sent) return sent;
  }
  return {};
}

}  // namespace

Status CopyKeys(const config::LiveOptions& options,
                const std::vector<keys::KeyId>& kids) {
  if (options.publish.key_target) return UploadKeys(options, kids);
  if (options.key_output.empty()) return {};
  for (const keys::KeyId& kid : kids) {
    const fs::path file =
        fs::path(options.package.event) / (kid.ToHex() + ".key");
    auto copied =
        Copy(options.package.key_store / file, options.key_output / file);
    if (!copied) return copied;
  }
  return {};
}

}  // namespace usher::live
