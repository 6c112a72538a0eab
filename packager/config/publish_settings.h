// What the user said about where a live event is published: a directory, and
// any number of origins and stores. Part of live_settings.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/config/package_settings.h"
#include "packager/config/publish_target.h"
#include "packager/config/setting_table.h"

namespace usher::config {

struct PublishSettings {
  std::vector<std::string> outputs;
  std::optional<std::filesystem::path> credentials;
  std::optional<std::filesystem::path> ca_file;
  std::optional<std::filesystem::path> spool;
  std::optional<uint64_t> spool_limit;  // bytes, for each origin
  std::optional<std::string> s3_endpoint;
  std::optional<std::string> s3_region;
};

struct PublishOptions {
  bool to_directory = true;  // that of PackageOptions::output
  std::vector<PublishTarget> targets;
  std::optional<PublishTarget> key_target;  // where sealed keys are put
  std::string s3_region;
  std::filesystem::path credentials;  // empty: none
  std::filesystem::path ca_file;      // empty: the system's
  std::filesystem::path spool;        // of all origins; empty: none is needed
  uint64_t spool_limit = uint64_t{1} << 30;
};

// Rows that take a LiveSettings.
std::span<const Setting> PublishSettingTable();

// Takes `config` where flags say nothing.
void MergePublish(PublishSettings& flags, PublishSettings config);

// The one directory among the outputs, or none, becomes `directory`.
// `key_output`, where it is a URL, becomes the key target and is cleared. Every
// error is BadInput, and none repeats a URL.
Result<PublishOptions> ResolvePublish(
    const PublishSettings& settings, const Environment& environment,
    std::optional<std::filesystem::path>& directory,
    std::optional<std::filesystem::path>& key_output);

}  // namespace usher::config
