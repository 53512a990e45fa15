// What kernel/scores.ts does for BM25 and what src/store/bm25.ts does behind it, for processors with registers of eight
// 64-bit floats, over the same memory: src/store/score-memory.ts says where things stand in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "simd.h"

#if defined(KERNELS_CAN_BE_BUILT)

namespace kernels {

// Rows of which the highest score is noted.
constexpr size_t BLOCK = 64;
constexpr size_t LANES = 8;

struct Scored {
  double score;
  uint32_t row;
};

// What a word adds to the scores of rows, in ascending order; `at` is how far it was read.
struct ScoreList {
  const uint32_t* rows;
  const double* values;
  size_t count, at;
};

// So many scores fit into the first cache: they are cleared and all lists are added to them before the next ones.
constexpr size_t TOGETHER_SCORED = 2048;

// Makes each score the sum of what the lists have for its row, in the order of the lists. False where a row is not there, or
// listed behind a later one.
inline bool sumScores(double* scores, size_t rows, std::vector<ScoreList>& lists) {
  for (size_t start = 0; start < rows; start += TOGETHER_SCORED) {
    const size_t end = std::min(rows, start + TOGETHER_SCORED);
    std::fill(scores + start, scores + end, 0.0);
    for (ScoreList& list : lists) {
      size_t at = list.at;
      // A row from before is further off than any: it is not taken, and nor is what stands behind it.
      for (; at < list.count && list.rows[at] - start < end - start; at += 1) scores[list.rows[at]] += list.values[at];
      list.at = at;
    }
  }
  return std::all_of(lists.begin(), lists.end(), [](const ScoreList& list) { return list.at == list.count; });
}

// Writes the highest score of each block; how many scores are not zero.
KERNEL_VECTORS inline size_t survey(const double* scores, size_t blocks, double* highest) {
  size_t scored = 0;
  for (size_t block = 0; block < blocks; block += 1) {
    __m512d most = _mm512_setzero_pd();
    for (size_t at = 0; at < BLOCK; at += LANES) {
      const __m512d eight = _mm512_loadu_pd(scores + block * BLOCK + at);
      most = _mm512_max_pd(most, eight);
      scored += __builtin_popcount(_mm512_cmp_pd_mask(eight, _mm512_setzero_pd(), _CMP_NEQ_OQ));
    }
    highest[block] = _mm512_reduce_max_pd(most);
  }
  return scored;
}

// Those of a block that are above zero and at least that; how many.
KERNEL_VECTORS inline size_t scoredFrom(const double* scores, size_t block, double least, Scored* found) {
  size_t count = 0;
  for (size_t row = block * BLOCK; row < (block + 1) * BLOCK; row += LANES) {
    const __m512d eight = _mm512_loadu_pd(scores + row);
    unsigned wanted = _mm512_cmp_pd_mask(eight, _mm512_set1_pd(least), _CMP_GE_OQ) &
                      _mm512_cmp_pd_mask(eight, _mm512_setzero_pd(), _CMP_GT_OQ);
    for (; wanted != 0; wanted &= wanted - 1) {
      const size_t at = row + __builtin_ctz(wanted);
      found[count++] = {scores[at], static_cast<uint32_t>(at)};
    }
  }
  return count;
}

struct Best {
  // Best first, those that are as good as the last of so many among them; by row where they are equal.
  std::vector<Scored> rows;
  // How many rows have a score.
  size_t total = 0;
};

// What it works on is kept for the next one.
class BestScores {
 public:
  const Best& find(const double* scores, size_t blocks, size_t limit) {
    highest.resize(blocks);
    best.total = survey(scores, blocks, highest.data());
    best.rows.clear();
    if (limit > 0) collect(scores, leastOf(limit));
    if (best.rows.size() > limit) cut(limit);
    std::sort(best.rows.begin(), best.rows.end(), isBetter);
    return best;
  }

 private:
  static bool isBetter(const Scored& one, const Scored& other) {
    return one.score > other.score || (one.score == other.score && one.row < other.row);
  }

  // So many blocks have a score of at least that, so it takes no less to be among the best.
  double leastOf(size_t limit) {
    if (highest.size() <= limit) return 0;
    ordered = highest;
    std::nth_element(ordered.begin(), ordered.begin() + (limit - 1), ordered.end(), std::greater<double>());
    return ordered[limit - 1];
  }

  void collect(const double* scores, double least) {
    Scored found[BLOCK];
    for (size_t block = 0; block < highest.size(); block += 1) {
      if (highest[block] <= 0 || highest[block] < least) continue;
      best.rows.insert(best.rows.end(), found, found + scoredFrom(scores, block, least, found));
    }
  }

  void cut(size_t limit) {
    std::nth_element(best.rows.begin(), best.rows.begin() + (limit - 1), best.rows.end(), isBetter);
    const double least = best.rows[limit - 1].score;
    const auto isLess = [least](const Scored& each) { return each.score < least; };
    best.rows.erase(std::remove_if(best.rows.begin() + limit, best.rows.end(), isLess), best.rows.end());
  }

  std::vector<double> highest, ordered;
  Best best;
};

}  // namespace kernels

#endif
