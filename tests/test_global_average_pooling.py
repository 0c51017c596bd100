"""What the notebook on global average pooling says, asserted on a short version of its experiments."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import torch
from keras import layers

from equivalence import transfer
from equivalence.verification.compare import compare
from keras_torch_experiments.global_average_pooling import (
    child,
    cost,
    curves,
    features,
    grid,
    keras_process,
    mechanism,
    photographs,
    position,
    scratch,
    training_torch,
)
from keras_torch_experiments.global_average_pooling.activation_maps import activation_maps
from keras_torch_experiments.global_average_pooling.candidates import (
    CANDIDATES,
    FLATTEN,
    HIDDEN,
    HIDDEN_FLATTEN,
    POOL,
    Candidate,
)
from keras_torch_experiments.global_average_pooling.data import Data, batches, cross_entropy
from keras_torch_experiments.global_average_pooling.losses import keras2_in_keras, keras2_in_torch
from keras_torch_experiments.global_average_pooling.optimizers import keras_adam

CLIPPED, LOGITS = "clipped probabilities", "logits"
BY_NAME = {candidate.name: candidate for candidate in CANDIDATES}
#: The loss where half of the samples are wrong by more than the clip lets through.
HALF_WRONG = -np.log(1e-7) / 2


@pytest.fixture(scope="module")
def network() -> features.Extractor:
    return features.extractor(photographs.crops("training", 2, features.SIZE).images, "random")


@pytest.fixture(scope="module")
def data(network: features.Extractor) -> Data:
    seen = photographs.crops("training", 4, features.SIZE)
    held = photographs.crops("validation", 2, features.SIZE)
    return Data(network.maps(seen.images), seen.labels, network.maps(held.images), held.labels)


@pytest.fixture
def random_maps() -> Data:
    """(8, 8, 64), without photographs."""
    random = np.random.default_rng(5)
    x = np.maximum(random.standard_normal((32, 8, 8, 64), np.float32), 0)
    labels = np.arange(32) % 2
    return Data(x, labels, x[:8], labels[:8])


class TestPhotographs:
    def test_no_column_of_a_picture_is_in_both_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        columns = np.broadcast_to(np.arange(400), (130, 400))
        numbered = np.stack([columns // 256, columns % 256, 0 * columns], axis=-1).astype(np.uint8)
        monkeypatch.setattr(photographs, "picture", lambda name: numbered)
        found = {}
        for part in photographs.PARTS:
            images = np.rint((photographs.crops(part, 12, 120).images + 1) / 2 * 255)
            found[part] = set((images[..., 0] * 256 + images[..., 1]).astype(int).ravel())
        assert found["training"].isdisjoint(found["validation"])
        assert max(found["training"]) - min(found["training"]) > 200

    def test_each_class_has_several_pictures_colour_and_grey(self) -> None:
        for names in photographs.PICTURES.values():
            grey = [bool((np.ptp(photographs.picture(name), axis=-1) == 0).all()) for name in names]
            assert len(names) >= 4
            assert sum(grey) == 2

    def test_the_same_crops_twice(self) -> None:
        one, other = (photographs.crops("validation", 1, 32) for _ in range(2))
        assert np.array_equal(one.images, other.images)
        assert one.images.shape == (8, 32, 32, 3)
        assert set(one.labels) == {0, 1}

    def test_what_is_asked_wrongly_is_named(self) -> None:
        with pytest.raises(ValueError, match="'test'"):
            photographs.crops("test", 1, 32)
        with pytest.raises(ValueError, match=r"cut=301 .* 'chelsea'"):
            photographs.crops("training", 1, 32, cut=301)


class TestFeatures:
    def test_both_twins_see_the_same(self, network: features.Extractor, data: Data) -> None:
        images = photographs.crops("training", 4, features.SIZE).images[:2]
        assert data.x.shape[1:] == features.SHAPE
        assert np.abs(network.keras.predict(images, verbose=0) - data.x[:2]).max() < 1e-3 * data.x.max()
        assert 0.2 < data.x.mean() < 0.8
        assert data.x.min() == 0

    def test_trained_weights_are_the_original_s(self, monkeypatch: pytest.MonkeyPatch) -> None:
        original = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(75, 75, 3))
        random = np.random.default_rng(0)
        original.set_weights([array * random.uniform(0.5, 1.5, array.shape) for array in original.get_weights()])
        monkeypatch.setattr(keras.applications, "InceptionV3", lambda include_top, weights: original)
        monkeypatch.setattr(features, "imagenet_is_there", lambda: True)
        images = random.uniform(-1, 1, (1, 75, 75, 3)).astype(np.float32)
        found = features.extractor(images)
        assert found.weights == "imagenet"
        expected = original.predict(images, verbose=0)
        assert np.abs(found.maps(images) - expected).max() < 1e-3 * np.abs(expected).max()

    def test_unknown_weights(self) -> None:
        with pytest.raises(ValueError, match="'imagnet'"):
            features.extractor(np.zeros((1, 299, 299, 3), np.float32), "imagnet")


class TestWhatPoolingComputes:
    def test_all_names_give_the_mean(self, random_maps: Data) -> None:
        x = random_maps.x
        first = training_torch.channels_first(x)
        found = [
            layers.GlobalAveragePooling2D()(x),
            layers.GlobalAveragePooling2D(keepdims=True)(x),
            layers.AveragePooling2D(8)(x),
            layers.AdaptiveAveragePooling2D(1)(x),
            torch.nn.AdaptiveAvgPool2d(1)(first),
            torch.nn.AvgPool2d(8)(first),
            first.mean((2, 3)),
        ]
        shapes = [tuple(value.shape[1:]) for value in found]
        assert shapes == [(64,), (1, 1, 64), (1, 1, 64), (1, 1, 64), (64, 1, 1), (64, 1, 1), (64,)]
        for value in found:
            assert np.allclose(np.asarray(value).reshape(32, 64), x.mean((1, 2)), atol=1e-6)

    def test_activation_maps_average_to_the_logits(self, random_maps: Data) -> None:
        head = POOL.module(64).get_submodule("predictions")
        kernel, bias = head.weight.detach().numpy().T, head.bias.detach().numpy()
        maps = activation_maps(random_maps.x, kernel)
        assert maps.shape == (32, 8, 8, 2)
        logits = head(training_torch.channels_first(random_maps.x)).detach().numpy()
        assert np.allclose(maps.mean((1, 2)) + bias, logits, atol=1e-5)
        with pytest.raises(ValueError, match=r"\(64, 2\).*\(32, 8, 8, 63\)"):
            activation_maps(random_maps.x[..., 1:], kernel)


@pytest.fixture
def float64() -> Iterator[None]:
    with curves.precision("float64"):
        yield


@pytest.mark.parametrize("candidate", [*CANDIDATES, *HIDDEN], ids=lambda candidate: candidate.name)
def test_a_candidate_is_the_same_in_both_frameworks(candidate: Candidate, random_maps: Data, float64: None) -> None:
    module, model = candidate.module(64).double().eval(), candidate.model(64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(1))
    transfer(module, model, flatten="channels_last")
    x = random_maps.x.astype(np.float64)
    actual = module(training_torch.channels_first(x)).detach().numpy()
    result = compare(actual, keras.ops.convert_to_numpy(model(x, training=False)))
    assert result.equal, result.message


def test_the_losses_are_the_formula_in_both_frameworks() -> None:
    logits = np.array([[3.0, -1.0], [0.5, 0.25], [40.0, 0.0], [0.0, 40.0]], np.float32)
    labels = np.array([0, 1, 1, 1])
    expected = cross_entropy(logits, labels, clipped=True)
    in_keras = np.mean(keras2_in_keras(labels, keras.ops.softmax(logits)))
    in_torch = keras2_in_torch(torch.from_numpy(logits), torch.from_numpy(labels)).item()
    assert in_keras == pytest.approx(expected, rel=1e-6)
    assert in_torch == pytest.approx(expected, rel=1e-6)
    assert cross_entropy(logits, labels, clipped=False) > expected  # 40 in place of 16.1


def test_an_epoch_takes_every_sample_once() -> None:
    found = batches(48, 16, 6)
    assert sorted(np.concatenate(found[:3])) == sorted(np.concatenate(found[3:])) == list(range(48))
    assert not np.array_equal(found[0], found[3])


@pytest.fixture(scope="module", params=["tensorflow", "torch"])
def found(request: pytest.FixtureRequest, data: Data) -> tuple[str, keras_process.Findings]:
    return request.param, keras_process.on_backend(request.param, data, steps=15)


class TestWhyItStaysAtChance:
    """The findings, with all 2048 channels and Adam at Keras's default rate unless said otherwise."""

    def test_flatten_with_the_clipped_loss_is_at_chance_for_ever(self, data: Data) -> None:
        module = FLATTEN.module(2048)
        adam = keras_adam(module.parameters(), learning_rate=1e-3)
        run = training_torch.train(module, data, CLIPPED, adam, 30, every=10)
        assert run.accuracy[-1] == run.held_accuracy[-1] == 0.5  # on the training part too: not overfitting
        assert run.still[-1] == 1.0
        assert run.loss[-1] == run.loss[-2] == pytest.approx(HALF_WRONG, rel=1e-4)
        assert run.logit[-1] > 50

    @pytest.mark.parametrize("name", ["flatten", "flatten, dropout 0.5", "flatten, dropout 0.6"])
    def test_it_freezes_with_dropout_and_without(self, name: str, data: Data) -> None:
        found = [grid.outcome(BY_NAME[name], data, CLIPPED, 1e-3, seed, steps=20) for seed in range(4)]
        assert all(each.still >= 0.8 for each in found)
        assert sum(each.stuck for each in found) >= 2

    @pytest.mark.parametrize(
        ("name", "loss", "rate"),
        [
            ("pool", CLIPPED, 1e-3),
            ("pool", LOGITS, 1e-3),
            ("flatten", LOGITS, 1e-3),
            ("flatten, dropout 0.5", LOGITS, 1e-3),
            ("flatten", CLIPPED, 1e-4),
            ("pool to 2 × 2", CLIPPED, 1e-3),
            ("1 × 1 convolution, flatten", CLIPPED, 1e-3),
            ("1 × 1 convolution, dropout 0.5, flatten", CLIPPED, 1e-3),
        ],
    )
    def test_what_learns(self, name: str, loss: str, rate: float, data: Data) -> None:
        assert grid.outcome(BY_NAME[name], data, loss, rate).accuracy >= 0.85

    def test_initial_weights_of_zero_do_not_help(self, data: Data) -> None:
        zeros = BY_NAME["flatten, weights from zero"]
        found = [grid.outcome(zeros, data, CLIPPED, 1e-3, seed, steps=20) for seed in range(4)]
        assert all(each.still >= 0.8 for each in found)

    def test_a_step_reaches_64_times_as_far(self, data: Data) -> None:
        pooled, flat = (mechanism.adam_step(candidate, data, 1e-3) for candidate in (POOL, FLATTEN))
        assert flat.fan_in == 64 * pooled.fan_in == 131_072
        assert flat.expected == pytest.approx(64 * pooled.expected)
        assert flat.expected > -np.log(1e-7)  # beyond the clip
        for step in (pooled, flat):
            assert 0.2 * step.expected < step.moved <= step.expected * 1.01 + 1e-3

    def test_dead_units_are_not_the_reason(self, data: Data) -> None:
        small = data.first_channels(128)
        logits, clipped = (mechanism.dead_units(HIDDEN_FLATTEN, small, loss, 1e-2, 30) for loss in (LOGITS, CLIPPED))
        assert logits.share[0] == clipped.share[0] < 0.05
        assert logits.share[-1] > clipped.share[-1] > 0.05
        assert logits.accuracy > clipped.accuracy

    def test_which_gradient_is_zero(self, found: tuple[str, keras_process.Findings]) -> None:
        backend, findings = found
        lead = np.array(keras_process.LEADS)
        outside = lead > -np.log(1e-7)
        clipping = {"Keras 2's formula"} | ({"softmax", "sigmoid"} if backend == "torch" else set())
        assert clipping <= set(findings.gradients)
        for loss, gradients in findings.gradients.items():
            pull = np.array(gradients)
            assert np.allclose(pull[~outside], 1 / (1 + np.exp(-lead[~outside])), atol=2e-3), loss
            if loss in clipping:
                assert (pull[outside] == 0).all(), loss
            else:
                assert np.allclose(pull[outside], 1, atol=1e-3), loss

    def test_which_training_is_stuck(self, found: tuple[str, keras_process.Findings]) -> None:
        backend, findings = found
        stuck = {name for name, run in findings.histories.items() if run.accuracy[-1] == 0.5}
        assert stuck == {"flatten, Keras 2's formula"} | ({"flatten, softmax"} if backend == "torch" else set())
        for name in stuck:
            assert findings.histories[name].loss[-1] == pytest.approx(HALF_WRONG, rel=1e-4)


