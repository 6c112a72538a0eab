#include "core/hop/message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/base/hex.h"

namespace usher::hop {
namespace {

TEST(HopMessage, IsWrittenAsItsHeaderSays) {
  Stamp stamp{.box = 0x0102, .time = 0x0a0b0c0d};
  stamp.nonce.fill(0xee);
  const Message message{
      .method = "GET", .host = "o", .path = "/f/x", .args = "_HLS_msn=1"};
  EXPECT_EQ(ToHex(SignedBytes(stamp, message)),
            ToHex(AsBytes("usher hop v1")) + "01020a0b0c0d" +
                "eeeeeeeeeeeeeeeeeeeeeeee" + "00000003" +
                ToHex(AsBytes("GET")) + "00000001" + "6f" + "00000004" +
                ToHex(AsBytes("/f/x")) + "0000000a" +
                ToHex(AsBytes("_HLS_msn=1")) + "00000000" + "00000000");
}

// Moving a boundary must not make another request look the same.
TEST(HopMessage, NoTwoMessagesHaveTheSameBytes) {
  const std::vector<std::string> texts = {
      "", "a", "ab", "b", std::string("a\0b", 3), "/a?b"};
  std::set<Bytes> seen;
  size_t messages = 0;
  for (const auto& method : texts) {
    for (const auto& path : texts) {
      for (const auto& args : texts) {
        for (const bool has_body : {false, true}) {
          Message message{.method = method, .path = path, .args = args};
          if (has_body) message.body.emplace();
          seen.insert(SignedBytes({}, message));
          ++messages;
        }
      }
    }
  }
  const size_t distinct =
      std::set<std::string>(texts.begin(), texts.end()).size();
  EXPECT_EQ(seen.size(), distinct * distinct * distinct * 2);
  EXPECT_GT(messages, 0u);
}

}  // namespace
}  // namespace usher::hop
