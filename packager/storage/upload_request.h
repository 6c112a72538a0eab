// One PUT or DELETE to an origin or an S3-compatible store, as libcurl is told
// of it, and what its outcome means. Lives at one address from Prepare to the
// end of its transfer. Redirects are not followed: what they lead to was given
// no credential.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "packager/config/publish_target.h"
#include "packager/storage/origin_credential.h"

namespace usher {

// Where to, and with what.
struct UploadChannel {
  config::PublishTarget target;
  std::string s3_region;
  std::filesystem::path ca_file;  // empty: the system's
  std::optional<OriginCredential> credential;
};

struct UploadOutcome {
  enum class Kind {
    kDone,
    kAway,     // no answer, or one that says "later"
    kRefused,  // 401, 403: the credential
    kBad,      // this file will not be taken
  };
  Kind kind = Kind::kDone;
  std::string what;  // why not: "answers 507". Never a secret
};

class UploadRequest {
 public:
  UploadRequest();
  ~UploadRequest();
  UploadRequest(const UploadRequest&) = delete;
  UploadRequest& operator=(const UploadRequest&) = delete;

  // `path` lies below the target; `body` is kept, none is a DELETE.
  void Prepare(const UploadChannel& channel, const std::string& path,
               std::optional<Bytes> body);
  // Waits until it is over.
  UploadOutcome Perform();

  void* handle() const { return easy_.get(); }  // a CURL*
  // `code` is a CURLcode.
  UploadOutcome OutcomeOf(int code) const;

 private:
  struct EasyDeleter {
    void operator()(void* easy) const;
  };
  struct ListDeleter {
    void operator()(void* list) const;
  };

  void Authorise(const UploadChannel& channel);
  void AddHeaders(const UploadChannel& channel, const std::string& path);
  void AddHeader(const std::string& line);

  std::unique_ptr<void, EasyDeleter> easy_;
  std::unique_ptr<void, ListDeleter> headers_;
  std::optional<Bytes> body_;
};

}  // namespace usher
