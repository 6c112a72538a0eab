#include "packager/config/container.h"

namespace usher {

std::string_view ContainerName(Container container) {
  return container == Container::kTs ? "ts" : "cmaf";
}

std::optional<Container> ParseContainer(std::string_view name) {
  for (const Container container : {Container::kCmaf, Container::kTs}) {
    if (ContainerName(container) == name) return container;
  }
  return std::nullopt;
}

std::string_view SegmentExtension(Container container) {
  return container == Container::kTs ? "ts" : "m4s";
}

}  // namespace usher
