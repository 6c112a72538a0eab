// An encrypted MP4 file, read as if it had always been clear: whoever reads it
// finds clear samples where encrypted ones lie, and no box that says otherwise.
// So every way of reading a film takes encrypted ones, too.
#pragma once

#include <span>

#include "core/base/error.h"
#include "packager/config/key_settings.h"
#include "packager/input/input_file.h"

namespace usher {

// `file` itself where it is not encrypted as MP4 files are. Fails (BadInput)
// where it is under a key that is not among `keys`, which outlive the result.
Result<InputFilePtr> DecryptedFile(InputFilePtr file,
                                   std::span<const config::InputKey> keys);

}  // namespace usher
