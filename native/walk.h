// The search of an HNSW graph (Malkov and Yashunin 2018, algorithms 2 and 5) over hnswlib's links and our codes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "codes.h"
#include "helper.h"
#include "hnswlib.h"
#include "kernels/similarities.h"

namespace kindred {

using Index = hnswlib::HierarchicalNSW<float>;
using Id = hnswlib::tableint;
// Distance and node.
using Near = std::pair<float, Id>;

// A search for the `k` nearest to a node, which keeps `width`.
struct SearchFrom {
  Id node;
  size_t k, width;
};

inline bool operator==(const SearchFrom& one, const SearchFrom& other) {
  return one.node == other.node && one.k == other.k && one.width == other.width;
}

// Whether this machine can run `Walk::compared`.
inline bool canCompare() {
#if defined(KERNELS_CAN_BE_BUILT)
  static const bool can = kernels::canRun();
  return can;
#else
  return false;
#endif
}

// One search at a time over a graph that does not change meanwhile; what it allocates is kept for the next.
class Walk {
 public:
  // The nearest to a vector, nearest first: `k` at most of the `width` that the search keeps, without those that are
  // marked as deleted. Distances are exact, but a code may have hidden a near one.
  const std::vector<Near>& search(const Index& index, const Codes& codes, const float* vector, size_t k, size_t width) {
    codes.encodeQuery(vector, query);
    return index.cur_element_count == 0 ? none() : from(index, codes, vector, descend(index, codes), k, width);
  }

  // All that such a search keeps, by their codes alone: for who compares with the vectors anyway.
  const std::vector<Id>& around(const Index& index, const Codes& codes, const float* vector, size_t width) {
    codes.encodeQuery(vector, query);
    kept.clear();
    return index.cur_element_count == 0 ? kept : all(index, codes, descend(index, codes), width);
  }

  // The same for a node, where the search starts.
  const std::vector<Id>& aroundFrom(const Index& index, const Codes& codes, Id node, size_t width) {
    codes.queryOf(node, query);
    return all(index, codes, {codes.distance(query, node), node}, width);
  }

  // The same with the similarity of each, nearest first, as the kernels give it; only where they can run. A helper takes its
  // part in the comparisons.
  const std::vector<Near>& compared(const Index& index, const Codes& codes, const float* vector, size_t width, Helper* helper) {
    compare(index, vector, around(index, codes, vector, width), helper);
    const auto isNearer = [](const Near& one, const Near& other) { return one.first > other.first; };
    std::sort(best.begin(), best.end(), isNearer);
    return best;
  }

  // The nearest to a node, itself among them. It starts there: no way down from the top layer has to be found.
  const std::vector<Near>& searchFrom(const Index& index, const Codes& codes, const SearchFrom& asked) {
    const auto& [node, k, width] = asked;
    const float* vector = vectorOf(index, node);
    codes.encodeQuery(vector, query);
    return from(index, codes, vector, {codes.distance(query, node), node}, k, width);
  }

 private:
  static constexpr size_t AHEAD = 4;
  // Of comparisons that two threads share.
  static constexpr size_t NODES_A_PART = 16;

  const std::vector<Near>& none() {
    best.clear();
    return best;
  }

  const std::vector<Near>& from(const Index& index, const Codes& codes, const float* vector, Near start, size_t k, size_t width) {
    expand(index, codes, start, width);
    // All of them, however few are asked for: a longer answer begins with the shorter one.
    best.clear();
    for (const Seen& seen : pool) {
      if (seen.deleted) continue;
      const float distance = index.fstdistfunc_(vector, vectorOf(index, seen.node), index.dist_func_param_);
      // A number that is none would end what sorts.
      best.push_back({std::isnan(distance) ? std::numeric_limits<float>::infinity() : distance, seen.node});
    }
    std::sort(best.begin(), best.end());
    if (best.size() > k) best.resize(k);
    return best;
  }

  const std::vector<Id>& all(const Index& index, const Codes& codes, Near start, size_t width) {
    expand(index, codes, start, width);
    kept.clear();
    for (const Seen& seen : pool) if (!seen.deleted) kept.push_back(seen.node);
    return kept;
  }

  void compare(const Index& index, const float* vector, const std::vector<Id>& nodes, Helper* helper) {
    values.resize(nodes.size());
    const size_t most = helper ? NODES_A_PART : nodes.size();
    const auto part = [&](size_t at) {
      const size_t from = at * most;
      similarities(index, vector, nodes.data() + from, std::min(most, nodes.size() - from), values.data() + from);
    };
    if (helper) helper->share((nodes.size() + most - 1) / most, part);
    else part(0);
    best.clear();
    // A number that is none would end what sorts.
    for (size_t at = 0; at < nodes.size(); at += 1) {
      best.push_back({std::isnan(values[at]) ? std::numeric_limits<float>::lowest() : values[at], nodes[at]});
    }
  }

  static void similarities(const Index& index, const float* vector, const Id* nodes, size_t count, float* values) {
#if defined(KERNELS_CAN_BE_BUILT)
    // hnswlib keeps a node's links, its vector and its label side by side, each of whole floats.
    const auto* first = reinterpret_cast<const float*>(index.data_level0_memory_ + index.offsetData_);
    const size_t dimension = index.data_size_ / sizeof(float), stride = index.size_data_per_element_ / sizeof(float);
    kernels::similarities({first, vector, dimension, stride}, nodes, count, values);
#endif
  }

