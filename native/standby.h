// How a thread that does small things for another one waits for the next of them. To wake up takes longer than most of them
// do, so it stays awake for a while, and lets everybody else go first meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

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

class Standby {
 public:
  // Until there is work, which `hasWork` reads from atomics, in sequential consistency. False where the end comes first.
  template <typename HasWork>
  bool await(HasWork hasWork) {
    const auto until = std::chrono::steady_clock::now() + AWAKE;
    do {
      for (int rests = 0; rests < RESTS_A_TURN; rests += 1) {
        if (hasWork()) return true;
        rest();
      }
      std::this_thread::yield();
    } while (std::chrono::steady_clock::now() < until);
    std::unique_lock<std::mutex> lock(mutex);
    sleeps = true;
    changed.wait(lock, [&] { return ends || hasWork(); });
    sleeps = false;
    return !ends;
  }

  // When there is work.
  void wake() {
    if (!sleeps) return;
    const std::lock_guard<std::mutex> lock(mutex);
    changed.notify_one();
  }

  void end() {
    const std::lock_guard<std::mutex> lock(mutex);
    ends = true;
    changed.notify_one();
  }

 private:
  // Clients that ask one question after the other ask the next one within that time.
  static constexpr std::chrono::microseconds AWAKE{300};
  static constexpr int RESTS_A_TURN = 16;

  std::atomic<bool> sleeps{false};
  std::mutex mutex;
  std::condition_variable changed;
  bool ends = false;
};

}  // namespace kindred
