// Ports of 127.0.0.1 for the servers a test starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace usher::testing {

// A port nothing listens on. Kept from other test programs that use this
// function, for as long as this process lives, by a lock on a file they share.
uint16_t FreePort();

// Waits until something accepts connections at `port`; false on time-out.
bool WaitForListener(
    uint16_t port, std::chrono::milliseconds timeout = std::chrono::seconds(20),
    const std::string& address = "127.0.0.1");

}  // namespace usher::testing
