// Who goes first on a machine whose processors are all busy. A scheduler lets a thread finish its slice, 1 to 4 ms on Linux,
// before one that has just woken up, whatever their nice values: an answer of half a millisecond would wait for many times
// that. So who computes for long gives up its turn now and then, and who answers takes short slices.
#pragma once

#include <chrono>
#include <thread>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#endif

namespace kindred {

class Yielding {
 public:
  // Between two pieces of work, however short they are.
  void maybeYield() {
    if (std::chrono::steady_clock::now() - last_ < EACH) return;
    std::this_thread::yield();
    last_ = std::chrono::steady_clock::now();
  }

 private:
  // Since Linux 6.18 a thread pays with its share for what it gives up: nothing to speak of at this pace, but three quarters
  // of it with a yield each 200 us (docs/decisions/0044-threads-give-way.md).
  static constexpr std::chrono::milliseconds EACH{1};

  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

#if defined(__linux__) && defined(SYS_sched_getattr) && defined(SYS_sched_setattr)

// Since Linux 6.12 a thread that asks for shorter slices goes before one with longer ones when it wakes up. Its share of the
// processor stays the same, and what it starts gets slices as any other. Before 6.12 nothing changes. False where the system
// refuses.
inline bool takeShortSlices() {
  // sched_setattr(2); libraries older than glibc 2.41 have no name for it.
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes = {};
  constexpr uint64_t SLICE_NS = 100'000;
  constexpr uint32_t NORMAL_POLICY = 0;
  constexpr uint64_t RESET_ON_FORK = 1;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
  if (attributes.policy != NORMAL_POLICY) return false;
  attributes.flags |= RESET_ON_FORK;
  attributes.runtime = SLICE_NS;
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

#else

inline bool takeShortSlices() { return false; }

#endif

}  // namespace kindred
