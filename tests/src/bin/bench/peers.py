"""The peers of `bench`: faiss, hnswlib and usearch over the same vectors, and ONNX Runtime over the same
weights. Reads one request a line (JSON), answers with one line (JSON)."""

import json
import os
import resource
import sys
import time

import numpy as np

THREADS = int(os.environ["THREADS"])
K = 10
state = {}


def load(vectors, queries):
    state["x"] = np.fromfile(vectors, np.float32).reshape(-1, 384)
    state["q"] = np.fromfile(queries, np.float32).reshape(-1, 384)
    state["index"] = {}
    return {"vectors": len(state["x"])}


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def build(peer):
    x = state["x"]
    before, began = resident(), time.perf_counter()
    if peer == "faiss flat":
        import faiss

        faiss.omp_set_num_threads(THREADS)
        index = faiss.IndexFlatIP(384)
        index.add(x)
    elif peer == "faiss HNSW":
        import faiss

        faiss.omp_set_num_threads(THREADS)
        index = faiss.IndexHNSWFlat(384, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 200
        index.add(x)
    elif peer == "hnswlib":
        import hnswlib

        index = hnswlib.Index("ip", 384)
        index.init_index(len(x) + len(x) // 100 + 1, ef_construction=200, M=16)
        index.set_num_threads(THREADS)
        index.add_items(x)
    else:
        from usearch.index import Index

        index = Index(ndim=384, metric="ip", dtype="f32", connectivity=16, expansion_add=200)
        index.add(np.arange(len(x)), x, threads=THREADS)
    built = time.perf_counter() - began
    held = resident() - before
    state["index"][peer] = index
    return {"build_s": built, "bytes_a_vector": held / len(x)}


def grow(peer):
    """One percent more; after the queries, since these vectors would be found too."""
    x, index = state["x"], state["index"][peer]
    extra = x[: max(1, len(x) // 100)] + np.float32(0.01)
    began = time.perf_counter()
    if peer == "usearch":
        index.add(np.arange(len(x), len(x) + len(extra)), extra, threads=THREADS)
    elif peer == "hnswlib":
        index.add_items(extra)
    else:
        index.add(extra)
    return {"s": time.perf_counter() - began}


def nearest(peer, q, effort):
    index = state["index"][peer]
    if peer.startswith("faiss"):
        if effort:
            index.hnsw.efSearch = effort
        return index.search(q[None], K)[1][0]
    if peer == "hnswlib":
        index.set_ef(effort)
        return index.knn_query(q, K, num_threads=1)[0][0]
    index.expansion_search = effort
    return index.search(q, K, threads=1).keys


def query(peer, effort, begin, end):
    import faiss

    faiss.omp_set_num_threads(1)
    ids, times = [], []
    for q in state["q"][begin:end]:
        began = time.perf_counter()
        found = nearest(peer, q, effort)
        times.append((time.perf_counter() - began) * 1e3)
        ids.append([int(i) for i in found])
    return {"ids": ids, "ms": times}


def open_model(folder):
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    weights = load_file(folder + "/model.safetensors")
    nodes, constants = [], []

    def constant(name, value):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(op, inputs, out, **attributes):
        nodes.append(helper.make_node(op, inputs, [out], **attributes))
        return out

    def linear(x, name):
        weight = constant(name + ".w", weights[name + ".weight"].T)
        return node("Add", [node("MatMul", [x, weight], name + ".m"), constant(name + ".b", weights[name + ".bias"])], name)

    def norm(x, name):
        w, b = constant(name + ".w", weights[name + ".weight"]), constant(name + ".b", weights[name + ".bias"])
        return node("LayerNormalization", [x, w, b], name, epsilon=1e-12)

    e = "embeddings."
    words = node("Gather", [constant("words", weights[e + "word_embeddings.weight"]), "ids"], "w")
    places = weights[e + "position_embeddings.weight"] + weights[e + "token_type_embeddings.weight"][0]
    places = node("Gather", [constant("places", places), "positions"], "p")
    x = norm(node("Add", [words, places], "e"), e + "LayerNorm")
    cut, joined = constant("cut", np.array([0, 0, 12, 32])), constant("joined", np.array([0, 0, 384]))
    scale = constant("scale", np.float32(32**-0.5))
    for layer in range(6):
        at = f"encoder.layer.{layer}."
        heads = []
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            y = node("Reshape", [linear(x, f"{at}attention.self.{part}"), cut], f"{at}{part}.cut")
            heads.append(node("Transpose", [y], f"{at}{part}.heads", perm=order))
        s = node("Mul", [node("MatMul", heads[:2], at + "s"), scale], at + "scaled")
        s = node("Softmax", [node("Add", [s, "bias"], at + "masked")], at + "shares", axis=-1)
        c = node("Transpose", [node("MatMul", [s, heads[2]], at + "c")], at + "turned", perm=[0, 2, 1, 3])
        o = linear(node("Reshape", [c, joined], at + "joined"), at + "attention.output.dense")
        x = norm(node("Add", [o, x], at + "attended"), at + "attention.output.LayerNorm")
        o = linear(node("Gelu", [linear(x, at + "intermediate.dense")], at + "gelu"), at + "output.dense")
        x = norm(node("Add", [o, x], at + "sum"), at + "output.LayerNorm")
    longs = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.INT64, shape)
    floats = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    inputs = [longs("ids", ["b", "l"]), longs("positions", ["l"]), floats("bias", ["b", 1, 1, "l"])]
    graph = helper.make_graph(nodes, "minilm", inputs, [floats(x, ["b", "l", 384])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    state["session"] = onnxruntime.InferenceSession(model.SerializeToString(), options)
    state["tokenizer"] = Tokenizer.from_file(folder + "/tokenizer.json")
    state["tokenizer"].enable_truncation(256)
    state["tokenizer"].enable_padding()
    return {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}


def vectors(texts):
    encoded = state["tokenizer"].encode_batch(texts)
    ids = np.array([e.ids for e in encoded], np.int64)
    mask = np.array([e.attention_mask for e in encoded], np.float32)
    bias = ((1 - mask) * -1e9)[:, None, None, :]
    positions = np.arange(ids.shape[1], dtype=np.int64)
    last = state["session"].run(None, {"ids": ids, "positions": positions, "bias": bias})[0]
    mean = (last * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def embed(texts, batch):
    """Sorted by length, as sentence encoders do, so that a batch holds little padding."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out = np.zeros((len(texts), 384), np.float32)
    began = time.perf_counter()
    for i in range(0, len(order), batch):
        part = order[i : i + batch]
        out[part] = vectors([texts[j] for j in part])
    return {"s": time.perf_counter() - began, "first": out[0].tolist()}


def pipeline(texts, questions):
    """The whole path as a plain program has it: embed, faiss, BM25, reciprocal rank fusion."""
    import bm25s
    import faiss

    if "bm25" not in state:
        index = bm25s.BM25()
        index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
        state["bm25"] = index
        flat = faiss.IndexFlatIP(384)
        flat.add(state["x"][: len(texts)])
        state["flat"] = flat
    times = []
    for question in questions:
        began = time.perf_counter()
        near = state["flat"].search(vectors([question]), 100)[1][0]
        said = bm25s.tokenize([question], stopwords="en", show_progress=False)
        found = state["bm25"].retrieve(said, k=100, show_progress=False)[0][0]
        score = {}
        for ranked in (near, found):
            for rank, i in enumerate(ranked):
                score[int(i)] = score.get(int(i), 0) + 1 / (60 + rank)
        sorted(score, key=score.get, reverse=True)[:6]
        times.append((time.perf_counter() - began) * 1e3)
    return {"ms": times}


DOES = {f.__name__: f for f in (load, build, grow, query, open_model, embed, pipeline)}
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(DOES[asked.pop("do")](**asked)), flush=True)
