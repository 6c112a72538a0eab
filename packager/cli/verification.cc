#include "packager/cli/verification.h"

#include <iostream>
#include <string>
#include <utility>

#include "core/keys/key_store.h"
#include "packager/inspect/inspector.h"

namespace usher::cli {
namespace {

using inspect::Severity;

Result<inspect::KeyRing> ReadKeys(const PackageReport& report) {
  inspect::KeyRing ring;
  if (report.key_store.empty()) return ring;
  auto master = keys::MasterKey::Read(report.master_key);
  if (!master) return std::unexpected(std::move(master).error());
  const keys::KeyStore store(report.key_store, *std::move(master));
  for (const PackageReport::SchemeOutput& scheme : report.schemes) {
    for (const keys::KeyId& kid : scheme.kids) {
      auto key = store.Get(report.event, kid);
      if (!key) return std::unexpected(std::move(key).error());
      ring.insert_or_assign(kid, std::move(key->key));
    }
  }
  return ring;
}

void Print(const inspect::Findings& findings,
           const config::PackageOptions& options) {
  for (const inspect::Finding& finding : findings.all()) {
    if (options.json) {
      std::cout << finding.Json() << '\n';
    } else if (!options.quiet || finding.severity == Severity::kError) {
      std::cerr << "usher: " << finding.OneLine() << '\n';
    }
  }
}

}  // namespace

Status Verify(const PackageReport& report,
              const config::PackageOptions& options) {
  auto ring = ReadKeys(report);
  if (!ring) return std::unexpected(std::move(ring).error());
  inspect::InspectOptions how;
  how.keys = *std::move(ring);
  inspect::FileLoader loader;
  size_t errors = 0;
  for (const PackageReport::SchemeOutput& scheme : report.schemes) {
    const auto inspection = inspect::Inspect(
        (report.directory / scheme.directory).string(), how, loader);
    if (!inspection) return std::unexpected(inspection.error());
    Print(inspection->findings, options);
    errors += inspection->findings.Count(Severity::kError);
  }
  if (errors == 0) return {};
  return Failed("--verify",
                "found " + std::to_string(errors) + " errors in " +
                    report.directory.string(),
                "do not publish it; tell us with the lines above");
}

}  // namespace usher::cli