  // Greedily down to the lowest layer.
  Near descend(const Index& index, const Codes& codes) {
    Near nearest = {codes.distance(query, index.enterpoint_node_), index.enterpoint_node_};
    for (int level = index.maxlevel_; level > 0; level -= 1) {
      for (bool moved = true; moved;) {
        moved = false;
        auto* links = index.get_linklist(nearest.second, level);
        const Id* linked = reinterpret_cast<const Id*>(links + 1);
        ahead.assign(linked, linked + index.getListCount(links));
        for (size_t at = 0; at < ahead.size(); at += 1) {
          const float distance = nextDistance(codes, at);
          if (distance >= nearest.first) continue;
          nearest = {distance, ahead[at]};
          moved = true;
        }
      }
    }
    return nearest;
  }

  // Best first over the lowest layer, until each of the `width` nearest has shown its neighbours.
  void expand(const Index& index, const Codes& codes, Near start, size_t width) {
    auto* lists = index.visited_list_pool_.get();
    const auto giveBack = [lists](hnswlib::VisitedList* list) { lists->releaseVisitedList(list); };
    const std::unique_ptr<hnswlib::VisitedList, decltype(giveBack)> visited(lists->getFreeVisitedList(), giveBack);
    visited->mass[start.second] = visited->curV;
    pool.clear();
    distances.clear();
    live = 0;
    take(index, start, width);
    for (size_t at = 0; at < pool.size();) {
      if (pool[at].expanded) {
        at += 1;
        continue;
      }
      pool[at].expanded = true;
      gather(index, pool[at].node, *visited);
      at += 1;
      for (size_t next = 0; next < ahead.size(); next += 1) {
        const float distance = nextDistance(codes, next);
        if (live < width || distance < distances.back()) at = std::min(at, take(index, {distance, ahead[next]}, width));
      }
    }
  }

  // Behind those that are as near or nearer. Counting them all takes less than a search by halves whose steps cannot be
  // foreseen: the compiler compares many at a time.
  size_t placeOf(float distance) const {
    uint32_t nearer = 0;
    for (const float each : distances) nearer += !(distance < each);
    return nearer;
  }

  // Where it stands now. A deleted one leads on, but is no result and counts for nothing.
  size_t take(const Index& index, Near found, size_t width) {
    const size_t at = placeOf(found.first);
    // Where the mark stands is far from everything else, and seldom is there one.
    const bool deleted = index.num_deleted_ > 0 && index.isMarkedDeleted(found.second);
    pool.insert(pool.begin() + at, {found.second, deleted, false});
    distances.insert(distances.begin() + at, found.first);
    if (!deleted) live += 1;
    while (live > width || (live == width && pool.back().deleted)) {
      if (!pool.back().deleted) live -= 1;
      pool.pop_back();
      distances.pop_back();
    }
    // Its links are what is read next, if nothing nearer is found; they take several lines.
    const char* links = reinterpret_cast<const char*>(index.get_linklist0(found.second));
    for (size_t at = 0; at < index.size_links_level0_; at += BLOCK) fetch(links + at);
    return at;
  }

  // The linked nodes that were not looked at yet.
  void gather(const Index& index, Id node, hnswlib::VisitedList& visited) {
    auto* links = index.get_linklist0(node);
    const Id* linked = reinterpret_cast<const Id*>(links + 1);
    const size_t count = index.getListCount(links);
    ahead.resize(count);
    size_t fresh = 0;
    for (size_t at = 0; at < count; at += 1) {
      // No branch: which nodes were looked at cannot be foreseen.
      auto& mark = visited.mass[linked[at]];
      ahead[fresh] = linked[at];
      fresh += mark != visited.curV;
      mark = visited.curV;
    }
    ahead.resize(fresh);
  }

  float nextDistance(const Codes& codes, size_t at) const {
    if (at == 0) for (size_t next = 1; next < std::min(AHEAD, ahead.size()); next += 1) codes.fetchAhead(ahead[next]);
    if (at + AHEAD < ahead.size()) codes.fetchAhead(ahead[at + AHEAD]);
    return codes.distance(query, ahead[at]);
  }

  static void fetch(const void* data) {
#if defined(__GNUC__)
    __builtin_prefetch(data);
#endif
  }

  static const float* vectorOf(const Index& index, Id node) {
    return reinterpret_cast<const float*>(index.getDataByInternalId(node));
  }

  // A node of the lowest layer that was looked at and is near enough to count.
  struct Seen {
    Id node;
    bool deleted;
    // Its neighbours were looked at.
    bool expanded;
  };

  EncodedQuery query;
  // Nearest first; some searches keep so few that a sorted list is quicker than two heaps. `live` of them are not deleted.
  std::vector<Seen> pool;
  std::vector<float> distances;
  size_t live = 0;
  std::vector<Near> best;
  std::vector<float> values;
  std::vector<Id> kept;
  // The nodes that are looked at next.
  std::vector<Id> ahead;
};

}  // namespace kindred
