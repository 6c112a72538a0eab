#include "packager/inspect/sample_auxiliary.h"

#include <algorithm>

#include "packager/inspect/seig_groups.h"

namespace usher::inspect {
namespace {

using mp4::BoxReader;
using mp4::BoxView;
using mp4::FieldReader;
using mp4::FindBox;

constexpr uint32_t kLocalGroup = 0x10000;  // 14496-12 8.9.4

// Lives for one call of ReadAuxiliary.
class AuxiliaryReader {
 public:
  AuxiliaryReader(const TrafSource& source, TrackFragment& fragment,
                  Findings& findings)
      : source_(source), fragment_(fragment), findings_(findings) {}

  void Read() {
    ReadGroups();
    AssignProtections();
    const bool any = std::ranges::any_of(fragment_.protections,
                                         [](auto* p) { return p != nullptr; });
    if (!any) return;
    const auto senc = FindBox(source_.traf, "senc");
    const auto saiz = FindBox(source_.traf, "saiz");
    const auto saio = FindBox(source_.traf, "saio");
    if (senc) {
      ReadSenc(*senc);
    } else if (saiz && saio) {
      ReadFromOffset(*saiz, *saio);
    } else if (NeedsEntries()) {
      return Error("cenc-senc-missing",
                   "protected samples without senc, saiz and saio",
                   "ISO/IEC 23001-7 7.1");
    }
    if (senc) CompareWithSizes(*senc, saiz, saio);
  }

 private:
  void ReadGroups() {
    const auto& own = fragment_.track->protection;
    fragment_.groups =
        ReadSeigGroups(source_.traf, own ? own->scheme : std::string());
  }

  // sbgp gives samples to groups; all others are as tenc says.
  void AssignProtections() {
    const auto& own = fragment_.track->protection;
    fragment_.protections.assign(fragment_.samples.size(),
                                 own && own->is_protected ? &*own : nullptr);
    BoxReader boxes(source_.traf);
    while (const auto box = boxes.Next()) {
      if (box->type != "sbgp" || box->body.size() < 8 ||
          AsText(box->body.subspan(4, 4)) != "seig") {
        continue;
      }
      FieldReader fields(box->body);
      const uint8_t version = fields.U8();
      fields.Skip(7 + (version == 1 ? 4 : 0));
      AssignRuns(fields);
    }
  }

  void AssignRuns(FieldReader& fields) {
    const uint32_t runs = fields.U32();
    size_t sample = 0;
    for (uint32_t i = 0; i < runs && fields.ok(); ++i) {
      const uint32_t count = fields.U32();
      const uint32_t index = fields.U32();
      const Protection* group = GroupAt(index);
      if (group == nullptr && index != 0) {
        Error("cenc-group",
              "sbgp of type seig names group " + std::to_string(index) +
                  ", which no sgpd describes",
              "ISO/IEC 14496-12 8.9.4; ISO/IEC 23001-7 6");
      }
      for (uint32_t j = 0; j < count && sample < fragment_.samples.size();
           ++j, ++sample) {
        if (group == nullptr) continue;
        fragment_.protections[sample] = group->is_protected ? group : nullptr;
      }
    }
  }

  // Null: index 0, no group; and what leads nowhere. Low indices lead to the
  // header's groups, which are those of the boxes read where they are stbl's.
  const Protection* GroupAt(uint32_t index) const {
    const bool local = index > kLocalGroup;
    const auto& groups = local ? fragment_.groups : fragment_.track->groups;
    if (local) index -= kLocalGroup;
    return index == 0 || index > groups.size() ? nullptr : &groups[index - 1];
  }

  // Samples under a constant IV without subsamples need no entry.
  bool NeedsEntries() const {
    return std::ranges::any_of(fragment_.protections, [this](auto* p) {
      return p != nullptr &&
             (p->iv_size != 0 || fragment_.track->kind == MediaKind::kVideo);
    });
  }

  void ReadSenc(const BoxView& senc) {
    FieldReader fields(senc.body);
    const uint32_t flags = fields.U32() & 0xFFFFFF;
    const uint32_t count = fields.U32();
    if (count != fragment_.samples.size() && !source_.fragment.cut_short) {
      return Error("cenc-senc-count",
                   "senc has " + std::to_string(count) + " entries, trun " +
                       std::to_string(fragment_.samples.size()) + " samples",
                   "ISO/IEC 23001-7 7.2");
    }
    ReadEntries(fields, (flags & 2) != 0);
  }

