#include "packager/encrypt/hevc/scaling_list.h"

#include <algorithm>

namespace usher::hevc {

void SkipScalingLists(RbspReader& reader) {
  for (unsigned size = 0; size < 4; ++size) {
    for (unsigned matrix = 0; matrix < 6; matrix += size == 3 ? 3 : 1) {
      if (!reader.Flag()) {
        reader.Ue();  // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (size > 1) reader.Se();  // scaling_list_dc_coef_minus8
      const unsigned coefficients = std::min(64U, 1U << (4 + 2 * size));
      for (unsigned i = 0; i < coefficients && reader.ok(); ++i) reader.Se();
    }
  }
}

}  // namespace usher::hevc
