// Prometheus text, exposition format 0.0.4: families of samples.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace usher::engine {

class Exposition {
 public:
  using Labels =
      std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // What follows, until the next family, are its samples. `type` is "counter",
  // "gauge" or "histogram".
  void Family(std::string_view name, std::string_view type,
              std::string_view help);
  void Sample(uint64_t value, Labels labels = {});
  // `value` in thousandths; of a histogram's sample with its suffix.
  void Milli(std::string_view suffix, uint64_t value, Labels labels = {});
  void Suffixed(std::string_view suffix, uint64_t value, Labels labels = {});
  // A family of one sample.
  void Metric(std::string_view name, std::string_view type,
              std::string_view help, uint64_t value);

  std::string Take() { return std::move(text_); }

 private:
  void Name(std::string_view suffix, Labels labels);

  std::string text_;
  std::string name_;
};

// Of milliseconds, as seconds: "0.05", "2.5".
std::string Seconds(uint64_t milliseconds);

}  // namespace usher::engine
