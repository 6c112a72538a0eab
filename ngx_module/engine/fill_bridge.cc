#include "ngx_module/fill_bridge.h"

#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "ngx_module/engine/fill_table.h"

namespace usher::engine {
namespace {

static_assert(USHER_FILL_FULL == static_cast<int>(FillStep::kFull));
static_assert(USHER_FILL_UNSHARED == static_cast<int>(FillOutcome::kUnshared));

FillKey KeyOf(const uint8_t* bytes) {
  FillKey key;
  std::copy_n(bytes, key.size(), key.begin());
  return key;
}

bool ProcessLives(int32_t pid) {
  return kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH;
}

}  // namespace
}  // namespace usher::engine

using usher::engine::FillOutcome;
using usher::engine::FillTable;
using usher::engine::KeyOf;

size_t usher_fill_minimum() noexcept { return FillTable::MinimumSize(); }

void usher_fill_format(void* table, size_t size) noexcept {
  FillTable::Format({static_cast<std::byte*>(table), size});
}

int usher_fill_usable(const void* table) noexcept {
  return FillTable::Usable(table) ? 1 : 0;
}

usher_fill_entry_t usher_fill_enter(void* table, const uint8_t* key,
                                    int32_t pid, int64_t now,
                                    int missed) noexcept {
  const auto entry = FillTable(table).Enter(KeyOf(key), pid, now, missed != 0);
  return {static_cast<usher_fill_step_t>(entry.step), entry.fill,
          entry.lock_left ? 1 : 0};
}

int usher_fill_under_way(void* table, const uint8_t* key, uint64_t fill,
                         int64_t now) noexcept {
  return FillTable(table).UnderWay(KeyOf(key), fill, now) ? 1 : 0;
}

int usher_fill_end(void* table, const uint8_t* key, uint64_t fill,
                   usher_fill_outcome_t outcome, int64_t fresh_until,
                   int64_t now) noexcept {
  return FillTable(table).End(KeyOf(key), fill,
                              static_cast<FillOutcome>(outcome), fresh_until,
                              now)
             ? 1
             : 0;
}

int usher_fill_end_of_dead(void* table, int64_t now) noexcept {
  return FillTable(table).EndOfDead(usher::engine::ProcessLives, now) ? 1 : 0;
}
