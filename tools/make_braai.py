"""Make the ONNX graphs of braai from its published weights (Keras, HDF5).

``python tools/make_braai.py FOLDER`` reads ``d6_m7.weights.h5`` and ``braai_d6_m9.weights.h5``
there, and writes the graphs with their checksums beside `counterparts.real_bogus`. The graph is
that of Duev et al. 2019, MNRAS 489, 3582, table 2: four convolutions, two poolings, two dense
layers.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import h5py
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MODELS = Path(__file__).parents[1] / "counterparts" / "real_bogus" / "models"
WEIGHTS = {"d6_m7": "d6_m7.weights.h5", "d6_m9": "braai_d6_m9.weights.h5"}
CONVOLUTIONS = ("conv1", "conv2", "conv3", "conv4")
POOLED = {"conv2": 2, "conv4": 4}
"""After which layer, and by how much."""


def read_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """Kernel and bias of each layer, as ONNX has them: convolutions by output first."""
    arrays = {}
    with h5py.File(path) as file:
        for layer in (*CONVOLUTIONS, "fc_1", "fc_out"):
            kernel = np.asarray(file[f"{layer}/{layer}/kernel:0"], dtype=np.float32)
            is_convolution = layer in CONVOLUTIONS
            arrays[f"{layer}_kernel"] = kernel.transpose(3, 2, 0, 1) if is_convolution else kernel
            arrays[f"{layer}_bias"] = np.asarray(file[f"{layer}/{layer}/bias:0"], dtype=np.float32)
    return arrays


def graph_of(name: str, arrays: dict[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """The network; triplets come in as Keras has them, the colors last."""
    nodes = [helper.make_node("Transpose", ["triplets"], ["x"], perm=[0, 3, 1, 2])]
    last = "x"
    for layer in CONVOLUTIONS:
        inputs = [last, f"{layer}_kernel", f"{layer}_bias"]
        nodes.append(helper.make_node("Conv", inputs, [f"{layer}_sum"], kernel_shape=[3, 3]))
        nodes.append(helper.make_node("Relu", [f"{layer}_sum"], [layer]))
        last = layer
        if layer in POOLED:
            size = [POOLED[layer]] * 2
            last = f"{layer}_pooled"
            nodes.append(
                helper.make_node("MaxPool", [layer], [last], kernel_shape=size, strides=size)
            )
    nodes += [
        # Keras flattens with the colors last.
        helper.make_node("Transpose", [last], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Flatten", ["last"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "fc_1_kernel", "fc_1_bias"], ["fc_1_sum"]),
        helper.make_node("Relu", ["fc_1_sum"], ["fc_1"]),
        # The sigmoid is left out: the runtime's is cut off at 1e-9.
        helper.make_node("Gemm", ["fc_1", "fc_out_kernel", "fc_out_bias"], ["logits"]),
    ]
    triplets = helper.make_tensor_value_info("triplets", TensorProto.FLOAT, ["n", 63, 63, 3])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1])
    weights = [numpy_helper.from_array(array, key) for key, array in sorted(arrays.items())]
    graph = helper.make_graph(nodes, f"braai_{name}", [triplets], [logits], weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="too-marshal"
    )
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Write both graphs and their checksums."""
    folder = Path(sys.argv[1])
    lines = []
    for name, weights in WEIGHTS.items():
        data = graph_of(name, read_weights(folder / weights)).SerializeToString(deterministic=True)
        (MODELS / f"{name}.onnx").write_bytes(data)
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}.onnx\n")
    (MODELS / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
