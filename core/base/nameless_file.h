// A private file that nobody else can open, and that goes with the process.
#pragma once

#include <filesystem>

#include "core/base/file_descriptor.h"

namespace usher {

// To read and write. Invalid, and errno, where `directory` can hold none.
FileDescriptor OpenNamelessFile(const std::filesystem::path& directory);

}  // namespace usher
