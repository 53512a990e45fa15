// Searches of a graph that will be asked for in a moment, made by another thread in the meantime.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "helper.h"
#include "walk.h"

namespace kindred {

// All but `run` is for one thread, the graph's own. No answer waits for a thread that has no processor: what is not begun yet,
// or not done in the time that a search takes, is searched by who wants it.
class SearchAhead : public Helper::Job, public std::enable_shared_from_this<SearchAhead> {
 public:
  // Looks at index and codes only while it searches: not after `forget`, before there is another hint.
  SearchAhead(Helper& helper, const Index& index, const Codes& codes) : helper(helper), index(index), codes(codes) {}

  // Hints: nothing happens where as many as there is room for are being searched.
  void beginFrom(const SearchFrom& asked) {
    begin(Kind::from, asked, [](Place&) {});
  }

  void beginAround(const float* vector, size_t dimension, size_t width) {
    beginOf(Kind::around, vector, dimension, width);
  }

  void beginAroundFrom(Id node, size_t width) {
    begin(Kind::aroundFrom, {node, width, width}, [](Place&) {});
  }

  // As `beginAround` where that cannot be.
  void beginCompared(const float* vector, size_t dimension, size_t width) {
    beginOf(canCompare() ? Kind::compared : Kind::around, vector, dimension, width);
  }

  // What was found, valid until the next call; null where the caller has to search.
  const std::vector<Near>* takeFrom(const SearchFrom& asked) {
    return take(Kind::from, asked, [](const Place&) { return true; }) ? &taken : nullptr;
  }

  const std::vector<Id>* takeAround(const float* vector, size_t width) {
    return takeOf(Kind::around, vector, width) ? &takenAround : nullptr;
  }

  const std::vector<Near>* takeCompared(const float* vector, size_t width) {
    return takeOf(Kind::compared, vector, width) ? &taken : nullptr;
  }

  const std::vector<Id>* takeAroundFrom(Id node, size_t width) {
    return take(Kind::aroundFrom, {node, width, width}, [](const Place&) { return true; }) ? &takenAround : nullptr;
  }

  // Forgets what is not being searched just now; whether that is all. Then nothing is searched before the next hint.
  bool tryForget() {
    bool all = true;
    for (Place& place : places) all = drop(place) && all;
    return all;
  }

  // Before the graph changes: nothing is being searched afterwards, and nothing that was found is left.
  void forget() {
    while (!tryForget()) std::this_thread::yield();
  }

 private:
  static constexpr size_t PLACES = 32;
  // About as long as a search takes: whoever waits in vain for one loses no more than that.
  static constexpr std::chrono::microseconds LONGEST_WAIT{300};
  static constexpr int RESTS_A_LOOK = 32;

  // The searches of `Walk`.
  enum class Kind { from, around, aroundFrom, compared };

  // `left`: it is being searched, but nobody wants it any more.
  enum class State { empty, waiting, running, done, left };

  struct alignas(BLOCK) Place {
    std::atomic<State> state{State::empty};
    Kind kind;
    SearchFrom asked;
    // Of `around` and `compared`, which have no node.
    std::vector<float> vector;
    std::vector<Near> found;
    std::vector<Id> around;
  };

  template <typename Complete>
  void begin(Kind kind, const SearchFrom& asked, Complete complete) {
    Place& place = places[begun % PLACES];
    if (!drop(place)) return;
    place.kind = kind;
    place.asked = asked;
    complete(place);
    place.state.store(State::waiting, std::memory_order_release);
    if (helper.post(shared_from_this())) begun += 1;
    // Where the other thread has come to it nevertheless, by an older post for the same place, it is being searched.
    else drop(place);
  }

  void beginOf(Kind kind, const float* vector, size_t dimension, size_t width) {
    begin(kind, {0, width, width}, [&](Place& place) { place.vector.assign(vector, vector + dimension); });
  }

  bool takeOf(Kind kind, const float* vector, size_t width) {
    const auto isOf = [&](const Place& place) { return std::equal(place.vector.begin(), place.vector.end(), vector); };
    return take(kind, {0, width, width}, isOf);
  }

  template <typename IsOf>
  bool take(Kind kind, const SearchFrom& asked, IsOf isOf) {
    // They are wanted in the order in which they were begun, mostly.
    for (size_t step = 0; step < PLACES; step += 1) {
      Place& place = places[(oldest + step) % PLACES];
      State state = place.state.load(std::memory_order_acquire);
      if (state == State::empty || state == State::left) continue;
      if (place.kind != kind || !(place.asked == asked) || !isOf(place)) continue;
      oldest += step + 1;
      if (state == State::waiting && place.state.compare_exchange_strong(state, State::empty)) return false;
      if (state == State::running) state = waitFor(place);
      if (state == State::running && place.state.compare_exchange_strong(state, State::left)) return false;
      if (state == State::empty) return false;
      taken.swap(place.found);
      takenAround.swap(place.around);
      place.state.store(State::empty, std::memory_order_release);
      return true;
    }
    return false;
  }

  // The end of what is being searched, unless that takes too long.
  static State waitFor(const Place& place) {
    const auto start = std::chrono::steady_clock::now();
    State state = State::running;
    while (state == State::running && std::chrono::steady_clock::now() - start < LONGEST_WAIT) {
      for (int rests = 0; state == State::running && rests < RESTS_A_LOOK; rests += 1) {
        rest();
        state = place.state.load(std::memory_order_acquire);
      }
    }
    return state;
  }

  // False while it is being searched.
  static bool drop(Place& place) {
    State state = place.state.load(std::memory_order_acquire);
    if (state == State::waiting && !place.state.compare_exchange_strong(state, State::empty)) return false;
    if (state == State::running || state == State::left) return false;
    place.state.store(State::empty, std::memory_order_release);
    return true;
  }

  // The next one that was begun, unless nobody wants it any more.
  void run() noexcept override {
    Place& place = places[served % PLACES];
    served += 1;
    State state = State::waiting;
    if (!place.state.compare_exchange_strong(state, State::running)) return;
    state = State::running;
    const State end = search(place) ? State::done : State::empty;
    if (!place.state.compare_exchange_strong(state, end)) place.state.store(State::empty, std::memory_order_release);
  }

  // False where there is no memory.
  bool search(Place& place) noexcept {
    try {
      const auto& [node, _, width] = place.asked;
      if (place.kind == Kind::from) place.found = walk.searchFrom(index, codes, place.asked);
      else if (place.kind == Kind::aroundFrom) place.around = walk.aroundFrom(index, codes, node, width);
      // By itself: it is the helper.
      else if (place.kind == Kind::compared) place.found = walk.compared(index, codes, place.vector.data(), width, nullptr);
      else place.around = walk.around(index, codes, place.vector.data(), width);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  Helper& helper;
  const Index& index;
  const Codes& codes;
  Walk walk;
  std::array<Place, PLACES> places;
  std::vector<Near> taken;
  std::vector<Id> takenAround;
  // Where the next one is likely to be that is wanted.
  size_t oldest = 0;
  // How many in all; also where the next one finds its place.
  size_t begun = 0;
  // The same of those that the other thread has looked at.
  size_t served = 0;
};

}  // namespace kindred
