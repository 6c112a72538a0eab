#include "packager/mp4/language.h"

#include <algorithm>

namespace usher::mp4 {
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

std::string_view ThreeLetters(std::string_view two_letters) {
  for (size_t i = 0; i < kCodes.size(); i += kStride) {
    if (kCodes.substr(i, 2) == two_letters) return kCodes.substr(i + 2, 3);
  }
  return kUndetermined;
}

bool IsLowerCase(char letter) { return letter >= 'a' && letter <= 'z'; }

}  // namespace

uint16_t PackedLanguage(std::string_view tag) {
  std::string_view primary = tag.substr(0, tag.find('-'));
  if (primary.size() == 2) primary = ThreeLetters(primary);
  if (primary.size() != 3 || !std::ranges::all_of(primary, IsLowerCase)) {
    primary = kUndetermined;
  }
  uint16_t packed = 0;
  for (char letter : primary) {
    packed = static_cast<uint16_t>(packed << 5 | (letter - 0x60));
  }
  return packed;
}

}  // namespace usher::mp4
