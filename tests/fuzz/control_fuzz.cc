// Requests to the control API behind its secret: a line of method and path,
// then the body. A change that cannot be written down is never called done.
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "ngx_module/engine/control.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace usher;
using namespace usher::engine;

constexpr uint32_t kNow = 1'800'000'000;
constexpr size_t kShardSize = 64 << 10;

class Box {
 public:
  Box() : memory_(2 * kShardSize / sizeof(uint64_t)) {
    std::vector<Shard> shards;
    for (size_t i = 0; i < 2; ++i) {
      SessionTable table(std::as_writable_bytes(std::span(memory_))
                             .subspan(i * kShardSize, kShardSize));
      table.Format();
      shards.push_back({table, {nullptr, [](void*) {}, [](void*) {}}});
    }
    house_.emplace(std::move(shards));
  }
  House& house() { return *house_; }

 private:
  std::vector<uint64_t> memory_;
  std::optional<House> house_;
};

ControlMethod MethodOf(uint8_t byte) {
  constexpr std::array kMethods = {ControlMethod::kGet, ControlMethod::kPut,
                                   ControlMethod::kPost, ControlMethod::kOther};
  return kMethods[byte % kMethods.size()];
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text = AsText({data + 1, size - 1});
  const size_t line = std::min(text.find('\n'), text.size());
  ControlRequest request;
  request.method = MethodOf(data[0]);
  request.path = text.substr(0, line);
  request.body = text.substr(std::min(line + 1, text.size()));

  static Box box;
  StateFile nowhere("/nonexistent/state");
  const ControlAnswer answer = Control(box.house(), nowhere, request, kNow, 60);
  FUZZ_EXPECT(answer.status >= 200 && answer.status < 600);
  FUZZ_EXPECT(answer.status != 200 || request.method == ControlMethod::kGet);
  FUZZ_EXPECT((answer.status == 405) == !answer.allow.empty());
  FUZZ_EXPECT(nlohmann::json::accept(answer.json));
  return 0;
}
