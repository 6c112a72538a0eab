// Requests as nginx decodes them: what is let through has one spelling, and
// holds no credential any more.
#include <algorithm>

#include "core/base/bytes.h"
#include "ngx_module/engine/canonical_request.h"
#include "ngx_module/engine/redaction.h"
#include "ngx_module/engine/ticket_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

bool IsInside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() &&
          part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

// The input is a path, a line feed and a query.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view input = AsText({data, size});
  const size_t split = std::min(input.find('\n'), input.size());
  const std::string_view path = input.substr(0, split);
  const std::string_view query = input.substr(std::min(split + 1, size));

  FUZZ_EXPECT(IsInside(engine::ArgumentValue(query, "ticket"), query));
  FUZZ_EXPECT(IsInside(engine::CookieValue(query, "ticket"), query));
  FUZZ_EXPECT(IsInside(engine::BearerToken(query), query));
  FUZZ_EXPECT(!engine::LoggableRequestLine(path).contains("/s/"));
  FUZZ_EXPECT(!engine::LoggableReferer(path).contains('?'));

  const auto request = engine::Canonicalise(path, query);
  if (!request) return 0;
  FUZZ_EXPECT(path.ends_with(request->path));
  FUZZ_EXPECT(request->path.starts_with('/'));
  FUZZ_EXPECT(request->path.find_first_of("?%;\\ \0\n#") ==
              std::string_view::npos);
  FUZZ_EXPECT(!request->path.contains("//"));
  FUZZ_EXPECT(!request->path.contains("/../"));
  FUZZ_EXPECT(!request->path.starts_with("/s/"));
  FUZZ_EXPECT(request->args.size() <= 80);
  const auto again = engine::Canonicalise(request->path, request->args);
  FUZZ_EXPECT(again && again->credential.empty());
  FUZZ_EXPECT(again->path == request->path && again->args == request->args);
  return 0;
}
