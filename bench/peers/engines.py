"""Other engines on the very vectors that Kindred searches: engines.py <vectors.f32> <rows> <cache folder>.

Reads one job as JSON a line and answers with one line: {"engine", "ef", "queries": [row, ...]} gives {"us", "ids"}, the
time of each query alone, one thread, called as one calls it from Python. The first line tells which engines are there.
"""
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy

M, EF_CONSTRUCTION, K = 16, 200, 11


def open_hnswlib(vectors, file):
    import hnswlib

    count, dimension = vectors.shape
    index = hnswlib.Index(space="ip", dim=dimension)
    if os.path.exists(file):
        index.load_index(file)
    else:
        index.init_index(max_elements=count, M=M, ef_construction=EF_CONSTRUCTION, random_seed=100)
        index.add_items(vectors, num_threads=1)
        index.save_index(file)
    index.set_num_threads(1)
    return index.set_ef, lambda query: index.knn_query(query, k=K)[0][0]


def open_faiss(vectors, file):
    import faiss

    faiss.omp_set_num_threads(1)
    if os.path.exists(file):
        index = faiss.read_index(file)
    else:
        index = faiss.IndexHNSWFlat(vectors.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = EF_CONSTRUCTION
        index.add(vectors)
        faiss.write_index(index, file)

    def set_ef(ef):
        index.hnsw.efSearch = ef

    return set_ef, lambda query: index.search(query[None], K)[1][0]


def open_usearch(vectors, file):
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=M, expansion_add=EF_CONSTRUCTION)
    if os.path.exists(file):
        index.load(file)
    else:
        index.add(numpy.arange(len(vectors)), vectors, threads=1)
        index.save(file)

    def set_ef(ef):
        index.expansion_search = ef

    return set_ef, lambda query: index.search(query, K, threads=1).keys


def open_numpy(vectors, _file):
    def search(query):
        similarities = vectors @ query
        nearest = numpy.argpartition(similarities, -K)[-K:]
        return nearest[numpy.argsort(-similarities[nearest])]

    return lambda _ef: None, search


OPENERS = {"hnswlib": open_hnswlib, "faiss": open_faiss, "usearch": open_usearch, "numpy": open_numpy}


def answer(engine, vectors, queries):
    times, ids = [], []
    for row in queries:
        started = time.perf_counter()
        found = engine(vectors[row])
        times.append(1e6 * (time.perf_counter() - started))
        ids.append([int(each) for each in found])
    return {"us": times, "ids": ids}


def main(vectors_file, rows, cache):
    vectors = numpy.fromfile(vectors_file, dtype=numpy.float32).reshape(int(rows), -1)
    engines = {}
    for name, opener in OPENERS.items():
        try:
            engines[name] = opener(vectors, os.path.join(cache, f"engine-{name}"))
        except ImportError:
            pass
    print(json.dumps(list(engines)), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        set_ef, search = engines[job["engine"]]
        set_ef(job["ef"])
        print(json.dumps(answer(search, vectors, job["queries"])), flush=True)


main(*sys.argv[1:])
