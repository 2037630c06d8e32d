"""What makes a step faster on an accelerator without changing what it computes by more than rounding.

Main passes may run in bf16 with fp32 weights; penalties and losses stay in fp32, for a bf16 penalty's gradients are up
to a fifth off. Compiled networks are compared with plain ones on the first batch, and left plain where they differ.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from .losses import InputGradient, input_gradient, sample_norm
from .networks import Critic
from .presets import SpeedSettings
from .run_folder import Note

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}  # of the largest output: fused kernels sum in another order


def main_precision(settings: SpeedSettings, device: str) -> torch.dtype | None:
    """The type of the main passes, None for fp32; `auto` takes bf16 where the device computes with it."""
    if settings.precision == "bf16":
        return torch.bfloat16
    able = device.startswith("cuda") and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if settings.precision == "auto" and able else None


@contextmanager
def main_pass(precision: torch.dtype | None, device: torch.device) -> Iterator[None]:
    """A block whose convolutions run in the precision of the main passes."""
    with torch.autocast(device.type, precision or torch.bfloat16, enabled=precision is not None):
        yield


@contextmanager
def matrix_products(settings: SpeedSettings) -> Iterator[None]:
    """TF32 in fp32 convolutions and products of CUDA only where it is asked for; torch alone allows some by itself."""
    wanted = settings.precision == "tf32"
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = wanted
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def wants_compiling(settings: SpeedSettings, device: str) -> bool:
    """`auto` compiles on CUDA alone: on a CPU it takes long and brings nothing."""
    return settings.compile == "on" or (settings.compile == "auto" and device.startswith("cuda"))


def compile_checked(
    modules: Mapping[str, nn.Module], inputs: Mapping[str, tuple[Tensor | None, ...]], note: Note
) -> list[str]:
    """Compiles networks in place, each compared on `inputs` with its plain self; the names of those that hold."""
    return [name for name, module in modules.items() if compiled_alike(name, module, inputs[name], note)]


def compiled_alike(name: str, module: nn.Module, inputs: tuple[Tensor | None, ...], note: Note) -> bool:
    """Compiles one network; leaves it plain, with a note, where that fails or gives something else."""
    with torch.no_grad():
        plain = outputs(module(*inputs))
        try:
            module.compile()
            fast = outputs(module(*inputs))
        except Exception as error:  # a compiler may fail in any way; training goes on without it
            said = (str(error).splitlines() or [type(error).__name__])[0]
            return left_plain(module, f"{name} is not compiled: {said}", note)
    worst = max(float((a - b).abs().max() / b.abs().max().clamp_min(1e-6)) for a, b in zip(fast, plain, strict=True))
    if worst > TOLERANCE.get(plain[0].dtype, TOLERANCE[torch.bfloat16]):
        return left_plain(module, f"{name} is not compiled: its output would be {worst:.1%} off", note)
    return True


def left_plain(module: nn.Module, text: str, note: Note) -> bool:
    """A network runs as it is written; says why."""
    module._compiled_call_impl = None
    note(text)
    return False


def outputs(found: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a network gives, as a tuple."""
    return (found,) if isinstance(found, Tensor) else found


def functional_gradient(critic: Critic, color: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
    """As `losses.input_gradient`, written so that a compiler can differentiate it once more.

    Torch's compiler cannot differentiate twice through a network, but once through a function that takes a gradient
    inside (torch.func); the result lets gradients flow to the critic's parameters.
    """
    parameters: dict[str, Tensor] = dict(critic.named_parameters())

    def total(picture: Tensor) -> tuple[Tensor, Tensor]:
        scores: Tensor = functional_call(critic, parameters, (picture, condition))
        return scores.sum(), scores

    gradient, (_, scores) = grad_and_value(total, has_aux=True)(color.detach())
    return scores, gradient


def checked_gradient(critic: Critic, color: Tensor, condition: Tensor | None, note: Note) -> InputGradient:
    """The critic's compiled gradient where a penalty on it moves the weights as the plain one does, else the plain.

    Such gradients have been lost in silence before (pytorch#181581), so they are compared, not trusted.
    """
    fast: InputGradient = torch.compile(functional_gradient)
    try:
        plain, found = (weight_gradients(critic, way, color, condition) for way in (input_gradient, fast))
        worst = float((plain - found).norm() / plain.norm().clamp_min(1e-12))
    except Exception as error:  # a compiler may fail in any way; training goes on without it
        note(f"the penalty is not compiled: {(str(error).splitlines() or [type(error).__name__])[0]}")
        return input_gradient
    if worst > TOLERANCE[torch.float32]:
        note(f"the penalty is not compiled: its gradients would be {worst:.1%} off")
        return input_gradient
    return fast


def weight_gradients(critic: Critic, way: InputGradient, color: Tensor, condition: Tensor | None) -> Tensor:
    """What a penalty on the slope does to the critic's weights, as one vector."""
    _, gradient = way(critic, color, condition)
    found = torch.autograd.grad(sample_norm(gradient).sum(), list(critic.parameters()), allow_unused=True)
    return torch.cat([value.flatten() for value in found if value is not None])
