// What src/ann/scanner.ts does with kernel/scan.ts, in one call: the nearest of some rows, exactly, most of which are only looked
// at by their codes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "../helper.h"
#include "bounds.h"
#include "similarities.h"

#if defined(KERNELS_CAN_BE_BUILT)

namespace kernels {

KERNEL_VECTORS inline uint32_t highestOf(const uint32_t* rows, size_t count) {
  uint32_t highest = 0;
  for (size_t at = 0; at < count; at += 1) highest = rows[at] > highest ? rows[at] : highest;
  return highest;
}

// A row, or a place in a list of them, and how near it is.
struct Ranked {
  float similarity;
  uint32_t at;
};

// The rows that are looked among.
struct Rows {
  Vectors vectors;
  CodeRows codes;
  const uint32_t* listed;
  size_t count;
};

// What it works on is kept for the next one.
class NearestRows {
 public:
  // The `wanted` nearest and those that are as near as the last of them, nearest first, by row where they are equal.
  const std::vector<Ranked>& find(const Rows& among, size_t wanted) {
    best.clear();
    if (wanted == 0) return best;
    if (among.count <= FEW || among.count / MOST <= wanted) compare(among.vectors, among.listed, among.count, NONE);
    else search(among, wanted);
    if (best.size() > wanted) cut(wanted);
    std::sort(best.begin(), best.end(), isNearer);
    return best;
  }

 private:
  // Below every similarity.
  static constexpr float NONE = -std::numeric_limits<float>::infinity();
  // So few rows, or where more than this part of them (1 / n) is wanted, they are compared with sooner than looked at by codes.
  static constexpr size_t FEW = 64, MOST = 4;
  // Rows that are looked at before the bound that it takes to be among the highest is raised.
  static constexpr size_t SPAN = 128;

  static bool isNearer(const Ranked& one, const Ranked& other) {
    return one.similarity > other.similarity || (one.similarity == other.similarity && one.at < other.at);
  }

  void search(const Rows& among, size_t wanted) {
    survey(among, wanted);
    // Those with the highest bounds are most likely the nearest. A row whose bound is below all their similarities is not.
    chosen.clear();
    for (const Ranked& each : highest) {
      chosen.push_back(among.listed[each.at]);
      boundOf[each.at] = NONE;
    }
    compare(among.vectors, chosen.data(), chosen.size(), NONE);
    const float least = std::max_element(best.begin(), best.end(), isNearer)->similarity;
    open.resize(among.count + 16);
    const size_t count = placesFrom(boundOf.data(), among.count, least, open.data());
    for (size_t at = 0; at < count; at += 1) open[at] = among.listed[open[at]];
    compare(among.vectors, open.data(), count, least);
  }

  // The bound of each row, and the `wanted` highest of them.
  void survey(const Rows& among, size_t wanted) {
    const auto& [vectors, codes, listed, count] = among;
    steps.resize((codes.padded + 31) / 32 * 32);
    const Query query = aim(vectors.query, vectors.dimension, steps.data(), steps.size());
    boundOf.resize(count + ABREAST);
    const auto lengthFrom = [&](size_t from) { return std::min(SPAN, among.count - from); };
    kindred::Helper::ofThisAddon().share((count + SPAN - 1) / SPAN, [&](size_t span) {
      const size_t from = span * SPAN;
      bounds(among.codes, query, among.listed + from, lengthFrom(from), boundOf.data() + from);
    });
    highest.clear();
    uint32_t above[SPAN + 16];
    for (size_t from = 0; from < count; from += SPAN) {
      const float least = highest.size() < wanted ? NONE : highest.front().similarity;
      const size_t found = placesFrom(boundOf.data() + from, lengthFrom(from), least, above);
      const float* values = boundOf.data() + from;
      for (size_t at = 0; at < found; at += 1) offer({values[above[at]], static_cast<uint32_t>(from + above[at])}, wanted);
    }
  }

  // A heap with the lowest at its root.
  void offer(const Ranked& bound, size_t wanted) {
    if (highest.size() == wanted) {
      if (bound.similarity <= highest.front().similarity) return;
      std::pop_heap(highest.begin(), highest.end(), isNearer);
      highest.pop_back();
    }
    highest.push_back(bound);
    std::push_heap(highest.begin(), highest.end(), isNearer);
  }

  void compare(const Vectors& vectors, const uint32_t* rows, size_t count, float least) {
    values.resize(count);
    similarities(vectors, rows, count, values.data());
    for (size_t at = 0; at < count; at += 1) {
      // A number that is none would end what sorts.
      const float similarity = std::isnan(values[at]) ? std::numeric_limits<float>::lowest() : values[at];
      if (similarity >= least) best.push_back({similarity, rows[at]});
    }
  }

  void cut(size_t wanted) {
    std::nth_element(best.begin(), best.begin() + (wanted - 1), best.end(), isNearer);
    const float least = best[wanted - 1].similarity;
    const auto isLess = [least](const Ranked& each) { return each.similarity < least; };
    best.erase(std::remove_if(best.begin() + wanted, best.end(), isLess), best.end());
  }

  std::vector<int16_t> steps;
  std::vector<float> boundOf, values;
  std::vector<Ranked> highest, best;
  std::vector<uint32_t> chosen, open;
};

}  // namespace kernels

#endif
