"""Frozen networks: local features of a line drawing, and what the perceptual loss compares pictures by."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .material_network import CHANNELS, half_size_ink, material_layers
from .weights import WeightsFile, file_record, fill, find_weights, read_tensors

# Of rezoo/illustration2vec, in its BGR order; for grey input only the order of the mean matters. Do not "correct" it.
I2V_MEAN = (164.76139251, 167.47864617, 181.13838569)
LAYERS = (3, 8, 15, 22)  # of VGG16's `features`: the last ReLU before each of the first four pools
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class LocalFeatures(nn.Module):
    """A frozen network: line (B, 1, H, W) in [-1, 1] -> (B, channels, H/16, W/16), >= 0; sides are multiples of 16.

    `prepare` makes of the line what the layers of that backbone take, at half its size.
    """

    def __init__(
        self, name: str, layers: nn.Sequential, prepare: Callable[[Tensor], Tensor], channels: int = 512
    ) -> None:
        super().__init__()
        self.name = name
        self.channels = channels
        self.layers = layers
        self.prepare = prepare
        self.weights: WeightsFile | None = None
        freeze(self)

    @torch.no_grad()
    def forward(self, line: Tensor) -> Tensor:
        """The features, of the drawing alone."""
        return self.layers(self.prepare(line))  # type: ignore[no-any-return]


class Perceptual(nn.Module):
    """VGG16 up to relu2_2: (B, 3, H, W) in [-1, 1] -> (B, 128, H/2, W/2). Frozen, but lets gradients pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = vgg16_layers(9)
        self.weights: WeightsFile | None = None
        freeze(self)

    def forward(self, color: Tensor) -> Tensor:
        return self.layers(normalize_imagenet((color + 1) / 2))  # type: ignore[no-any-return]


class LayeredPerceptual(nn.Module):
    """VGG16 at relu1_2, relu2_2, relu3_3 and relu4_3: (B, 3, H, W) in [-1, 1] -> four maps. Lets gradients pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = vgg16_layers(LAYERS[-1] + 1)
        self.weights: WeightsFile | None = None
        freeze(self)

    def forward(self, color: Tensor) -> tuple[Tensor, ...]:
        x = normalize_imagenet((color + 1) / 2)
        found = []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in LAYERS:
                found.append(x)
        return tuple(found)


def freeze(module: nn.Module) -> None:
    """Evaluation mode, and no parameter asks for gradients."""
    module.eval().requires_grad_(False)


def channel(values: tuple[float, ...], like: Tensor) -> Tensor:
    """Three numbers as (1, 3, 1, 1) beside a batch of pictures."""
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, 3, 1, 1)


def half_size_picture(line: Tensor) -> Tensor:
    """(B, 1, H, W) in [-1, 1] -> a picture of three equal channels (B, 3, H/2, W/2) in [0, 1]."""
    return ((F.avg_pool2d(line, 2) + 1) / 2).expand(-1, 3, -1, -1)


def normalize_imagenet(picture: Tensor) -> Tensor:
    """[0, 1] -> what networks trained on ImageNet by torchvision expect."""
    return (picture - channel(IMAGENET_MEAN, picture)) / channel(IMAGENET_STD, picture)


def normalize_illustration2vec(picture: Tensor) -> Tensor:
    """[0, 1] -> [0, 255] minus the mean of Illustration2Vec."""
    return picture * 255 - channel(I2V_MEAN, picture)


def conv_layers(plan: str) -> nn.Sequential:
    """3x3 convolutions and their ReLUs (numbers) with 2x2 max pools between them (`P`), from three channels on."""
    layers: list[nn.Module] = []
    channels = 3
    for step in plan.split():
        if step == "P":
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            continue
        layers += [nn.Conv2d(channels, int(step), 3, 1, 1), nn.ReLU()]
        channels = int(step)
    return nn.Sequential(*layers)


def illustration2vec_layers() -> nn.Sequential:
    """The first 15 modules of Illustration2Vec, up to conv4_2."""
    return conv_layers("64 P 128 P 256 256 P 512 512")


def vgg16_layers(count: int) -> nn.Sequential:
    """The first modules of VGG16's `features`."""
    return nn.Sequential(*list(conv_layers("64 64 P 128 128 P 256 256 256 P 512 512 512"))[:count])


def build_illustration2vec() -> LocalFeatures:
    """Illustration2Vec up to conv4_2, as published AlacGAN uses it; weights still random."""
    return LocalFeatures(
        "illustration2vec", illustration2vec_layers(), lambda line: normalize_illustration2vec(half_size_picture(line))
    )


def build_vgg16() -> LocalFeatures:
    """VGG16 up to relu4_2: the same depth, stride and channels as the Illustration2Vec prefix; weights still random."""
    return LocalFeatures("vgg16", vgg16_layers(21), lambda line: normalize_imagenet(half_size_picture(line)))


def build_materials() -> LocalFeatures:
    """Our own, trained on line art to tell skin, hair, eyes and clothes; weights still random."""
    return LocalFeatures("materials", material_layers(), half_size_ink, CHANNELS)


BUILDERS: dict[str, Callable[[], LocalFeatures]] = {
    "illustration2vec": build_illustration2vec,
    "vgg16": build_vgg16,
    "materials": build_materials,
}


def build_features(name: str, path: str = "") -> LocalFeatures | None:
    """The local features network of that name with its weights loaded; None for `none`. Raises WeightsError."""
    if name == "none":
        return None
    module = BUILDERS[name]()
    module.weights = load_layers(module.layers, name, path)
    return module


def build_perceptual(name: str, path: str = "") -> Perceptual | LayeredPerceptual | None:
    """The network of the content loss with its weights loaded; None for `l1`. Raises WeightsError."""
    if name == "l1":
        return None
    module = Perceptual() if name == "vgg16" else LayeredPerceptual()
    module.weights = load_layers(module.layers, "vgg16", path)
    return module


def load_layers(layers: nn.Sequential, network: str, path: str) -> WeightsFile:
    """Fills layers from the network's file, whose names may begin with `features.`, and says which file that was."""
    file = find_weights(network, path)
    tensors = {name.removeprefix("features."): tensor for name, tensor in read_tensors(file).items()}
    fill(layers, tensors, str(file))
    freeze(layers)
    return file_record(file)
