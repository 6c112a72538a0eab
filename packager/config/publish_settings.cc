#include "packager/config/publish_settings.h"

#include <utility>

#include "packager/config/byte_count.h"
#include "packager/config/live_settings.h"

namespace usher::config {
namespace {

namespace fs = std::filesystem;

// The table's rows assign to the settings they were made for.
PublishSettings& Publish(PackageSettings& settings) {
  return static_cast<LiveSettings&>(settings).publish;
}

Status AssignOutput(PackageSettings& settings, std::string_view value) {
  if (value.empty()) {
    return BadInput("", "is empty", "name a directory or a URL");
  }
  Publish(settings).outputs.emplace_back(value);
  return {};
}

template <std::optional<fs::path> PublishSettings::* Field>
Status AssignPath(PackageSettings& settings, std::string_view value) {
  if (value.empty()) return BadInput("", "is empty", "name a path");
  Publish(settings).*Field = fs::path(value);
  return {};
}

template <std::optional<std::string> PublishSettings::* Field>
Status AssignText(PackageSettings& settings, std::string_view value) {
  if (value.empty()) return BadInput("", "is empty");
  Publish(settings).*Field = std::string(value);
  return {};
}

Status AssignSpoolLimit(PackageSettings& settings, std::string_view value) {
  Publish(settings).spool_limit = ParseByteCount(value);
  if (Publish(settings).spool_limit) return {};
  return BadInput("", "'" + std::string(value) + "' is no number of bytes",
                  "write 1G, say");
}

using P = PublishSettings;
constexpr Setting kRows[] = {
    {"output", "-o,--output", "DIR|URL",
     "where EVENT/ is written (default: the current directory); an "
     "https://HOST/PATH that takes PUT, or s3://BUCKET/PREFIX; may be repeated",
     SettingKind::kList, AssignOutput},
    {"output-credentials", "--output-credentials", "FILE",
     "who publishes: lines 'HOST:PORT basic USER:PASSWORD', 'HOST:PORT bearer "
     "TOKEN' or 'HOST s3 ACCESS:SECRET'",
     SettingKind::kValue, AssignPath<&P::credentials>},
    {"ca-file", "--ca-file", "FILE",
     "certificates that origins are verified with, instead of the system's",
     SettingKind::kValue, AssignPath<&P::ca_file>},
    {"spool", "--spool", "DIR",
     "where what an origin has yet to be sent is kept", SettingKind::kValue,
     AssignPath<&P::spool>},
    {"spool-limit", "--spool-limit", "BYTES",
     "how much of that, for each origin (default 1G)", SettingKind::kValue,
     AssignSpoolLimit},
    {"s3-endpoint", "--s3-endpoint", "URL",
     "the store that s3:// outputs are in", SettingKind::kValue,
     AssignText<&P::s3_endpoint>},
    {"s3-region", "--s3-region", "NAME", "its region (default us-east-1)",
     SettingKind::kValue, AssignText<&P::s3_region>},
};

Result<fs::path> SpoolFor(const PublishSettings& settings,
                          const Environment& environment) {
  if (settings.spool) return *settings.spool;
  const auto keys = DefaultKeyStore(environment);
  if (keys) return keys->parent_path() / "spool";
  return BadInput("--spool", "has no default without a home directory",
                  "name a directory");
}

}  // namespace

std::span<const Setting> PublishSettingTable() { return kRows; }

void MergePublish(PublishSettings& flags, PublishSettings config) {
  const auto take = [](auto& flag, auto& from) {
    if (!flag) flag = std::move(from);
  };
  if (flags.outputs.empty()) flags.outputs = std::move(config.outputs);
  take(flags.credentials, config.credentials);
  take(flags.ca_file, config.ca_file);
  take(flags.spool, config.spool);
  take(flags.spool_limit, config.spool_limit);
  take(flags.s3_endpoint, config.s3_endpoint);
  take(flags.s3_region, config.s3_region);
}

Result<PublishOptions> ResolvePublish(const PublishSettings& settings,
                                      const Environment& environment,
                                      std::optional<fs::path>& directory,
                                      std::optional<fs::path>& key_output) {
  PublishOptions options;
  S3Settings s3;
  s3.endpoint = settings.s3_endpoint.value_or("");
  s3.region = settings.s3_region.value_or(s3.region);
  for (const std::string& output : settings.outputs) {
    if (!IsUrl(output)) {
      if (directory) {
        return BadInput("--output", "names two directories",
                        "copies are made by naming origins");
      }
      directory = output;
      continue;
    }
    auto target = ParsePublishTarget(output, s3);
    if (!target) {
      Error error = target.error();
      error.where = "--output";
      return std::unexpected(std::move(error));
    }
    options.targets.push_back(*std::move(target));
  }
  options.to_directory = directory || options.targets.empty();
  if (key_output && IsUrl(key_output->string())) {
    auto target = ParsePublishTarget(key_output->string(), s3);
    if (!target) {
      Error error = target.error();
      error.where = "--key-output";
      return std::unexpected(std::move(error));
    }
    options.key_target = *std::move(target);
    key_output.reset();
  }
  options.s3_region = s3.region;
  options.credentials = settings.credentials.value_or("");
  options.ca_file = settings.ca_file.value_or("");
  options.spool_limit = settings.spool_limit.value_or(options.spool_limit);
  if (options.targets.empty()) return options;
  auto spool = SpoolFor(settings, environment);
  if (!spool) return std::unexpected(spool.error());
  options.spool = *std::move(spool);
  return options;
}

}  // namespace usher::config