  void ReadFromOffset(const BoxView& saiz, const BoxView& saio) {
    const auto offset = FirstOffset(saio);
    const ByteView file = source_.fragment.file;
    if (!offset || *offset > file.size()) {
      return Error("cenc-saio", "saio leads out of the segment",
                   "ISO/IEC 14496-12 8.7.9");
    }
    FieldReader fields(file.subspan(static_cast<size_t>(*offset)));
    const uint8_t size = saiz.body.size() > 4 ? saiz.body[4] : 0;
    const uint8_t iv_size = fragment_.protections.front() == nullptr
                                ? 0
                                : fragment_.protections.front()->iv_size;
    ReadEntries(fields, size == 0 || size > iv_size);
  }

  void ReadEntries(FieldReader& fields, bool with_subsamples) {
    for (size_t i = 0; i < fragment_.samples.size(); ++i) {
      const Protection* protection = fragment_.protections[i];
      SampleEncryption entry;
      const uint8_t iv_size = protection == nullptr ? 0 : protection->iv_size;
      const ByteView iv = fields.Take(std::min<size_t>(iv_size, 16));
      std::ranges::copy(iv, entry.iv.begin());
      if (with_subsamples) ReadSubsamples(fields, entry);
      if (!fields.ok()) {
        fragment_.encryption.clear();
        return Error("cenc-senc-short",
                     "the entries of senc end before the samples do",
                     "ISO/IEC 23001-7 7.2");
      }
      fragment_.encryption.push_back(std::move(entry));
      sizes_.push_back(iv.size() + (with_subsamples ? 2 : 0) +
                       6 * fragment_.encryption.back().subsamples.size());
    }
  }

  static void ReadSubsamples(FieldReader& fields, SampleEncryption& entry) {
    const uint16_t count = fields.U16();
    for (uint16_t i = 0; i < count && fields.ok(); ++i) {
      const uint16_t clear = fields.U16();
      const uint32_t encrypted = fields.U32();
      entry.subsamples.push_back({clear, encrypted});
    }
  }

  // saiz and saio must lead a reader that does not know senc to its entries.
  void CompareWithSizes(const BoxView& senc, const std::optional<BoxView>& saiz,
                        const std::optional<BoxView>& saio) {
    if (fragment_.encryption.empty() || source_.fragment.cut_short) return;
    if (!saiz || !saio) {
      return Error("cenc-saiz-missing", "senc without saiz and saio",
                   "ISO/IEC 23001-7 7.1");
    }
    if (!SizesAgree(*saiz)) {
      Error("cenc-saiz", "saiz and senc disagree on the size of an entry",
            "ISO/IEC 14496-12 8.7.8");
    }
    const ByteView file = source_.fragment.file;
    const auto entries =
        static_cast<uint64_t>(senc.body.data() + 8 - file.data());
    if (const auto offset = FirstOffset(*saio); !offset || *offset != entries) {
      Error("cenc-saio", "saio does not lead to the entries of senc",
            "ISO/IEC 14496-12 8.7.9");
    }
  }

  bool SizesAgree(const BoxView& saiz) const {
    FieldReader fields(saiz.body);
    if ((fields.U32() & 1) != 0) fields.Skip(8);
    const uint8_t fixed = fields.U8();
    if (fields.U32() != sizes_.size()) return false;
    return std::ranges::all_of(sizes_, [&](size_t size) {
      return size == (fixed != 0 ? fixed : fields.U8()) && fields.ok();
    });
  }

  std::optional<uint64_t> FirstOffset(const BoxView& saio) const {
    FieldReader fields(saio.body);
    const uint8_t version = fields.U8();
    if ((fields.U24() & 1) != 0) fields.Skip(8);
    if (fields.U32() == 0) return std::nullopt;
    const uint64_t offset = version == 0 ? fields.U32() : fields.U64();
    if (!fields.ok()) return std::nullopt;
    return source_.base + offset;
  }

  void Error(std::string check, std::string what, std::string clause) {
    findings_.Error(std::move(check), source_.fragment.place, std::move(what),
                    std::move(clause));
  }

  const TrafSource& source_;
  TrackFragment& fragment_;
  Findings& findings_;
  std::vector<size_t> sizes_;  // of the entries read
};

}  // namespace

void ReadAuxiliary(const TrafSource& source, TrackFragment& fragment,
                   Findings& findings) {
  AuxiliaryReader(source, fragment, findings).Read();
}

}  // namespace usher::inspect
