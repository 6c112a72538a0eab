#include "packager/inspect/seig_groups.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "packager/mp4/box_reader.h"

namespace usher::inspect {
namespace {

using mp4::BoxReader;
using mp4::FieldReader;

constexpr size_t kMaxGroups = 4096;

// CencSampleEncryptionInformationGroupEntry.
std::optional<Protection> ReadGroup(FieldReader& fields,
                                    const std::string& scheme) {
  Protection group;
  group.scheme = scheme;
  fields.Skip(1);
  const uint8_t pattern = fields.U8();
  group.crypt_byte_block = pattern >> 4;
  group.skip_byte_block = pattern & 15;
  group.is_protected = fields.U8() == 1;
  group.iv_size = fields.U8();
  const ByteView kid = fields.Take(16);
  std::ranges::copy(kid, group.kid.bytes.begin());
  if (group.is_protected && group.iv_size == 0) {
    const ByteView iv = fields.Take(fields.U8());
    group.constant_iv.assign(iv.begin(), iv.end());
  }
  if (!fields.ok()) return std::nullopt;
  return group;
}

void ReadEntries(ByteView sgpd, const std::string& scheme,
                 std::vector<Protection>& groups) {
  FieldReader fields(sgpd);
  const uint8_t version = fields.U8();
  fields.Skip(7);
  const uint32_t length = version == 1 ? fields.U32() : 0;
  if (version >= 2) fields.Skip(4);
  const uint32_t count = std::min<uint32_t>(fields.U32(), kMaxGroups);
  for (uint32_t i = 0; i < count && fields.ok(); ++i) {
    if (version == 1 && length == 0) fields.Skip(4);
    auto group = ReadGroup(fields, scheme);
    if (group) groups.push_back(*std::move(group));
  }
}

}  // namespace

std::vector<Protection> ReadSeigGroups(ByteView data,
                                       const std::string& scheme) {
  std::vector<Protection> groups;
  BoxReader boxes(data);
  while (const auto box = boxes.Next()) {
    if (box->type == "sgpd" && box->body.size() >= 8 &&
        AsText(box->body.subspan(4, 4)) == "seig") {
      ReadEntries(box->body, scheme, groups);
    }
  }
  return groups;
}

}  // namespace usher::inspect
