"""ONNX models of a package are run in the sandbox on what was recorded; what is hostile is refused or contained in a sentence."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.twins.test_predictors import START, foretold, package, plant, write  # noqa: F401
from twins.checking import check
from twins.package.loader import load
from twins.prognosis.calls import Calls
from twins.prognosis.prediction import prediction_in
from twins.prognosis.predictors.onnx_file import OnnxError, judge
from twins.prognosis.predictors.predicting import Predicting

FLOAT = TensorProto.FLOAT
BOUND = """
type: pump
label: Bearing worn
action: Change it
onnx:
  file: worn.onnx
  inputs: { x: { tags: [bearing_temperature, power], units: [K, W], window: 3 } }
  outputs:
    probability: p
    severity: "s[1]"
    life: { output: rul, low: low, high: high, unit: h, tag: bearing_temperature, limit: high_high }
"""
PLAIN = "type: pump\nonnx: { file: worn.onnx, inputs: { x: { tags: [speed] } }, outputs: { probability: p } }\n"


def model(nodes, inputs, outputs, weights=(), opset=17, domains=()):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights],
    )
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(each, 1) for each in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def simple(node="Sigmoid", shape=("n", 1)):
    return model([helper.make_node(node, ["x"], ["p"])], [("x", FLOAT, shape)], [("p", shape)])


def sound():
    """Hot is worn: from the mean of three steps of °C (given in K) and of power (given in W)."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Sub", ["mean", "usual"], ["off"]),
        helper.make_node("MatMul", ["off", "weight"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
        helper.make_node("Concat", ["p", "p"], ["s"], axis=1),
        helper.make_node("Sub", ["ten", "p"], ["rul"]),
        helper.make_node("Sub", ["rul", "p"], ["low"]),
        helper.make_node("Add", ["rul", "p"], ["high"]),
    ]
    weights = [
        ("usual", np.array([[273.15 + 60, 10_000]], np.float32)),
        ("weight", np.array([[0.5], [0.0]], np.float32)),
        ("ten", np.array([[10]], np.float32)),
    ]
    outputs = [("p", ["n", 1]), ("s", ["n", 2]), ("rul", ["n", 1]), ("low", ["n", 1]), ("high", ["n", 1])]
    return model(nodes, [("x", FLOAT, ["n", 3, 2])], outputs, weights)


def bring(folder, content, text=BOUND):
    write(folder, text, "net")
    (folder / "predictors" / "worn.onnx").write_bytes(content)
    return folder


def test_that_a_model_is_given_windows_in_its_own_units_and_its_answers_are_called(package):  # noqa: F811
    twin = load(bring(package, sound()))
    assert check(package) == []
    predicting = Predicting(twin, Calls(), patient=True)
    events = foretold(twin, plant(twin, lambda s: 50 + s / 20, 600), predicting)
    predicting.close()
    assert {event.key for event in events} == {"P1.net"}
    made = prediction_in(events[-1])
    assert made.probability > 0.9
    assert made.severity[1] == pytest.approx(made.probability, abs=0.01)
    assert made.life.middle == pytest.approx((10 - made.probability) * 3_600, rel=0.01)
    assert made.life.low < made.life.middle < made.life.high
    assert made.evidence[0].tag == "P1.bearing_temperature"
    assert made.model == "predictor net (onnx)"


def external():
    content = onnx.load_from_string(sound())
    tensor = content.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    return content.SerializeToString()


def huge():
    content = onnx.load_from_string(sound())
    content.graph.initializer[0].dims[:] = [1 << 40, 1 << 40]
    return content.SerializeToString()


def nested():
    graph = helper.make_graph([], "g", [], [])
    for _ in range(30):
        node = helper.make_node("If", ["c"], ["y"], then_branch=graph, else_branch=helper.make_graph([], "e", [], []))
        graph = helper.make_graph([node], "g", [], [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def own_operator():
    node = helper.make_node("Open", ["x"], ["p"], domain="evil")
    return model([node], [("x", FLOAT, [1, 1])], [("p", [1, 1])], domains=["evil"])


def renamed(x="x", p="p", kind=FLOAT, opset=17):
    node = helper.make_node("Cast", [x], [p], to=FLOAT) if kind != FLOAT else helper.make_node("Sigmoid", [x], [p])
    return model([node], [(x, kind, [1, 1])], [(p, [1, 1])], opset=opset)


REFUSED = {
    "random bytes": (lambda: np.random.default_rng(1).bytes(4_000), "no ONNX model"),
    "nothing": (lambda: b"", "no ONNX model"),
    "cut short": (lambda: sound()[:-40], "no ONNX model"),
    "other files": (external, "other files"),
    "huge tensors": (huge, "more numbers"),
    "nested": (nested, "nested"),
    "own operators": (own_operator, "evil"),
    "an old opset": (lambda: renamed(opset=3), "opset 3"),
    "no such operator": (lambda: simple("Sigmoidal"), "Sigmoidal"),
    "another input": (lambda: renamed(x="y"), "“x”"),
    "another output": (lambda: renamed(p="q"), "“p”"),
    "another shape": (lambda: simple(shape=(1, 7)), "1 × 7"),
    "another type": (lambda: renamed(kind=TensorProto.STRING), "string"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_that_what_can_not_be_used_is_refused_in_one_sentence_with_a_remedy(package, what):  # noqa: F811
    make, words = REFUSED[what]
    faults = check(bring(package, make(), PLAIN))
    assert faults
    assert any(words in fault.message for fault in faults)
    assert all(fault.remedy and "\n" not in fault.message and fault.file == "predictors/net.yaml" for fault in faults)


def test_that_no_spoilt_file_is_read_as_anything_but_a_model_or_a_sentence():
    rng, content = np.random.default_rng(2), sound()
    told = 0
    for _ in range(3_000):
        spoilt = bytearray(content)
        for at in rng.integers(0, len(spoilt), rng.integers(1, 8)):
            spoilt[at] = rng.integers(0, 256)
        try:
            judge(bytes(spoilt[: rng.integers(1, len(spoilt) + 1)]))
        except OnnxError as problem:
            told += bool(str(problem))
    assert told > 1_000


def endless():
    """A loop that nothing ends within a lifetime."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["c2"]), helper.make_node("Sin", ["v"], ["v2"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []),
         helper.make_tensor_value_info("v", FLOAT, ["n", 1])],
        [helper.make_tensor_value_info("c2", TensorProto.BOOL, []), helper.make_tensor_value_info("v2", FLOAT, ["n", 1])],
    )  # fmt: skip
    node = helper.make_node("Loop", ["most", "go", "x"], ["p"], body=body)
    weights = [("most", np.array(2**62, np.int64)), ("go", np.array(True))]
    return model([node], [("x", FLOAT, ["n", 1])], [("p", ["n", 1])], weights)


def swelling():
    """What it says it takes is small, what it makes of it is not."""
    nodes = [helper.make_node("Expand", ["x", "shape"], ["wide"]), helper.make_node("ReduceMean", ["wide"], ["p"], keepdims=1)]
    return model(nodes, [("x", FLOAT, ["n", 1])], [("p", ["n", 1])], [("shape", np.array([1 << 20, 1 << 16], np.int64))])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (swelling, "it was contained"),
        (lambda: simple("Log"), "no number"),  # of −speed: NaN
        (lambda: simple("Softplus"), "probability of"),
        (endless, "did not answer"),
    ],
)
def test_that_a_model_that_fails_is_told_once_while_all_else_goes_on(package, content, words, monkeypatch):  # noqa: F811
    monkeypatch.setattr("twins.prognosis.predictors.network._SECONDS", 1.0)
    write(bring(package, content(), PLAIN), HOT_TOO)
    twin = load(package)
    samples = plant(twin, lambda s: 75 + 0 * s, 300)
    if words == "no number":
        samples.bits[:] = np.where(samples.channel == 0, np.float64(-5).view(np.int64), samples.bits)
    predicting = Predicting(twin, Calls(), patient=True)
    events = foretold(twin, samples, predicting)
    predicting.close()
    stopped = [event.data["message"] for event in events if event.data.get("state") == "predictor_stopped"]
    assert len(stopped) == 1
    assert words in stopped[0]
    assert "P1.hot" in {event.key for event in events}


HOT_TOO = "type: pump\nlimits: { levels: [{ when: bearing_temperature > 70 degC, over: 1 min, probability: 0.9 }] }\n"
