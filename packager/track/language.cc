#include "packager/track/language.h"

#include <algorithm>

namespace usher {
namespace {

constexpr std::string_view kUndetermined = "und";

// ISO 639-1 and, right behind it, ISO 639-2/T; sorted.
constexpr std::string_view kCodes =
    "aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze "
    "babak bebel bgbul bhbih bibis bmbam bnben bobod brbre bsbos cacat ceche "
    "chcha cocos crcre csces cuchu cvchv cycym dadan dedeu dvdiv dzdzo eeewe "
    "elell eneng eoepo esspa etest eueus fafas ffful fifin fjfij fofao frfra "
    "fyfry gagle gdgla glglg gngrn guguj gvglv hahau heheb hihin hohmo hrhrv "
    "hthat huhun hyhye hzher iaina idind ieile igibo iiiii ikipk ioido isisl "
    "itita iuiku jajpn jvjav kakat kgkon kikik kjkua kkkaz klkal kmkhm knkan "
    "kokor krkau kskas kukur kvkom kwcor kykir lalat lbltz lglug lilim lnlin "
    "lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd mlmal mnmon mrmar msmsa "
    "mtmlt mymya nanau nbnob ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav "
    "nynya ococi ojoji omorm orori ososs papan pipli plpol pspus ptpor quque "
    "rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin skslk "
    "slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam "
    "tetel tgtgk ththa titir tktuk tltgl tntsn toton trtur tstso tttat twtwi "
    "tytah uguig ukukr ururd uzuzb veven vivie vovol wawln wowol xhxho yiyid "
    "yoyor zazha zhzho zuzul ";
constexpr size_t kStride = 6;

// ISO 639-2/B codes and, right behind each, its 639-2/T code.
constexpr std::string_view kBibliographic =
    "albsqi armhye baqeus burmya chizho czeces dutnld frefra geokat gerdeu "
    "greell iceisl macmkd maomri maymsa perfas rumron sloslk tibbod welcym ";
constexpr size_t kBibliographicStride = 7;

bool IsLowerCase(char letter) { return letter >= 'a' && letter <= 'z'; }

std::string_view PrimaryOf(std::string_view tag) {
  return tag.substr(0, tag.find('-'));
}

// "ger" -> "deu".
std::string_view Terminological(std::string_view code) {
  for (size_t i = 0; i < kBibliographic.size(); i += kBibliographicStride) {
    if (kBibliographic.substr(i, 3) == code) {
      return kBibliographic.substr(i + 3, 3);
    }
  }
  return code;
}

}  // namespace

std::string ShortestLanguage(std::string_view tag) {
  const std::string_view primary = PrimaryOf(tag);
  if (primary.empty()) return std::string(kUndetermined);
  const std::string_view code = Terminological(primary);
  for (size_t i = 0; i < kCodes.size(); i += kStride) {
    if (kCodes.substr(i + 2, 3) == code) {
      return std::string(kCodes.substr(i, 2)) +
             std::string(tag.substr(primary.size()));
    }
  }
  return std::string(tag);
}

std::string ThreeLetterLanguage(std::string_view tag) {
  std::string_view code = Terminological(PrimaryOf(tag));
  for (size_t i = 0; i < kCodes.size(); i += kStride) {
    if (kCodes.substr(i, 2) == code) code = kCodes.substr(i + 2, 3);
  }
  const bool valid = code.size() == 3 && std::ranges::all_of(code, IsLowerCase);
  return std::string(valid ? code : kUndetermined);
}

}  // namespace usher
