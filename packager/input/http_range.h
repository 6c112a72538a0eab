// One request after another for parts of what a URL names, over one connection
// while that lasts. Redirects are followed, certificates checked. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/input/interrupt.h"

namespace usher {

// What an answer says of the whole.
struct RangeAnswer {
  bool partial = false;          // 206; else all of it comes, from byte 0
  uint64_t first = 0;            // where the part begins
  std::optional<uint64_t> size;  // of the whole, where it is said
  std::string validator;         // ETag or Last-Modified; may be empty
};

class HttpRange {
 public:
  // Called as bytes come; an error ends the request and is what Get returns.
  struct Receiver {
    std::function<Status(const RangeAnswer&)> begin;
    std::function<Status(ByteView)> body;
  };
  enum class Outcome {
    kDone,
    kBroken,       // the connection was lost, or the server is busy
    kUnreachable,  // there is no connection to be had
    kNothing,      // 416: there is nothing at that place
  };

  // `where` stands for the URL in messages; `interrupt` outlives the object.
  HttpRange(std::string url, std::string where, const Interrupt& interrupt);
  ~HttpRange();

  // Asks for `size` bytes from `offset` on, of what `validator` names, unless
  // that is empty.
  Result<Outcome> Get(uint64_t offset, uint64_t size,
                      const std::string& validator, const Receiver& receiver);
  // Why the last request was not done.
  const std::string& trouble() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher
