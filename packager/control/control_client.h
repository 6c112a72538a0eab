// A client of the control API (docs/control-api.yaml). One thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/secret_bytes.h"

namespace usher::control {

class ControlClient {
 public:
  // `url` is the location's, with or without its last slash.
  ControlClient(std::string url, SecretBytes secret);

  // `resource` below the location; `body` JSON, or empty. The answer's JSON, or
  // what the box said against it.
  Result<std::string> Call(const char* method, std::string_view resource,
                           const std::string& body) const;

 private:
  std::string url_;
  SecretBytes secret_;
};

}  // namespace usher::control
