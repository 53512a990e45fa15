// A point of the graph whose links are found before it is added (Malkov and Yashunin 2018, algorithm 1): what takes long
// only reads, so that another thread can do it while searches go on. What comes of it is what hnswlib's addPoint makes.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <queue>
#include <vector>

#include "walk.h"

namespace kindred {

class Insertion {
 public:
  // Null where hnswlib has to add it: the first point, one that is there already, one too many.
  static std::unique_ptr<Insertion> begin(Index& index, const float* vector, size_t label) {
    const bool isFirst = index.cur_element_count == 0;
    if (isFirst || index.cur_element_count >= index.max_elements_ || index.label_lookup_.count(label) > 0) return nullptr;
    return std::unique_ptr<Insertion>(new Insertion(index, vector, label));
  }

  bool isOf(const float* vector, size_t label) const {
    return label_ == label && std::memcmp(ownVector(), vector, index_.data_size_) == 0;
  }

  // Reads only. Nothing may change meanwhile, nor until it is linked.
  void find() {
    const bool startsDeleted = index_.isMarkedDeleted(index_.enterpoint_node_);
    Id start = descend();
    for (int level = std::min(level_, index_.maxlevel_); level >= 0; level -= 1) {
      Candidates candidates = index_.searchBaseLayer(start, ownVector(), level);
      if (startsDeleted) addEntryPoint(candidates);
      index_.getNeighborsByHeuristic2(candidates, index_.M_);
      const std::vector<Id> chosen = farthestFirst(candidates);
      for (const Id node : chosen) lists_.push_back({node, level, withThis(node, level)});
      start = chosen.back();
      lists_.push_back({node_, level, chosen});
    }
  }

  void link() {
    char* upper = level_ > 0 ? static_cast<char*>(std::calloc(1, index_.size_links_per_element_ * level_ + 1)) : nullptr;
    if (level_ > 0 && !upper) throw std::bad_alloc();
    index_.label_lookup_[label_] = node_;
    index_.cur_element_count += 1;
    index_.element_levels_[node_] = level_;
    std::memset(index_.get_linklist0(node_), 0, index_.size_links_level0_);
    index_.setExternalLabel(node_, label_);
    if (upper) index_.linkLists_[node_] = upper;
    for (const List& list : lists_) {
      auto* links = index_.get_linklist_at_level(list.node, list.level);
      index_.setListCount(links, static_cast<unsigned short>(list.links.size()));
      std::copy(list.links.begin(), list.links.end(), reinterpret_cast<Id*>(links + 1));
    }
    if (level_ <= index_.maxlevel_) return;
    index_.enterpoint_node_ = node_;
    index_.maxlevel_ = level_;
  }

 private:
  using Candidates = std::priority_queue<Near, std::vector<Near>, Index::CompareByFirst>;

  // What a node is linked to from then on.
  struct List {
    Id node;
    int level;
    std::vector<Id> links;
  };

  // Its vector is laid where it will stand: nobody reads that place until then, and hnswlib compares nodes.
  Insertion(Index& index, const float* vector, size_t label)
      : index_(index), label_(label), node_(index.cur_element_count), level_(index.getRandomLevel(index.mult_)) {
    std::memcpy(index.getDataByInternalId(node_), vector, index.data_size_);
  }

  const char* ownVector() const { return index_.getDataByInternalId(node_); }

  float distance(const char* vector, Id node) const {
    return index_.fstdistfunc_(vector, index_.getDataByInternalId(node), index_.dist_func_param_);
  }

  // Greedily down to the layer above its own ones.
  Id descend() const {
    Near nearest = {distance(ownVector(), index_.enterpoint_node_), index_.enterpoint_node_};
    for (int level = index_.maxlevel_; level > level_; level -= 1) {
      for (bool moved = true; moved;) {
        moved = false;
        for (const Id node : linksOf(nearest.second, level)) {
          const float found = distance(ownVector(), node);
          if (found >= nearest.first) continue;
          nearest = {found, node};
          moved = true;
        }
      }
    }
    return nearest.second;
  }

  // A search passes over what is deleted, and might find nothing.
  void addEntryPoint(Candidates& candidates) const {
    candidates.emplace(distance(ownVector(), index_.enterpoint_node_), index_.enterpoint_node_);
    if (candidates.size() > index_.ef_construction_) candidates.pop();
  }

  // The links of a neighbour with this point among them, or without it where others say more.
  std::vector<Id> withThis(Id node, int level) const {
    std::vector<Id> links = linksOf(node, level);
    if (links.size() < (level > 0 ? index_.maxM_ : index_.maxM0_)) {
      links.push_back(node_);
      return links;
    }
    Candidates candidates;
    candidates.emplace(distance(ownVector(), node), node_);
    for (const Id linked : links) candidates.emplace(distance(index_.getDataByInternalId(linked), node), linked);
    index_.getNeighborsByHeuristic2(candidates, links.size());
    return farthestFirst(candidates);
  }

  std::vector<Id> linksOf(Id node, int level) const {
    auto* links = index_.get_linklist_at_level(node, level);
    const Id* linked = reinterpret_cast<const Id*>(links + 1);
    return std::vector<Id>(linked, linked + index_.getListCount(links));
  }

  static std::vector<Id> farthestFirst(Candidates& candidates) {
    std::vector<Id> nodes;
    for (; !candidates.empty(); candidates.pop()) nodes.push_back(candidates.top().second);
    return nodes;
  }

  Index& index_;
  size_t label_;
  Id node_;
  int level_;
  std::vector<List> lists_;
};

}  // namespace kindred
