#include "ngx_module/engine/exposition.h"

namespace usher::engine {

std::string Seconds(uint64_t milliseconds) {
  std::string text = std::to_string(milliseconds / 1000);
  std::string rest = std::to_string(1000 + milliseconds % 1000).substr(1);
  while (rest.ends_with('0')) rest.pop_back();
  return rest.empty() ? text : text + "." + rest;
}

void Exposition::Family(std::string_view name, std::string_view type,
                        std::string_view help) {
  name_ = name;
  // Of OpenMetrics' counters only the sample has the suffix.
  if (format_ == Format::kOpenMetrics && type == "counter") {
    name.remove_suffix(std::string_view("_total").size());
  }
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

// Labels are names of events and of our own: none needs escaping.
void Exposition::Name(std::string_view suffix, Labels labels) {
  text_.append(name_).append(suffix);
  char separator = '{';
  for (const auto& [label, value] : labels) {
    text_ += separator;
    text_.append(label).append("=\"").append(value).append("\"");
    separator = ',';
  }
  if (labels.size() != 0) text_ += '}';
  text_ += ' ';
}

void Exposition::Sample(uint64_t value, Labels labels) {
  Suffixed({}, value, labels);
}

void Exposition::Suffixed(std::string_view suffix, uint64_t value,
                          Labels labels) {
  Name(suffix, labels);
  text_.append(std::to_string(value)).append("\n");
}

void Exposition::Milli(std::string_view suffix, uint64_t value, Labels labels) {
  Name(suffix, labels);
  text_.append(Seconds(value)).append("\n");
}

void Exposition::Metric(std::string_view name, std::string_view type,
                        std::string_view help, uint64_t value) {
  Family(name, type, help);
  Sample(value);
}

std::string Exposition::Take() {
  if (format_ == Format::kOpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace usher::engine
