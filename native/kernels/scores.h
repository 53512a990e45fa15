// What kernel/scores.ts does for BM25 and what src/store/bm25.ts does behind it, for processors with registers of eight
// 64-bit floats, over the same memory: src/store/score-memory.ts says where things stand in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

// Rows whose codes stand together: their scores fit into the first cache.
constexpr size_t SPAN = 2048;
constexpr unsigned SPAN_BITS = 11;

// What is added to the scores of rows. A code is a row's place in its span and, above these bits, the number of its value;
// `starts` says which codes are those of a span. Where there are none, every row has the number of its value in `byRow`.
struct ScoreList {
  const uint32_t* codes;
  size_t count;
  const uint32_t* starts;
  const uint16_t* byRow;
  const double* values;
  size_t distinct;
};

// Adds what a list has for the rows of a span. False where it leads nowhere.
inline bool addListed(double* scores, const ScoreList& list, size_t span) {
  const uint32_t* code = list.codes + list.starts[span];
  const uint32_t* const end = list.codes + list.starts[span + 1];
  if (list.starts[span + 1] > list.count) return false;
  const auto leads = [&](uint32_t each) { return (each >> SPAN_BITS) < list.distinct; };
  const auto sum = [&](uint32_t each) { return scores[each % SPAN] + list.values[each >> SPAN_BITS]; };
  // No row is listed twice, so four are read before one is written.
  for (; end - code >= 4; code += 4) {
    const uint32_t one = code[0], two = code[1], three = code[2], four = code[3];
    if (!(leads(one) & leads(two) & leads(three) & leads(four))) return false;
    const double sums[] = {sum(one), sum(two), sum(three), sum(four)};
    scores[one % SPAN] = sums[0];
    scores[two % SPAN] = sums[1];
    scores[three % SPAN] = sums[2];
    scores[four % SPAN] = sums[3];
  }
  for (; code < end; code += 1) {
    if (!leads(*code)) return false;
    scores[*code % SPAN] = sum(*code);
  }
  return true;
}

// The same of a list that has a number for every row. Values are read one by one: a gather takes twice as long on processors
// that were mended against reading what it leaves behind.
KERNEL_VECTORS inline bool addByRow(double* scores, const ScoreList& list, size_t span) {
  const uint16_t* at = list.byRow + span * SPAN;
  const double* of = list.values;
  const __m128i last = _mm_set1_epi16(static_cast<short>(list.distinct - 1));
  for (size_t row = 0; row < SPAN; row += LANES, at += LANES) {
    const __m128i given = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    if (_mm_cmpgt_epu16_mask(given, last) != 0) return false;
    const __m512d values = _mm512_set_pd(of[at[7]], of[at[6]], of[at[5]], of[at[4]], of[at[3]], of[at[2]], of[at[1]], of[at[0]]);
    _mm512_storeu_pd(scores + row, _mm512_add_pd(_mm512_loadu_pd(scores + row), values));
  }
  return true;
}

// Makes each score the sum of what the lists have for its row, in their order. False where a list leads nowhere.
inline bool sumScores(double* scores, size_t spans, const std::vector<ScoreList>& lists) {
  for (size_t span = 0; span < spans; span += 1, scores += SPAN) {
    std::fill(scores, scores + SPAN, 0.0);
    for (const ScoreList& list : lists) {
      if (!(list.starts ? addListed(scores, list, span) : addByRow(scores, list, span))) return false;
    }
  }
  return true;
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

// How many of the scores, whose number is a multiple of LANES, are at least that.
KERNEL_VECTORS inline size_t countFrom(const double* scores, size_t length, double least) {
  size_t count = 0;
  for (size_t at = 0; at < length; at += LANES) {
    const __m512d eight = _mm512_loadu_pd(scores + at);
    count += __builtin_popcount(_mm512_cmp_pd_mask(eight, _mm512_set1_pd(least), _CMP_GE_OQ));
  }
  return count;
}

// A score that so many reach and hardly more, if there are so many above zero; else zero. Looking through all of them some
// times is faster than putting them in order.
inline double reachedBy(const std::vector<double>& scores, size_t limit) {
  constexpr int STEPS = 12;
  if (scores.empty()) return 0;
  double low = 0, high = *std::max_element(scores.begin(), scores.end());
  for (int step = 0; step < STEPS; step += 1) {
    const double middle = (low + high) / 2;
    (countFrom(scores.data(), scores.size(), middle) >= limit ? low : high) = middle;
  }
  return low;
}

// What it works on is kept for the next one.
class BestScores {
 public:
  const Best& find(const double* scores, size_t blocks, size_t limit) {
    highest.resize(blocks);
    best.total = survey(scores, blocks, highest.data());
    best.rows.clear();
    if (limit > 0) collect(scores, limit);
    std::sort(best.rows.begin(), best.rows.end(), isBetter);
    if (best.rows.size() > limit) cut(limit);
    return best;
  }

 private:
  // No function: what sorts can take it in.
  static constexpr auto isBetter = [](const Scored& one, const Scored& other) {
    return one.score > other.score || (one.score == other.score && one.row < other.row);
  };

  // All that may be among the best, and a few more.
  void collect(const double* scores, size_t limit) {
    Scored found[BLOCK];
    // So many blocks have a score of at least that, so it takes no less to be among the best.
    const double least = reachedBy(highest, limit);
    for (size_t block = 0; block < highest.size(); block += 1) {
      if (highest[block] <= 0 || highest[block] < least) continue;
      best.rows.insert(best.rows.end(), found, found + scoredFrom(scores, block, least, found));
    }
    if (best.rows.size() <= limit) return;
    collected.assign((best.rows.size() + LANES - 1) / LANES * LANES, 0);
    for (size_t at = 0; at < best.rows.size(); at += 1) collected[at] = best.rows[at].score;
    const double leastOfThem = reachedBy(collected, limit);
    const auto isLess = [leastOfThem](const Scored& each) { return each.score < leastOfThem; };
    best.rows.erase(std::remove_if(best.rows.begin(), best.rows.end(), isLess), best.rows.end());
  }

  // From the best on, those that are as good as the last of so many stay.
  void cut(size_t limit) {
    auto end = best.rows.begin() + limit;
    const double least = end[-1].score;
    while (end != best.rows.end() && end->score >= least) end += 1;
    best.rows.erase(end, best.rows.end());
  }

  std::vector<double> highest, collected;
  Best best;
};

}  // namespace kernels

#endif
