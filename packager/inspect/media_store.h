// Loads, decrypts and judges the init and media segments that renditions name,
// each of them once, however many manifests name it. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "packager/inspect/finding.h"
#include "packager/inspect/iv_ledger.h"
#include "packager/inspect/loader.h"
#include "packager/inspect/measured.h"
#include "packager/inspect/rendition.h"

namespace usher::inspect {

class MediaStore {
 public:
  // All outlive the store. `root` is what places are shown against.
  MediaStore(Loader& loader, const KeyRing& keys, Findings& findings)
      : loader_(loader), keys_(keys), findings_(findings) {}

  // Null where it cannot be had; the findings say why. Valid as long as the
  // store.
  const MediaHeader* Header(const ResourceEntry& entry);
  const MeasuredSegment* Segment(const Rendition& rendition,
                                 const SegmentEntry& segment);
  // A part of a segment, from its decrypted bytes. It shares IVs with its
  // segment, which is no reuse.
  MeasuredSegment Part(const Rendition& rendition, const SegmentEntry& part,
                       Bytes bytes);
  // What is there, without AES-128. Nothing where it cannot be had; the
  // findings say why.
  std::optional<Bytes> PlainText(const ResourceEntry& entry);
  // What shows only when all has been seen: IVs used twice, keys that were
  // not there.
  void Finish();

  const KeyRing& keys() const { return keys_; }
  size_t segments_judged() const { return segments_judged_; }

 private:
  using ResourceId = std::tuple<std::string, uint64_t, uint64_t, std::string>;

  std::optional<MediaHeader> ReadHeader(const ResourceEntry& entry);
  std::optional<Bytes> ReadEncryptedHeader(const ResourceEntry& entry,
                                           Bytes bytes);
  MeasuredSegment ReadSegment(const Rendition& rendition,
                              const SegmentEntry& segment);
  MeasuredSegment Judge(const Rendition& rendition, const SegmentEntry& segment,
                        IvLedger& ledger, Bytes& bytes);
  std::optional<Bytes> Load(const ResourceEntry& entry);
  std::optional<Bytes> LoadSequence(const SegmentEntry& segment);
  std::optional<Bytes> LoadWidened(const ResourceEntry& entry);
  std::optional<Bytes> Decrypt(const ResourceEntry& entry, ByteView bytes);
  const SecretBytes* KeyFor(const WholeFileKey& key);
  std::optional<SecretBytes> FetchKey(const WholeFileKey& key);
  void RecordIv(const ResourceEntry& entry);

  Loader& loader_;
  const KeyRing& keys_;
  Findings& findings_;
  IvLedger ledger_;
  std::map<ResourceId, std::optional<MediaHeader>> headers_;
  std::map<ResourceId, MeasuredSegment> segments_;
  std::map<std::string, std::optional<SecretBytes>> fetched_keys_;
  // By key and IV: the first resource that used them.
  std::map<std::pair<std::string, crypto::AesBlock>, ResourceEntry> ivs_;
  size_t segments_judged_ = 0;
};

}  // namespace usher::inspect
