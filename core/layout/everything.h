// An event's whole URL space, as a handful of samples.
#pragma once

#include <span>
#include <string_view>

namespace usher::layout {

// One URL of each kind and place an event may have, relative to "/<event>/":
// what lets through all of these lets through the event.
std::span<const std::string_view> Everything();

}  // namespace usher::layout
