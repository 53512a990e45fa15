// How a thread that does small things for another one waits for the next of them. To wake up takes longer than most of them
// do, so it stays awake for a while, and lets everybody else go first meanwhile.
#pragma once

#include <uv.h>

#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>

#include "scheduling.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace kindred {

// A moment, for who looks again and again.
inline void rest() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#endif
}

// With one there is nothing to be gained by a second thread.
inline bool hasSecondProcessor() {
  static const bool has = std::thread::hardware_concurrency() > 1;
  return has;
}

// Who has work never waits for the one that does it, which may be without a processor just then: a semaphore has no lock.
class Standby {
 public:
  Standby() {
    if (uv_sem_init(&changed, 0) != 0) throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  }
  ~Standby() { uv_sem_destroy(&changed); }
  Standby(const Standby&) = delete;
  Standby& operator=(const Standby&) = delete;

  // Until there is work, which `hasWork` reads from atomics, in sequential consistency. In the thread's first call it asks for
  // short slices: then it is not put aside for long, and a turn given up is a short one.
  template <typename HasWork>
  void await(HasWork hasWork) {
    thread_local const bool isQuick = takeShortSlices();
    static_cast<void>(isQuick);
    while (!isAwakeFor(hasWork)) {
      sleeps = true;
      if (!hasWork()) uv_sem_wait(&changed);
      sleeps = false;
    }
  }

  // When there is work.
  void wake() {
    if (sleeps.exchange(false)) uv_sem_post(&changed);
  }

 private:
  template <typename HasWork>
  bool isAwakeFor(HasWork hasWork) {
    const auto start = std::chrono::steady_clock::now();
    for (auto now = start, given = start; now - start < AWAKE; now = std::chrono::steady_clock::now()) {
      for (int rests = 0; rests < RESTS_A_LOOK; rests += 1) {
        if (hasWork()) return true;
        rest();
      }
      if (now - given < TURN) continue;
      std::this_thread::yield();
      given = now;
    }
    return hasWork();
  }

  // Clients that ask one question after the other ask the next one within that time: after its last work the answer is still
  // joined, sent and read.
  static constexpr std::chrono::microseconds AWAKE{500};
  // A turn given up each time would cost it the processor for as many slices (docs/decisions/0044-threads-give-way.md).
  static constexpr std::chrono::microseconds TURN{5};
  static constexpr int RESTS_A_LOOK = 16;

  std::atomic<bool> sleeps{false};
  uv_sem_t changed;
};

}  // namespace kindred
