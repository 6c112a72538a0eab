// `--config`: any text is settings that can be resolved or refused, or one
// line that begins with the file's name.
#include <utility>

#include "packager/config/yaml_config.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  auto settings = config::ParseYamlConfig(AsText({data, size}), "fuzz");
  if (!settings) {
    const std::string line = settings.error().OneLine();
    FUZZ_EXPECT(line.starts_with("fuzz"));
    FUZZ_EXPECT(line.find('\n') == std::string::npos);
    return 0;
  }
  const auto options =
      config::Resolve(*std::move(settings), {"/nowhere/data", "/nowhere"});
  if (!options) {
    FUZZ_EXPECT(options.error().kind == ErrorKind::kBadInput);
    return 0;
  }
  FUZZ_EXPECT(!options->inputs.empty() && !options->schemes.empty());
  FUZZ_EXPECT(options->segment_duration >= 1);
  FUZZ_EXPECT(options->segment_duration <= 60);
  for (const config::ExplicitKey& key : options->keys.explicit_keys) {
    FUZZ_EXPECT(key.key.size() == 16);
  }
  return 0;
}
