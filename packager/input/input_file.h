// The bytes of one input, to be read at any place: a regular file, standard
// input, or what an http(s) URL names.
//
// Standard input is kept in a private file (spool.h), for it is read more than
// once; what a URL names is fetched as it is needed (remote_file.h).
// Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "packager/input/interrupt.h"
#include "packager/input/spool.h"

namespace usher {

class InputFile {
 public:
  // `where` names it in messages; `name` ends as its file name does.
  InputFile(std::string where, std::string name)
      : where_(std::move(where)), name_(std::move(name)) {}
  virtual ~InputFile() = default;

  const std::string& where() const { return where_; }
  const std::string& name() const { return name_; }
  virtual uint64_t size() const = 0;
  // Fills `out` with the bytes from `offset` on. Fails where there are fewer,
  // and with the reason where they cannot be had.
  virtual Status Read(uint64_t offset, std::span<uint8_t> out) = 0;

 protected:
  Error CutShort() const {
    return {ErrorKind::kBadInput, where_, "is damaged or cut short",
            "copy or export it again"};
  }

 private:
  std::string where_;
  std::string name_;
};

using InputFilePtr = std::shared_ptr<InputFile>;

// `address` is a path, "-" or a URL (packager/config/input_address.h). Waits
// for all of standard input, or for the first bytes of a URL. Fails where it
// cannot be read or is empty. `interrupt` outlives the result.
Result<InputFilePtr> OpenInput(const std::filesystem::path& address,
                               const SpoolPlace& spool,
                               const Interrupt& interrupt);

}  // namespace usher
