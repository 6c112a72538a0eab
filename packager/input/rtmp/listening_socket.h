// TCP sockets that never make their owner wait.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/base/file_descriptor.h"

namespace usher::rtmp {

// Fails (BadInput) where `host` is no address of this machine, or the port is
// taken.
Result<FileDescriptor> ListenOn(const std::string& host, uint16_t port);

struct Connection {
  FileDescriptor socket;
  std::string peer;  // "192.0.2.7", for the log
};
// Not valid where nobody waits.
Connection AcceptFrom(const FileDescriptor& listening);

}  // namespace usher::rtmp
