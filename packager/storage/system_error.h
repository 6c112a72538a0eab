// What the operating system refused, told so that the user can mend it.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/error.h"

namespace usher {

// `error_number` is errno's; `doing` is "write", "make the directory", ...
Error SystemError(int error_number, const std::string& doing,
                  const std::filesystem::path& path);

}  // namespace usher