class TestBothFrameworksGiveOneCurve:
    @pytest.mark.parametrize("candidate", [POOL, FLATTEN], ids=lambda candidate: candidate.name)
    @pytest.mark.parametrize(
        ("optimizer", "dtype", "settings", "bound"),
        [
            ("sgd", "float32", {"learning_rate": 2.0**-12}, 1e-5),
            ("adam", "float32", {"learning_rate": 1e-3}, 1e-5),
            ("sgd", "float64", {"learning_rate": 2.0**-12}, 1e-9),
            ("adam", "float64", curves.DYADIC, 1e-9),
        ],
        ids=["sgd-float32", "adam-float32", "sgd-float64", "adam-float64"],
    )
    def test_equal(
        self, candidate: Candidate, optimizer: str, dtype: str, settings: dict[str, float], bound: float, data: Data
    ) -> None:
        steps = 10 if dtype == "float32" else 30
        found = curves.both(candidate, data.first_channels(128), optimizer, dtype, steps, **settings)
        assert len(found.torch.loss) == steps + 1
        assert found.torch.loss[-1] < found.torch.loss[0]
        assert found.apart <= bound

    def test_torch_s_own_adam_is_another_curve(self, data: Data) -> None:
        """The comparison sees what differs: with an epsilon of 2^-20, torch.optim.Adam's is another."""
        small = data.first_channels(128).astype("float64")
        runs = []
        for own in (False, True):
            module = POOL.module(128).double()
            rate, *betas, epsilon = curves.DYADIC.values()
            adam = (
                torch.optim.Adam(module.parameters(), lr=rate, betas=tuple(betas), eps=epsilon)
                if own
                else keras_adam(module.parameters(), **curves.DYADIC)
            )
            runs.append(training_torch.train(module, small, LOGITS, adam, 10))
        assert curves.Curves(*runs).apart > 1e-9


