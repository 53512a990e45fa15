// The search of an HNSW graph (Malkov and Yashunin 2018, algorithms 2 and 5) over hnswlib's links and our codes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "codes.h"
#include "hnswlib.h"

namespace kindred {

using Index = hnswlib::HierarchicalNSW<float>;
using Id = hnswlib::tableint;
// Distance and node.
using Near = std::pair<float, Id>;

// One search at a time over a graph that does not change meanwhile; what it allocates is kept for the next.
class Walk {
 public:
  // The nearest to a vector, nearest first: `k` at most of the `width` that the search keeps, without those that are
  // marked as deleted. Distances are exact, but a code may have hidden a near one.
  const std::vector<Near>& search(const Index& index, const Codes& codes, const float* vector, size_t k, size_t width) {
    codes.encodeQuery(vector, query);
    return index.cur_element_count == 0 ? none() : from(index, codes, vector, descend(index, codes), k, width);
  }

  // The nearest to a node, itself among them. It starts there: no way down from the top layer has to be found.
  const std::vector<Near>& searchFrom(const Index& index, const Codes& codes, Id node, size_t k, size_t width) {
    const float* vector = vectorOf(index, node);
    codes.encodeQuery(vector, query);
    return from(index, codes, vector, {codes.distance(query, node), node}, k, width);
  }

 private:
  // Those whose codes are nearest are compared anew: so many times as many as are asked for.
  static constexpr size_t COMPARED = 2;
  static constexpr size_t AHEAD = 4;

  const std::vector<Near>& none() {
    best.clear();
    return best;
  }

  const std::vector<Near>& from(const Index& index, const Codes& codes, const float* vector, Near start, size_t k, size_t width) {
    expand(index, codes, start, width);
    std::sort_heap(best.begin(), best.end());
    if (best.size() > COMPARED * k) best.resize(COMPARED * k);
    for (Near& near : best) near.first = index.fstdistfunc_(vector, vectorOf(index, near.second), index.dist_func_param_);
    std::sort(best.begin(), best.end());
    if (best.size() > k) best.resize(k);
    return best;
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

  // Best first over the lowest layer, until what is open is farther than all of the `width` best.
  void expand(const Index& index, const Codes& codes, Near start, size_t width) {
    best.clear();
    open.clear();
    auto* pool = index.visited_list_pool_.get();
    const auto giveBack = [pool](hnswlib::VisitedList* list) { pool->releaseVisitedList(list); };
    const std::unique_ptr<hnswlib::VisitedList, decltype(giveBack)> visited(pool->getFreeVisitedList(), giveBack);
    visited->mass[start.second] = visited->curV;
    take(index, start, width);
    while (!open.empty()) {
      std::pop_heap(open.begin(), open.end(), std::greater<>());
      const Near current = open.back();
      open.pop_back();
      if (best.size() == width && current.first > best.front().first) return;
      gather(index, current.second, *visited);
      for (size_t at = 0; at < ahead.size(); at += 1) {
        const float distance = nextDistance(codes, at);
        if (best.size() < width || distance < best.front().first) take(index, {distance, ahead[at]}, width);
      }
    }
  }

  void take(const Index& index, Near found, size_t width) {
    open.push_back(found);
    std::push_heap(open.begin(), open.end(), std::greater<>());
    // A deleted one leads on, but is not found.
    if (index.isMarkedDeleted(found.second)) return;
    best.push_back(found);
    std::push_heap(best.begin(), best.end());
    if (best.size() <= width) return;
    std::pop_heap(best.begin(), best.end());
    best.pop_back();
  }

  // The linked nodes that were not looked at yet.
  void gather(const Index& index, Id node, hnswlib::VisitedList& visited) {
    ahead.clear();
    auto* links = index.get_linklist0(node);
    const Id* linked = reinterpret_cast<const Id*>(links + 1);
    for (size_t at = 0, count = index.getListCount(links); at < count; at += 1) {
      auto& mark = visited.mass[linked[at]];
      if (mark == visited.curV) continue;
      mark = visited.curV;
      ahead.push_back(linked[at]);
    }
  }

  float nextDistance(const Codes& codes, size_t at) const {
    if (at == 0) for (size_t next = 1; next < std::min(AHEAD, ahead.size()); next += 1) codes.fetchAhead(ahead[next]);
    if (at + AHEAD < ahead.size()) codes.fetchAhead(ahead[at + AHEAD]);
    return codes.distance(query, ahead[at]);
  }

  static const float* vectorOf(const Index& index, Id node) {
    return reinterpret_cast<const float*>(index.getDataByInternalId(node));
  }

  EncodedQuery query;
  // A heap with the farthest in front, one with the nearest in front, and the nodes that are looked at next.
  std::vector<Near> best, open;
  std::vector<Id> ahead;
};

}  // namespace kindred
