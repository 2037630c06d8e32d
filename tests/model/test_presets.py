"""Presets and settings: what is shipped is valid, what is unknown or cannot work is refused with advice."""

import json
from dataclasses import FrozenInstanceError

import pytest

from lcpipe.model.presets import (
    changed_settings,
    config_from,
    configure,
    critic_config,
    default_preset,
    generator_config,
    plain,
    preset_names,
    substitutes,
)
from lcpipe.model.updates import learning_rate
from lcpipe.pipeline.dataset.errors import RecipeError


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_is_valid_and_survives_json(name: str) -> None:
    config = configure(name)
    assert config.preset == name
    assert config_from(json.loads(json.dumps(plain(config))), where="test") == config


def test_alacgan_is_the_released_code() -> None:
    config = configure("alacgan")
    assert (config.batch, config.size, config.steps, config.seed) == (4, 512, 250_000, 2333)
    assert (config.loss.content_weight, config.loss.adversarial_weight) == (1, 1e-4)
    assert (config.loss.penalty, config.loss.penalty_weight) == ("pixel", 10)
    assert (config.loss.drift, config.loss.drift_weight) == ("squared_mean", 1e-3)
    assert config.optimizer.betas == (0.5, 0.9)
    assert config.ema.half_life_images == 0
    assert (config.hints.kind, config.hints.unhinted) == ("published", 0.5)
    assert config.data.separate_batches
    assert generator_config(config).feature_channels == 512
    assert critic_config(config).condition == "features"


def test_alacgan_paper_differs_only_in_the_formulas() -> None:
    changed = changed_settings(plain(configure("alacgan")), plain(configure("alacgan-paper")))
    assert changed == ["loss.adversarial_weight", "loss.drift", "loss.penalty", "preset"]


def test_the_published_schedule() -> None:
    config = configure("alacgan")
    assert learning_rate(config.optimizer, 124_999 * config.batch) == 1e-4
    assert learning_rate(config.optimizer, 125_000 * config.batch) == pytest.approx(1e-5)


def test_settings_of_every_type() -> None:
    config = configure(
        "tiny",
        ["batch=4", "optimizer.learning_rate=2e-4", "generator.blocks=[1, 1, 2, 2]", "features=none", "lines.sketch=2"],
        steps=7,
    )
    assert (config.batch, config.optimizer.learning_rate, config.steps) == (4, 2e-4, 7)
    assert config.generator.blocks == (1, 1, 2, 2)
    assert config.lines == {"sketch": 2.0}
    assert configure("tiny", ["lines={xdog_03 = 1, sketch = 3}"]).lines == {"xdog_03": 1.0, "sketch": 3.0}


@pytest.mark.parametrize(
    ("setting", "where", "advice"),
    [
        ("ngf=8", "ngf", "generator.ngf"),
        ("optimizer.learning_rat=1", "learning_rat", "optimizer.learning_rate"),
        ("batch=2.5", "batch", ""),
        ("batch=many", "batch", ""),
        ("batch=0", "batch", ""),
        ("size=100", "size", ""),
        ("loss.penalty=pixels", "loss.penalty", ""),
        ("generator=3", "generator", ""),
        ("batch", "KEY=VALUE", "--set"),
        ("batch=3", "batch of 3", "even"),
        ("size=16", "crop of 16", "at least 32"),
        ("critic.head=official", "512", "critic.head=pooled"),
        ("critic.condition=features", "features", "features="),
    ],
)
def test_what_cannot_be_is_one_line_with_advice(setting: str, where: str, advice: str) -> None:
    with pytest.raises(RecipeError) as caught:
        configure("tiny", ["hints.unhinted=0.5", setting])
    assert where in caught.value.what
    assert advice in caught.value.hint
    assert caught.value.hint


def test_the_default_is_what_the_device_manages() -> None:
    assert default_preset("cpu") == "tiny"
    assert default_preset("cuda:1") == "rpgan"


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        configure("alacgann")
    assert "alacgan" in caught.value.hint


def test_substitutes_are_named() -> None:
    assert substitutes(configure("alacgan")) == {}
    named = substitutes(configure("alacgan", ["features=none", "perceptual=l1"]))
    assert named == {"features": "none instead of illustration2vec", "perceptual": "l1 instead of vgg16"}
    assert critic_config(configure("alacgan", ["features=none"])).condition == "line"


def test_length_workers_and_places_do_not_make_another_run() -> None:
    before, now = configure("tiny"), configure("tiny", ["workers=0", "features_file=elsewhere.pth"], steps=9)
    assert changed_settings(plain(before), plain(now)) == []
    assert changed_settings(plain(before), plain(configure("tiny", ["ema.half_life_images=7"]))) == [
        "ema.half_life_images"
    ]


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        configure("tiny").batch = 1  # type: ignore[misc]
