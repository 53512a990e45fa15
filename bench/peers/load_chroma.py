"""Fills a collection of a Chroma server: load_chroma.py <host> <port> <papers.jsonl> <vectors.f32> <collection>.

Prints the collection's id. The graph has the settings of Kindred's.
"""
import json
import sys

import chromadb
import numpy

BATCH = 500


def main(host, port, papers_file, vectors_file, name):
    client = chromadb.HttpClient(host=host, port=int(port))
    graph = {"space": "ip", "max_neighbors": 16, "ef_construction": 200, "ef_search": 64}
    collection = client.create_collection(name, configuration={"hnsw": graph}, embedding_function=None)
    with open(papers_file, encoding="utf-8") as file:
        papers = [json.loads(line) for line in file]
    vectors = numpy.fromfile(vectors_file, dtype=numpy.float32).reshape(len(papers), -1)
    for at in range(0, len(papers), BATCH):
        batch = papers[at : at + BATCH]
        collection.add(
            ids=[paper["id"] for paper in batch],
            embeddings=vectors[at : at + BATCH],
            documents=[paper["abstract"] for paper in batch],
            metadatas=[{"title": paper["title"]} for paper in batch],
        )
    print(collection.id)


main(*sys.argv[1:])
