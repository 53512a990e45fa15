#!/bin/sh
# Installs what Kindred is compared with, by each one's own client, into one folder: `sh bench/peers/install.sh [folder]`.
# Chroma and the Python libraries by pip into a virtual environment, Weaviate by `go install` (some minutes). What cannot be
# installed is left out, and so does the bench. Nothing outside of the folder is changed but the clients' own caches.
set -u

folder=${1:-${TMPDIR:-/tmp}/kindred-bench-peers}
mkdir -p "$folder/bin"
failed=0

if command -v python3 >/dev/null; then
  python3 -m venv "$folder/venv" &&
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
      chromadb==1.5.9 hnswlib faiss-cpu usearch onnxruntime tokenizers numpy || failed=1
else
  echo 'python3 is not installed: no Chroma, hnswlib, faiss, usearch and onnxruntime' >&2
  failed=1
fi

if command -v go >/dev/null; then
  GOBIN="$folder/bin" go install github.com/weaviate/weaviate/cmd/weaviate-server@v1.35.2 || failed=1
else
  echo 'go is not installed: no Weaviate' >&2
  failed=1
fi

command -v wrk >/dev/null || echo "wrk is not installed: the bench's own load generator takes its place" >&2
echo "peers are in $folder"
exit $failed
