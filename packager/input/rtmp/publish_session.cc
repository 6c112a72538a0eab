#include "packager/input/rtmp/publish_session.h"

#include <algorithm>
#include <utility>

#include "core/base/byte_writer.h"
#include "packager/input/rtmp/chunk_writer.h"

namespace usher::rtmp {
namespace {

constexpr uint8_t kVersion = 3;
constexpr size_t kHandshakeSize = 1536;  // of C1, S1, C2 and S2
constexpr uint8_t kControlChunks = 2;    // chunk stream ids
constexpr uint8_t kCommandChunks = 3;
constexpr uint32_t kWindowSize = 2'500'000;
constexpr uint8_t kDynamicLimit = 2;
constexpr uint32_t kMediaStream = 1;

void Control(MessageType type, Bytes body, Bytes& reply) {
  WriteMessage(kControlChunks, {type, 0, 0, std::move(body)}, reply);
}

void Command(uint32_t stream, Bytes body, Bytes& reply) {
  WriteMessage(kCommandChunks,
               {MessageType::kCommand, 0, stream, std::move(body)}, reply);
}

Bytes BigEndian32(uint32_t value) {
  Bytes bytes;
  ByteWriter(bytes).U32(value);
  return bytes;
}

double NumberOr0(const AmfValue& value) {
  return value.number() == nullptr ? 0 : *value.number();
}

void StreamStatus(std::string_view level, std::string_view code,
                  std::string_view description, Bytes& reply) {
  Bytes body;
  AmfWriter(body)
      .Text("onStatus")
      .Number(0)
      .Null()
      .Object({{"level", level}, {"code", code}, {"description", description}});
  Command(kMediaStream, std::move(body), reply);
}

// "live/", "/live" and "live?x=y" are "live".
std::string_view WithoutDecoration(std::string_view app) {
  app = app.substr(0, app.find('?'));
  while (app.starts_with('/')) app.remove_prefix(1);
  while (app.ends_with('/')) app.remove_suffix(1);
  return app;
}

}  // namespace

Status PublishSession::Receive(ByteView bytes, Bytes& reply) {
  if (state_ == State::kConnected || state_ == State::kPublishing) {
    return ReceiveMessages(bytes, reply);
  }
  if (state_ == State::kEnded) return {};
  handshake_.insert(handshake_.end(), bytes.begin(), bytes.end());
  if (handshake_.front() != kVersion) {
    return BadInput({}, "does not speak RTMP", "publish with OBS or FFmpeg");
  }
  if (state_ == State::kHello && handshake_.size() > kHandshakeSize) {
    // S0 and S1, of which a time of zero and zeros as random bytes will do, and
    // S2: an echo of C1.
    reply.push_back(kVersion);
    reply.resize(reply.size() + kHandshakeSize);
    reply.insert(reply.end(), handshake_.begin() + 1,
                 handshake_.begin() + 1 + kHandshakeSize);
    state_ = State::kEcho;
  }
  if (state_ == State::kHello || handshake_.size() < 1 + 2 * kHandshakeSize) {
    return {};
  }
  state_ = State::kConnected;
  const Bytes rest(handshake_.begin() + 1 + 2 * kHandshakeSize,
                   handshake_.end());
  handshake_ = {};
  return ReceiveMessages(rest, reply);
}

Status PublishSession::ReceiveMessages(ByteView bytes, Bytes& reply) {
  chunks_.Feed(bytes);
  Acknowledge(bytes.size(), reply);
  while (state_ != State::kEnded) {
    auto message = chunks_.Next();
    if (!message) return std::unexpected(message.error());
    if (!*message) break;
    auto handled = Handle(**std::move(message), reply);
    if (!handled) return handled;
  }
  return {};
}

void PublishSession::Acknowledge(size_t received, Bytes& reply) {
  received_ += received;
  if (window_ == 0 || received_ - acknowledged_ < window_) return;
  acknowledged_ = received_;
  Control(MessageType::kAcknowledgement,
          BigEndian32(static_cast<uint32_t>(received_)), reply);
}

Status PublishSession::Handle(Message message, Bytes& reply) {
  switch (message.type) {
    case MessageType::kCommand:
      return HandleCommand(message, reply);
    case MessageType::kAudio:
    case MessageType::kVideo:
    case MessageType::kData:
      if (publishing()) handler_.OnMedia(std::move(message));
      return {};
    case MessageType::kWindowSize:
      if (message.body.size() >= 4) {
        window_ = 0;
        for (size_t i = 0; i < 4; ++i) window_ = window_ << 8 | message.body[i];
      }
      return {};
    default:
      return {};
  }
}

Status PublishSession::HandleCommand(const Message& message, Bytes& reply) {
  const auto values = ReadAllAmf(message.body);
  if (!values || values->size() < 2 || values->front().text() == nullptr) {
    return BadInput({}, "sends a command that cannot be read",
                    "publish with OBS or FFmpeg");
  }
  const std::string& name = *values->front().text();
  const AmfValue& transaction = (*values)[1];
  if (name == "connect") {
    const std::string* app =
        values->size() > 2 ? (*values)[2].TextOf("app") : nullptr;
    app_ = app == nullptr ? "" : WithoutDecoration(*app);
    AcceptConnection(transaction, reply);
  } else if (name == "createStream") {
    Bytes body;
    AmfWriter(body)
        .Text("_result")
        .Number(NumberOr0(transaction))
        .Null()
        .Number(kMediaStream);
    Command(0, std::move(body), reply);
  } else if (name == "publish") {
    const std::string* key = values->size() > 3 ? (*values)[3].text() : nullptr;
    return Publish(key == nullptr ? std::string() : *key, reply);
  } else if (publishing() && (name == "deleteStream" || name == "FCUnpublish" ||
                              name == "closeStream")) {
    state_ = State::kEnded;
  } else if (name == "play") {
    return BadInput({}, "wants to play", "publish here, and watch at an edge");
  }
  return {};
}

void PublishSession::AcceptConnection(const AmfValue& transaction,
                                      Bytes& reply) {
  Control(MessageType::kWindowSize, BigEndian32(kWindowSize), reply);
  Bytes bandwidth = BigEndian32(kWindowSize);
  bandwidth.push_back(kDynamicLimit);
  Control(MessageType::kPeerBandwidth, std::move(bandwidth), reply);
  Bytes body;
  AmfWriter(body)
      .Text("_result")
      .Number(NumberOr0(transaction))
      .Object({{"fmsVer", "FMS/3,0,1,123"}})
      .Object({{"level", "status"},
               {"code", "NetConnection.Connect.Success"},
               {"description", "connected"}});
  Command(0, std::move(body), reply);
}

Status PublishSession::Publish(const std::string& name, Bytes& reply) {
  if (publishing()) return {};
  const Admission admission = handler_.MayPublish(app_, name);
  if (admission == Admission::kAdmitted) {
    state_ = State::kPublishing;
    chunks_.set_max_message(kMaxMedia);
    StreamStatus("status", "NetStream.Publish.Start", "publishing", reply);
    return {};
  }
  const bool busy = admission == Admission::kBusy;
  StreamStatus("error", "NetStream.Publish.BadName",
               busy ? "someone is publishing already" : "wrong stream key",
               reply);
  return BadInput(
      {},
      busy ? "publishes while another publisher does"
           : "has the wrong stream key",
      busy ? "stop the other encoder first" : "see usher live --print-obs");
}

}  // namespace usher::rtmp
