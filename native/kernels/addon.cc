// Inner loops for JavaScript, as src/disk/native-kernels.ts describes them, and what src/disk/scheduling.ts asks of the
// system. The loops are not there where this machine lacks the instructions, or the compiler did not know them. Every place
// in the memory is checked here.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "../call.h"
#include "../helper.h"
#include "../scheduling.h"
#include "nearest.h"
#include "scores.h"
#include "sentences.h"
#include "similarities.h"

#if defined(KERNELS_CAN_BE_BUILT)

namespace {

using kindred::Call;
using kindred::Elements;
using kindred::Helper;

void require(bool holds, const char* what) {
  if (!holds) throw std::out_of_range(what);
}

// Of a loop that two threads share, so much at a time: some microseconds' worth.
constexpr size_t SETS_A_PART = 16, ROWS_A_PART = 16;

// (memory, [components, first row, how many of a set lead it], sets, values, nearest): a set is a row and how many; writes what
// each row comes to, and of each set the highest of these but for those that lead it.
napi_value compareSentences(const Call& call) {
  const auto memory = call.array<uint8_t>(0);
  const auto place = call.array<uint32_t>(1);
  const auto given = call.array<uint32_t>(2);
  const auto values = call.array<double>(3), nearest = call.array<double>(4);
  require(place.length == 3, "a place has three numbers");
  const size_t padded = place.data[0], firstRow = place.data[1];
  require(padded % 16 == 0 && firstRow <= memory.length && padded * 8 + 16 <= firstRow, "rows begin elsewhere");
  const auto rows = kernels::sentenceRows(reinterpret_cast<const char*>(memory.data), padded, firstRow);
  const auto* sets = reinterpret_cast<const kernels::RowSet*>(given.data);
  const size_t most = (memory.length - firstRow) / rows.stride, count = given.length / 2;
  thread_local std::vector<double*> parts;
  parts.clear();
  size_t total = 0;
  for (size_t at = 0; at < count; at += 1) {
    require(size_t(sets[at].row) + sets[at].count <= most, "a row is beyond the memory");
    if (at % SETS_A_PART == 0) parts.push_back(values.data + total);
    total += sets[at].count;
  }
  require(total <= values.length && count <= nearest.length, "there is no room for the values");
  double* const* results = parts.data();
  Helper::ofThisAddon().share(parts.size(), [&](size_t part) {
    const size_t first = part * SETS_A_PART, taken = std::min(SETS_A_PART, count - first);
    kernels::compareSentences(rows, sets + first, taken, results[part]);
    kernels::writeNearest(sets + first, taken, place.data[2], results[part], nearest.data + first);
  });
  return nullptr;
}

template <typename Element>
const Element* listAt(const Elements<uint8_t>& memory, size_t start, size_t count) {
  require(start % sizeof(Element) == 0 && start + count * sizeof(Element) <= memory.length, "a list is beyond the memory");
  return reinterpret_cast<const Element*>(memory.data + start);
}

double* scoresIn(const Elements<uint8_t>& memory, size_t rows) {
  require(rows * sizeof(double) <= memory.length, "the scores are beyond the memory");
  return reinterpret_cast<double*>(memory.data);
}

// The five numbers of a list: where its codes begin, how many there are, where their starts begin or 0, where its values
// begin, and how many there are. Places are in bytes.
kernels::ScoreList scoreList(const Elements<uint8_t>& memory, const uint32_t* given, size_t spans) {
  const size_t count = given[1], distinct = given[4];
  const auto* values = listAt<double>(memory, given[3], distinct);
  if (given[2] > 0) {
    const auto* starts = listAt<uint32_t>(memory, given[2], spans + 1);
    return {listAt<uint32_t>(memory, given[0], count), count, starts, nullptr, values, distinct};
  }
  require(count == spans * kernels::SPAN && distinct > 0, "a list is not of every row");
  return {nullptr, count, nullptr, listAt<uint16_t>(memory, given[0], count), values, distinct};
}

// (memory, rows, how many lists, their numbers)
napi_value sumScores(const Call& call) {
  thread_local std::vector<kernels::ScoreList> lists;
  const auto memory = call.array<uint8_t>(0);
  const size_t rows = call.size(1);
  const size_t count = call.size(2);
  const uint32_t* given = call.array<uint32_t>(3, 5 * count);
  require(rows % kernels::SPAN == 0, "the spans are not whole");
  const size_t spans = rows / kernels::SPAN;
  lists.clear();
  for (size_t at = 0; at < count; at += 1) lists.push_back(scoreList(memory, given + 5 * at, spans));
  require(kernels::sumScores(scoresIn(memory, rows), spans, lists), "a list leads beyond what it has");
  return nullptr;
}

// (memory, rows, limit, found rows, their scores): the best and those that are as good as the last of them, how many there
// are, or -1 where they do not fit; the last of the found rows becomes the number of rows that have a score.
napi_value bestScores(const Call& call) {
  thread_local kernels::BestScores finder;
  const auto memory = call.array<uint8_t>(0);
  const size_t rows = call.size(1), limit = call.size(2);
  const auto found = call.array<uint32_t>(3);
  const auto values = call.array<double>(4);
  require(rows % kernels::BLOCK == 0, "the blocks are not whole");
  const kernels::Best& best = finder.find(scoresIn(memory, rows), rows / kernels::BLOCK, limit);
  if (best.rows.size() >= found.length || best.rows.size() > values.length) return call.number(-1);
  for (size_t at = 0; at < best.rows.size(); at += 1) {
    found.data[at] = best.rows[at].row;
    values.data[at] = best.rows[at].score;
  }
  found.data[found.length - 1] = static_cast<uint32_t>(best.total);
  return call.number(best.rows.size());
}

// (memory, query, rows, values): the dot product of the query and each of the rows, which are counted from the beginning.
napi_value similarities(const Call& call) {
  const auto memory = call.array<uint8_t>(0);
  const auto query = call.array<float>(1);
  const auto rows = call.array<uint32_t>(2);
  const auto values = call.array<float>(3);
  require(query.length > 0 && rows.length <= values.length, "there is no room for the values");
  const size_t most = memory.length / (query.length * sizeof(float));
  for (size_t at = 0; at < rows.length; at += 1) require(rows.data[at] < most, "a row is beyond the memory");
  const kernels::Vectors vectors = {reinterpret_cast<const float*>(memory.data), query.data, query.length, query.length};
  Helper::ofThisAddon().share((rows.length + ROWS_A_PART - 1) / ROWS_A_PART, [&](size_t part) {
    const size_t first = part * ROWS_A_PART;
    kernels::similarities(vectors, rows.data + first, std::min(ROWS_A_PART, rows.length - first), values.data + first);
  });
  return nullptr;
}

// A hint that comparisons come in a moment, and that nobody minds a second processor's being at them.
napi_value expectWork(const Call&) {
  Helper::ofThisAddon().expect();
  return nullptr;
}

// (vectors, codes, [where the codes of row 0 would stand, how many are wanted], query, rows, found rows, their similarities): the
// nearest and those that are as near as the last of them; how many there are, or -1 where they do not fit.
napi_value nearest(const Call& call) {
  thread_local kernels::NearestRows finder;
  const auto memory = call.array<uint8_t>(0), codeMemory = call.array<uint8_t>(1);
  const uint32_t* place = call.array<uint32_t>(2, 2);
  const auto query = call.array<float>(3);
  const auto rows = call.array<uint32_t>(4), found = call.array<uint32_t>(5);
  const auto values = call.array<float>(6);
  require(query.length > 0 && place[0] <= codeMemory.length, "there is no query, or codes begin beyond the memory");
  const size_t padded = (query.length + 15) / 16 * 16;
  const kernels::Vectors vectors = {reinterpret_cast<const float*>(memory.data), query.data, query.length, query.length};
  const kernels::CodeRows codes = {reinterpret_cast<const char*>(codeMemory.data) + place[0], padded, padded + 16};
  const size_t most = std::min(memory.length / (query.length * sizeof(float)), (codeMemory.length - place[0]) / codes.stride);
  require(rows.length == 0 || kernels::highestOf(rows.data, rows.length) < most, "a row is beyond the memory");
  const auto& best = finder.find({vectors, codes, rows.data, rows.length}, place[1]);
  if (best.size() > std::min(found.length, values.length)) return call.number(-1);
  for (size_t at = 0; at < best.size(); at += 1) {
    found.data[at] = best[at].at;
    values.data[at] = best[at].similarity;
  }
  return call.number(best.size());
}

void exportLoops(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      kindred::method<compareSentences>("compareSentences", napi_enumerable),
      kindred::method<sumScores>("sumScores", napi_enumerable),
      kindred::method<bestScores>("bestScores", napi_enumerable),
      kindred::method<similarities>("similarities", napi_enumerable),
      kindred::method<expectWork>("expectWork", napi_enumerable),
      kindred::method<nearest>("nearest", napi_enumerable),
  };
  if (kernels::canRun()) napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
}

}  // namespace

#else

namespace {

void exportLoops(napi_env, napi_value) {}

}  // namespace

#endif

namespace {

napi_value maybeYield(const kindred::Call&) {
  thread_local kindred::Yielding yielding;
  yielding.maybeYield();
  return nullptr;
}

napi_value takeShortSlices(const kindred::Call& call) { return call.boolean(kindred::takeShortSlices()); }

napi_value init(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      kindred::method<maybeYield>("maybeYield", napi_enumerable),
      kindred::method<takeShortSlices>("takeShortSlices", napi_enumerable),
  };
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  napi_set_named_property(env, exports, "helper", kindred::Helper::ofThisAddon().handle(env));
  exportLoops(env, exports);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