class TestWhereElse:
    def test_position_decides_and_pooling_loses(self, data: Data) -> None:
        halves = position.which_half(data)
        assert np.allclose(*(halves.x[halves.labels == label].mean((1, 2)) for label in (0, 1)), atol=1e-5)
        assert grid.outcome(POOL, halves, LOGITS, 1e-4, steps=40).stuck
        for name in ("flatten", "pool to 2 × 2"):
            found = grid.outcome(BY_NAME[name], halves, LOGITS, 1e-4, steps=40)
            assert found.accuracy == 1.0, name
            assert found.held_accuracy >= 0.9, name

    @pytest.mark.parametrize("head", scratch.HEADS)
    def test_from_scratch_both_learn(self, head: str) -> None:
        squares = scratch.small_crops(per_picture=12, held_per_picture=2)
        module, model = scratch.in_torch_from_scratch(head), scratch.in_keras_from_scratch(head)
        transfer(module, model, flatten="channels_last")
        x = squares.held_x
        expected = keras.ops.convert_to_numpy(model(x, training=False))
        actual = module.eval()(training_torch.channels_first(x)).detach().numpy()
        assert np.allclose(actual, expected, atol=1e-4)
        adam = keras_adam(module.parameters(), learning_rate=3e-3)
        assert training_torch.train(module.train(), squares, LOGITS, adam, 40, every=40).accuracy[-1] >= 0.8

    def test_a_table_marks_what_is_mostly_stuck(self) -> None:
        learnt, chance = grid.Outcome(1.0, 0.75, 0.1, 0.0), grid.Outcome(0.5, 0.5, HALF_WRONG, 1.0)
        frozen = grid.Outcome(0.75, 0.7, 4.0, 0.95)
        cells = [
            grid.Cell("pool", LOGITS, 1e-3, (learnt, learnt, chance)),
            grid.Cell("flatten", LOGITS, 1e-3, (chance, learnt, frozen)),
            grid.Cell("flatten", CLIPPED, 1e-3, (chance,)),
        ]
        assert grid.table(cells, LOGITS).splitlines() == [
            "| logits | 0.001 |",
            "| --- | --- |",
            "| pool | 100 / 75 |",
            "| flatten | **75 / 70** |",
        ]

    def test_the_cost_of_what_is_not_there(self) -> None:
        with pytest.raises(ValueError, match="'jax'"):
            cost.measure("jax", "pool")


def test_a_failing_process_says_what_it_was() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)cost torch \(Keras on tensorflow\) ended with status 1: .*head"):
        child.run("cost", "torch")
