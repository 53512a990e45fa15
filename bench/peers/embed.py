"""Embeds texts by onnxruntime in Python: embed.py <model folder>.

Reads one job as JSON a line: {"texts": [...], "batch": n}, and answers {"seconds", "tokens", "first"}. One text at a time
where `batch` is 1; else longest first in padded batches, as sentence-transformers does. The same model file, 256 tokens,
mean over tokens, unit length. Threads are onnxruntime's own choice: all cores.
"""
import json
import os
import sys
import time

import numpy
import onnxruntime
import tokenizers

MAX_TOKENS = 256


class Model:
    def __init__(self, folder):
        self.tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()
        file = os.path.join(folder, "onnx", "model_quantized.onnx")
        self.session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        self.names = [each.name for each in self.session.get_inputs()]

    def embed(self, texts):
        read = self.tokenizer.encode_batch(texts)
        mask = numpy.array([each.attention_mask for each in read], dtype=numpy.int64)
        inputs = {
            "input_ids": numpy.array([each.ids for each in read], dtype=numpy.int64),
            "attention_mask": mask,
            "token_type_ids": numpy.zeros_like(mask),
        }
        tokens = self.session.run(None, {name: inputs[name] for name in self.names})[0]
        weights = mask[:, :, None].astype(numpy.float32)
        vectors = (tokens * weights).sum(axis=1) / weights.sum(axis=1)
        return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True), int(mask.sum())


def run(model, texts, batch):
    order = sorted(range(len(texts)), key=lambda at: -len(texts[at])) if batch > 1 else list(range(len(texts)))
    vectors, tokens = [None] * len(texts), 0
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        found, read = model.embed([texts[row] for row in rows])
        tokens += read
        for row, vector in zip(rows, found):
            vectors[row] = vector
    return vectors, tokens


def main(folder):
    model = Model(folder)
    model.embed(["warm up"])
    print(json.dumps({"version": onnxruntime.__version__}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        started = time.perf_counter()
        vectors, tokens = run(model, job["texts"], job["batch"])
        seconds = time.perf_counter() - started
        first = [float(value) for value in vectors[0]]
        print(json.dumps({"seconds": seconds, "tokens": tokens, "first": first}), flush=True)


main(*sys.argv[1:])
