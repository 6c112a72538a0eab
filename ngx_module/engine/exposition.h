// Families of samples as Prometheus text, exposition format 0.0.4, or as
// OpenMetrics 1.0.0.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace usher::engine {

class Exposition {
 public:
  enum class Format { kPrometheus, kOpenMetrics };

  using Labels =
      std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit Exposition(Format format = Format::kPrometheus) : format_(format) {}

  // What follows, until the next family, are its samples. `type` is "counter",
  // "gauge", "histogram" or "summary"; the name of a counter ends in "_total".
  void Family(std::string_view name, std::string_view type,
              std::string_view help);
  void Sample(uint64_t value, Labels labels = {});
  // `value` in thousandths; of a histogram's sample with its suffix.
  void Milli(std::string_view suffix, uint64_t value, Labels labels = {});
  void Suffixed(std::string_view suffix, uint64_t value, Labels labels = {});
  // A family of one sample.
  void Metric(std::string_view name, std::string_view type,
              std::string_view help, uint64_t value);

  // The whole, once all is said.
  std::string Take();

 private:
  void Name(std::string_view suffix, Labels labels);

  Format format_;
  std::string text_;
  std::string name_;
};

// Of milliseconds, as seconds: "0.05", "2.5".
std::string Seconds(uint64_t milliseconds);

}  // namespace usher::engine
