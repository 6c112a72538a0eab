// What can go wrong, told so that the reader can mend it.
//
// Functions that can fail return Result<T>. An Error names the thing (`where`),
// what is wrong with it (`what`) and, where there is one, the remedy (`mend`).
// It never carries a secret: no key bytes, no ticket, no session.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace usher {

enum class ErrorKind {
  kBadInput,  // usage or input: the caller can mend it (exit code 2)
  kFailed,    // the work failed: disk, network, memory (exit code 1)
};

struct Error {
  ErrorKind kind = ErrorKind::kFailed;
  std::string where;  // file, track, option, line; may be empty
  std::string what;   // without a trailing full stop
  std::string mend;   // imperative; may be empty

  // "where: what; mend", always one line: control characters are escaped.
  std::string OneLine() const;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> BadInput(std::string where, std::string what,
                                       std::string mend = {}) {
  return std::unexpected(Error{ErrorKind::kBadInput, std::move(where),
                               std::move(what), std::move(mend)});
}

inline std::unexpected<Error> Failed(std::string where, std::string what,
                                     std::string mend = {}) {
  return std::unexpected(Error{ErrorKind::kFailed, std::move(where),
                               std::move(what), std::move(mend)});
}

}  // namespace usher
