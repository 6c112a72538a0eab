// The server's side of one RTMP connection that publishes: handshake, connect,
// publish, media, end (RTMP 1.0, sections 5.2 and 7.2).
//
// Pure: bytes in, bytes to answer with out; what comes of it is told to a
// PublishHandler. Before the publisher was let in, almost nothing is held of
// what it sends. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "packager/input/rtmp/amf0.h"
#include "packager/input/rtmp/chunk_reader.h"
#include "packager/input/rtmp/message.h"

namespace usher::rtmp {

enum class Admission { kAdmitted, kWrongKey, kBusy };

class PublishHandler {
 public:
  virtual ~PublishHandler() = default;
  // Someone wants to publish `name`, the stream key, to application `app`.
  virtual Admission MayPublish(std::string_view app, std::string_view name) = 0;
  // kAudio, kVideo or kData, in the order sent; only after kAdmitted.
  virtual void OnMedia(Message message) = 0;
};

class PublishSession {
 public:
  // `handler` outlives the session.
  explicit PublishSession(PublishHandler& handler) : handler_(handler) {}

  // Appends to `reply` what is to be sent. Fails (BadInput) where the
  // connection is to be closed, after `reply` was sent.
  Status Receive(ByteView bytes, Bytes& reply);
  bool publishing() const { return state_ == State::kPublishing; }
  // The publisher said that it is done.
  bool ended() const { return state_ == State::kEnded; }

 private:
  enum class State { kHello, kEcho, kConnected, kPublishing, kEnded };

  Status ReceiveMessages(ByteView bytes, Bytes& reply);
  void Acknowledge(size_t received, Bytes& reply);
  Status Handle(Message message, Bytes& reply);
  Status HandleCommand(const Message& message, Bytes& reply);
  void AcceptConnection(const AmfValue& transaction, Bytes& reply);
  Status Publish(const std::string& name, Bytes& reply);

  PublishHandler& handler_;
  ChunkReader chunks_{kMaxCommand};
  State state_ = State::kHello;
  Bytes handshake_;  // as far as it is there
  std::string app_;
  uint32_t window_ = 0;  // acknowledge after so many bytes; 0: never asked
  uint64_t received_ = 0;
  uint64_t acknowledged_ = 0;

  static constexpr size_t kMaxCommand = 64 << 10;
  static constexpr size_t kMaxMedia = 8 << 20;
};

}  // namespace usher::rtmp
