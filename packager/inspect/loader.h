// Fetches the files of a presentation: from disk or over http(s).
//
// An Error's `where` is empty: the caller knows the place, and a URL may hold
// a credential.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/playlist/hls_reader.h"

namespace usher::inspect {

struct LoadedFile {
  Bytes bytes;
  std::string location;  // after redirects: what references resolve against
};

class Loader {
 public:
  virtual ~Loader() = default;
  // The whole file, or `range` of it; a range that the file does not have in
  // full fails. Nothing larger than kMaxFile is taken.
  virtual Result<LoadedFile> Load(
      const std::string& location,
      const std::optional<playlist::ByteRange>& range) = 0;
};

inline constexpr uint64_t kMaxFile = uint64_t{256} << 20;

// Regular files.
class FileLoader final : public Loader {
 public:
  Result<LoadedFile> Load(
      const std::string& location,
      const std::optional<playlist::ByteRange>& range) override;
};

// http and https through libcurl, redirects followed, one connection kept.
// Not thread-safe.
class HttpLoader final : public Loader {
 public:
  // `insecure`: any certificate is accepted.
  explicit HttpLoader(bool insecure);
  ~HttpLoader() override;
  Result<LoadedFile> Load(
      const std::string& location,
      const std::optional<playlist::ByteRange>& range) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whichever of the two `location` asks for.
class AnyLoader final : public Loader {
 public:
  explicit AnyLoader(bool insecure) : http_(insecure) {}
  Result<LoadedFile> Load(
      const std::string& location,
      const std::optional<playlist::ByteRange>& range) override;

 private:
  FileLoader files_;
  HttpLoader http_;
};

}  // namespace usher::inspect
