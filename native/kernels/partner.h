// A second thread for loops that wait for memory: two processors read twice as much. Only while somebody has asked for it
// lately, because waking it takes as long as such a loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>

#include "../standby.h"

namespace kernels {

class Partner {
 public:
  // A hint that there will be loops to share in a moment. One thread serves all that load this addon, and ends with the
  // process. Throws std::system_error where there is no thread to be had.
  static void expect() {
    static Partner* partner = new Partner();
    known = partner;
    partner->calls.fetch_add(1);
    partner->standby.wake();
  }

  // Runs all parts, each once, on this thread and on the other one where that is awake.
  template <typename Part>
  static void share(size_t parts, const Part& part) {
    Partner* partner = known;
    if (partner && parts > 1 && partner->take(parts, part)) return;
    for (size_t at = 0; at < parts; at += 1) part(at);
  }

 private:
  Partner() {
    std::thread([this] { work(); }).detach();
  }

  // False where it is at a loop of somebody else's.
  template <typename Part>
  bool take(size_t parts, const Part& part) {
    const std::unique_lock<std::mutex> lock(mutex, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    count = parts;
    next = 0;
    data = &part;
    run = [](const void* of, size_t at) { (*static_cast<const Part*>(of))(at); };
    isOpen = true;
    takeParts();
    isOpen = false;
    // It is at its last part, if at any.
    while (isInside) kindred::rest();
    return true;
  }

  void takeParts() {
    for (size_t at = next.fetch_add(1); at < count; at = next.fetch_add(1)) run(data, at);
  }

  void work() {
    for (size_t seen = 0; standby.await([&] { return isOpen || calls != seen; });) {
      seen = calls;
      // Said before it is looked at, as the other side says first that it is closed: one of them sees the other.
      isInside = true;
      if (isOpen) takeParts();
      isInside = false;
    }
  }

  static inline std::atomic<Partner*> known{nullptr};

  kindred::Standby standby;
  std::atomic<size_t> calls{0}, next{0};
  std::atomic<bool> isOpen{false}, isInside{false};
  std::mutex mutex;
  size_t count = 0;
  const void* data = nullptr;
  void (*run)(const void*, size_t) = nullptr;
};

}  // namespace kernels
