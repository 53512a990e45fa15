// A second thread beside the event loop's, one for all of our addons: two of them would take each other's turns on the
// processor that the event loop leaves. It does small things that are asked for in advance, and takes its part in loops that
// wait for memory: two processors read twice as much. Only while somebody has asked for it lately, because waking it takes as
// long as such a thing. Nobody waits for one that has no processor.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "call.h"
#include "standby.h"

namespace kindred {

class Helper {
 public:
  // Something that is done once for each time that it was posted.
  class Job {
   public:
    virtual ~Job() = default;
    virtual void run() noexcept = 0;
  };

  // That of the addon that calls; it ends with the process.
  static Helper& ofThisAddon() {
    static Helper* helper = new Helper();
    return *helper;
  }

  // A hint that there will be loops to share in a moment.
  void expect() {
    if (!isThere()) return;
    calls.fetch_add(1);
    standby.wake();
  }

  // In the order of the posts. False where that cannot be: there is no second processor, or no room.
  bool post(std::shared_ptr<Job> job) {
    if (!isThere()) return false;
    const std::unique_lock<std::mutex> lock(posting, std::try_to_lock);
    if (!lock.owns_lock() || posted - done == jobs.size()) return false;
    jobs[posted % jobs.size()] = std::move(job);
    posted += 1;
    standby.wake();
    return true;
  }

  // Runs all parts, each once, on this thread and on the other one where that is awake and has nothing else to do.
  template <typename Part>
  void share(size_t parts, const Part& part) {
    if (isStarted && parts > 1 && take(parts, part)) return;
    for (size_t at = 0; at < parts; at += 1) part(at);
  }

  // As an object of JavaScript, through which another addon gets it.
  napi_value handle(napi_env env) {
    napi_value object = nullptr;
    check(napi_create_object(env, &object), "no object");
    check(napi_wrap(env, object, this, nullptr, nullptr, nullptr), "no object");
    check(napi_type_tag_object(env, object, &TAG), "no object");
    return object;
  }

  // Null where it is another object, or that of an addon that was compiled from other sources.
  static Helper* ofHandle(napi_env env, napi_value object) {
    bool isOne = false;
    void* found = nullptr;
    if (napi_check_object_type_tag(env, object, &TAG, &isOne) != napi_ok || !isOne) return nullptr;
    return napi_unwrap(env, object, &found) == napi_ok ? static_cast<Helper*>(found) : nullptr;
  }

 private:
  // False where there is only one processor, or no thread to be had: whoever asks does it all.
  bool isThere() {
    if (isStarted) return true;
    const std::unique_lock<std::mutex> lock(posting, std::try_to_lock);
    if (!lock.owns_lock() || !hasSecondProcessor()) return isStarted;
    try {
      if (!isStarted) std::thread([this] { work(); }).detach();
      isStarted = true;
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  // False where it is at a loop of somebody else's.
  template <typename Part>
  bool take(size_t parts, const Part& part) {
    const std::unique_lock<std::mutex> lock(sharing, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    count = parts;
    next = 0;
    data = &part;
    run = [](const void* of, size_t at) { (*static_cast<const Part*>(of))(at); };
    isOpen = true;
    takeParts();
    isOpen = false;
    // It is at its last part, if at any.
    while (isInside) rest();
    return true;
  }

  void takeParts() {
    for (size_t at = next.fetch_add(1); at < count; at = next.fetch_add(1)) run(data, at);
  }

  void work() {
    for (size_t seen = 0;; seen = calls) {
      standby.await([&] { return isOpen || posted != done || calls != seen; });
      while (posted != done) runJob();
      // Said before it is looked at, as the other side says first that it is closed: one of them sees the other.
      isInside = true;
      if (isOpen) takeParts();
      isInside = false;
    }
  }

  void runJob() {
    const std::shared_ptr<Job> job = std::move(jobs[done % jobs.size()]);
    done += 1;
    job->run();
  }

  static constexpr size_t MOST_JOBS = 64;

  Standby standby;
  std::atomic<bool> isStarted{false};
  std::atomic<size_t> calls{0};

  std::mutex posting;
  std::array<std::shared_ptr<Job>, MOST_JOBS> jobs;
  std::atomic<size_t> posted{0}, done{0};

  std::mutex sharing;
  std::atomic<size_t> next{0};
  std::atomic<bool> isOpen{false}, isInside{false};
  size_t count = 0;
  const void* data = nullptr;
  void (*run)(const void*, size_t) = nullptr;

  static const napi_type_tag TAG;
};

// Addons of other sources have another layout, mostly.
inline const napi_type_tag Helper::TAG = {0x6b696e6472656468, sizeof(Helper)};

}  // namespace kindred
