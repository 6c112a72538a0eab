#include "packager/input/rtmp/publish_session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "packager/input/rtmp/chunk_writer.h"

namespace usher::rtmp {
namespace {

constexpr size_t kHandshakeSize = 1536;

class Handler final : public PublishHandler {
 public:
  Admission MayPublish(std::string_view app, std::string_view name) override {
    asked_for = std::string(app) + "/" + std::string(name);
    return answer;
  }
  void OnMedia(Message message) override { media.push_back(message); }

  Admission answer = Admission::kAdmitted;
  std::string asked_for;
  std::vector<Message> media;
};

class PublishSessionTest : public ::testing::Test {
 protected:
  Status Send(ByteView bytes) { return session_.Receive(bytes, reply_); }

  void ShakeHands() {
    Bytes hello(1 + kHandshakeSize);
    hello[0] = 3;
    hello.back() = 0x5A;
    ASSERT_TRUE(Send(hello).has_value());
    ASSERT_EQ(reply_.size(), 1 + 2 * kHandshakeSize);
    EXPECT_EQ(reply_.front(), 3);
    EXPECT_EQ(reply_.back(), 0x5A) << "S2 echoes C1";
    ASSERT_TRUE(Send(Bytes(kHandshakeSize)).has_value());
    reply_.clear();
  }

  Status Command(std::string_view name, double transaction,
                 std::string_view app, std::string_view key = {}) {
    Bytes body;
    AmfWriter writer(body);
    writer.Text(name).Number(transaction);
    if (!app.empty()) writer.Object({{"app", app}});
    if (!key.empty()) writer.Null().Text(key).Text("live");
    return Message(MessageType::kCommand, std::move(body));
  }
  Status Message(MessageType type, Bytes body) {
    Bytes bytes;
    WriteMessage(3, {type, 40, 1, std::move(body)}, bytes);
    return Send(bytes);
  }
  bool ReplyHas(std::string_view text) const {
    return AsText(reply_).find(text) != std::string_view::npos;
  }

  Handler handler_;
  PublishSession session_{handler_};
  Bytes reply_;
};

TEST_F(PublishSessionTest, LetsAnEncoderInAndHandsOnItsMedia) {
  ShakeHands();
  ASSERT_TRUE(Command("connect", 1, "live").has_value());
  EXPECT_TRUE(ReplyHas("NetConnection.Connect.Success"));
  ASSERT_TRUE(Command("releaseStream", 2, "").has_value());
  ASSERT_TRUE(Command("createStream", 4, "").has_value());
  EXPECT_FALSE(session_.publishing());
  ASSERT_TRUE(Command("publish", 5, "", "secret-key").has_value());
  EXPECT_TRUE(ReplyHas("NetStream.Publish.Start"));
  EXPECT_EQ(handler_.asked_for, "live/secret-key");
  EXPECT_TRUE(session_.publishing());
  ASSERT_TRUE(Message(MessageType::kVideo, {0x17, 1}).has_value());
  ASSERT_TRUE(Message(MessageType::kAudio, {0xAF, 1}).has_value());
  ASSERT_EQ(handler_.media.size(), 2U);
  EXPECT_EQ(handler_.media[0].type, MessageType::kVideo);
  EXPECT_EQ(handler_.media[0].time, 40U);
  ASSERT_TRUE(Command("FCUnpublish", 6, "").has_value());
  EXPECT_TRUE(session_.ended());
}

TEST_F(PublishSessionTest, RefusesTheWrongKeyWithAWordAndWithoutTheKey) {
  for (const Admission answer : {Admission::kWrongKey, Admission::kBusy}) {
    Handler handler;
    handler.answer = answer;
    PublishSession session(handler);
    Bytes hello(1 + 2 * kHandshakeSize);
    hello[0] = 3;
    Bytes body;
    AmfWriter(body).Text("publish").Number(5).Null().Text("guessed").Text("");
    WriteMessage(3, {MessageType::kCommand, 0, 1, body}, hello);
    Bytes reply;
    const Status refused = session.Receive(hello, reply);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().OneLine().find("guessed"), std::string::npos);
    EXPECT_NE(AsText(reply).find("NetStream.Publish.BadName"),
              std::string_view::npos);
    EXPECT_FALSE(session.publishing());
    EXPECT_TRUE(handler.media.empty());
  }
}

TEST_F(PublishSessionTest, TakesNoMediaBeforeThePublisherWasLetIn) {
  ShakeHands();
  ASSERT_TRUE(Command("connect", 1, "live").has_value());
  ASSERT_TRUE(Message(MessageType::kVideo, {0x17, 1}).has_value());
  EXPECT_TRUE(handler_.media.empty());
}

TEST_F(PublishSessionTest, HoldsLittleOfWhatAStrangerSends) {
  ShakeHands();
  Bytes bytes;
  WriteMessage(3, {MessageType::kVideo, 0, 1, Bytes(100'000)}, bytes);
  EXPECT_FALSE(Send(bytes).has_value());
}

TEST_F(PublishSessionTest, AcknowledgesAsOftenAsTheEncoderAsks) {
  ShakeHands();
  ASSERT_TRUE(Message(MessageType::kWindowSize, {0, 0, 4, 0}).has_value());
  reply_.clear();
  ASSERT_TRUE(Message(MessageType::kAudio, Bytes(100)).has_value());
  EXPECT_TRUE(reply_.empty());
  ASSERT_TRUE(Message(MessageType::kAudio, Bytes(1000)).has_value());
  ASSERT_EQ(reply_.size(), 16U);
  EXPECT_EQ(reply_[7], static_cast<uint8_t>(MessageType::kAcknowledgement));
}

TEST_F(PublishSessionTest, RefusesOtherProtocolsAndViewers) {
  Handler handler;
  PublishSession http(handler);
  Bytes reply;
  EXPECT_FALSE(http.Receive(AsBytes("GET / HTTP/1.1\r\n\r\n"), reply));
  EXPECT_TRUE(reply.empty());
  ShakeHands();
  EXPECT_FALSE(Command("play", 1, "").has_value());
}

TEST_F(PublishSessionTest, RefusesCommandsThatCannotBeRead) {
  ShakeHands();
  EXPECT_FALSE(Message(MessageType::kCommand, {2, 0xFF}).has_value());
}

}  // namespace
}  // namespace usher::rtmp
