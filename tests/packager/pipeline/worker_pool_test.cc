#include "packager/pipeline/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

namespace usher {
namespace {

TEST(WorkerPool, RunsEveryJob) {
  WorkerPool pool(2, 100);
  std::atomic<int> done = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pool.Submit(7, [&](size_t) -> Status {
      ++done;
      return {};
    }));
  }
  ASSERT_TRUE(pool.Finish());
  EXPECT_EQ(done, 1000);
}

TEST(WorkerPool, TellsEachJobItsWorker) {
  WorkerPool pool(2, 100);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(pool.Submit(1, [](size_t worker) -> Status {
      return worker < 2 ? Status() : Failed("worker", "out of range");
    }));
  }
  EXPECT_TRUE(pool.Finish());
}

TEST(WorkerPool, BoundsWhatIsPending) {
  WorkerPool pool(2, 100);
  std::atomic<int> pending = 0;
  std::atomic<int> most = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(pool.Submit(40, [&](size_t) -> Status {
      --pending;
      return {};
    }));
    const int now = ++pending;
    most = std::max(most.load(), now);
  }
  ASSERT_TRUE(pool.Finish());
  EXPECT_LE(most, 3);  // two may wait or run, one has just ended
}

TEST(WorkerPool, TakesAJobLargerThanTheBoundAlone) {
  WorkerPool pool(2, 100);
  EXPECT_TRUE(pool.Submit(1000, [](size_t) { return Status(); }));
  EXPECT_TRUE(pool.Submit(1000, [](size_t) { return Status(); }));
  EXPECT_TRUE(pool.Finish());
}

TEST(WorkerPool, TheFirstErrorStopsTheRest) {
  WorkerPool pool(1, 100);
  std::binary_semaphore go(0);
  std::atomic<int> run = 0;
  ASSERT_TRUE(pool.Submit(1, [&](size_t) -> Status {
    go.acquire();
    return Failed("disk", "is full");
  }));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pool.Submit(1, [&](size_t) -> Status {
      ++run;
      return {};
    }));
  }
  go.release();
  const Status finished = pool.Finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().where, "disk");
  EXPECT_EQ(run, 0);
}

TEST(WorkerPool, SubmitFailsOnceAJobHas) {
  WorkerPool pool(1, 1);
  Status submitted;
  for (int i = 0; i < 1000 && submitted; ++i) {
    submitted = pool.Submit(
        1, [](size_t) -> Status { return Failed("disk", "is full"); });
  }
  EXPECT_FALSE(submitted);
}

TEST(WorkerPool, EndsWithoutRunningWhatWaits) {
  std::atomic<int> run = 0;
  std::binary_semaphore go(0);
  {
    WorkerPool pool(1, 100);
    ASSERT_TRUE(pool.Submit(1, [&](size_t) -> Status {
      go.acquire();
      return {};
    }));
    ASSERT_TRUE(pool.Submit(1, [&](size_t) -> Status {
      ++run;
      return Failed("late", "job");
    }));
    go.release();
  }
  EXPECT_LE(run, 1);
}

}  // namespace
}  // namespace usher
