"""A model of a handful of words in the layout of Sentence Transformers: texts are near by the words
that they share."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

NAME = "cassandre/tiny"
WORDS = "parental leave lasts weeks travel by train trains are booked the canteen how long is"
VOCABULARY = ["[PAD]", "[UNK]", "query", "passage", *WORDS.split()]
WIDTH = len(VOCABULARY)


def write_tiny_model(models: Path, name: str = NAME, *, width: int = WIDTH) -> Path:
    """Into `models/name`; its vectors have `width` numbers."""
    folder = models / name
    (folder / "1_Pooling").mkdir(parents=True)
    pooling = {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "config.json").write_text(json.dumps({"pad_token_id": 0}))
    settings = {"model_max_length": 32, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    vocabulary = {word: number for number, word in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_graph(folder / "model.onnx", width)
    return folder


def _write_graph(path: Path, width: int) -> None:
    """Looks each token's vector up: a number of its own is 1."""
    table = numpy_helper.from_array(np.eye(WIDTH, width, dtype=np.float32), "table")
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [
            helper.make_tensor_value_info(
                "last_hidden_state", TensorProto.FLOAT, ["texts", "tokens", width]
            )
        ],
        [table],
    )
    opsets = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
