"""The one way to turn the bytes of a picture into pixels: measuring, rendering, training and painting all use it.

First frame, turned as EXIF says, colours brought to sRGB, 16 bits to 8, transparency on white. The header is read and
held against the limits before anything is allocated. Pillow decodes all formats. The usual JPEG is decoded by
libjpeg-turbo straight into an array: the same pixels in less than three quarters of the time, and whatever it warns of
is left to Pillow. OpenCV would be as fast, but it fills cut files without a word and writes to stderr.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import cv2
import cv2.typing
import numpy as np
import pyarrow as pa
import simplejpeg
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from .errors import PictureError
from .headers import check_whole, claimed_size, exif_orientation, format_of
from .reasons import Reason

Pixels = NDArray[np.uint8]

_OPENERS: dict[str, type[ImageFile.ImageFile]] = {
    "AVIF": AvifImagePlugin.AvifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "JPEG2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
_ORIENTATION = 274
_STRIP_ROWS = 256  # compositing in strips keeps its temporaries small, and passes over strips that are opaque
_SAME_COLOR = 2  # of 255: profiles that move every colour by less are sRGB in another spelling

# Pillow warns about odd metadata that does not concern the pixels; a worker's stderr is no place for it.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@dataclass(frozen=True)
class Limits:
    """What a picture may claim before it is refused unread."""

    max_bytes: int = 256 * 1024**2
    max_pixels: int = 100_000_000


@dataclass(frozen=True)
class Facts:
    """What a file says about its picture. Width and height are those of the picture as turned by its orientation."""

    format: str
    mode: str
    width: int
    height: int
    bits: int
    frames: int
    alpha_share: float
    orientation: int
    has_icc: bool


@dataclass(frozen=True)
class Picture:
    """A decoded picture: pixels uint8 (H, W, 3) sRGB, and the facts of its file."""

    pixels: Pixels
    facts: Facts


def decode(data: bytes, limits: Limits = Limits()) -> Picture:
    """The sRGB pixels of an encoded picture.

    Raises PictureError with one of the reasons too_large, not_an_image, too_many_pixels, truncated and decode_failed.
    """
    pixels, facts = _decode(data, limits)
    return Picture(
        pixels if pixels.ndim == 3 else cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False), facts
    )


def decode_line(data: bytes, limits: Limits = Limits()) -> Pixels:
    """A line drawing as uint8 (H, W), 0 ink, 255 paper: the luma of any picture. Raises PictureError."""
    pixels, _ = _decode(data, limits)
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)


def _decode(data: bytes, limits: Limits) -> tuple[Pixels, Facts]:
    """Pixels uint8 (H, W) of a grey picture or (H, W, 3) of any other, and the facts."""
    kind = _admit(data, limits)
    with _as_picture_errors(kind):
        image = _OPENERS[kind](io.BytesIO(data))
        _hold_size(image.size, limits)
        mode, bits = image.mode, _bits(image, data)
        turn_of_tiff = image.tag_v2.get(_ORIENTATION, 1) if isinstance(image, TiffImagePlugin.TiffImageFile) else None
        usual = _usual_jpeg(image, data) if kind == "JPEG" else None
        pixels, alpha_share = (usual, 0.0) if usual is not None else _by_pillow(image, data, bits)
        orientation = turn_of_tiff or exif_orientation(image.info.get("exif", b""))
        if turn_of_tiff is None:  # Pillow has turned TIFF already
            pixels = _turned(pixels, orientation)
        frames, has_icc = _frames(image), bool(image.info.get("icc_profile"))
    height, width = pixels.shape[:2]
    return pixels, Facts(kind, mode, width, height, bits, frames, alpha_share, orientation, has_icc)


def _usual_jpeg(image: ImageFile.ImageFile, data: bytes) -> Pixels | None:
    """Pixels of a grey or colour JPEG in sRGB without any flaw; None for one that Pillow is to look at."""
    space, icc = {"L": "GRAY", "RGB": "RGB"}.get(image.mode), image.info.get("icc_profile") or b""
    if space is None or icc and (_color_space(icc) != space or _moves_colors(icc, image.mode)):
        return None
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, space)
    except (ValueError, MemoryError):  # any warning, in its strict mode: a cut file, an odd sampling
        return None
    return pixels[:, :, 0] if space == "GRAY" else pixels


def _by_pillow(image: ImageFile.ImageFile, data: bytes, bits: int) -> tuple[Pixels, float]:
    """Pixels uint8 (H, W) or (H, W, 3) of an opened picture, and the share of them that was not fully opaque."""
    image.decodermaxblock = len(data) + 1  # all at once: a quarter faster than in the usual pieces
    image.load()
    icc = image.info.get("icc_profile") or b""
    whole = _from_sixteen_bits(data) if bits == 16 and image.format == "PNG" else image
    return _flat(_to_srgb(_plain(whole), icc))


def _admit(data: bytes, limits: Limits) -> str:
    """The format of data that is worth opening."""
    if len(data) > limits.max_bytes:
        raise PictureError(
            f"the file has {len(data)} bytes, more than the limit of {limits.max_bytes}", reason=Reason.TOO_LARGE
        )
    kind = format_of(data)
    if kind is None:
        what = "the file is not a picture" if data else "the file is empty"
        raise PictureError(what, reason=Reason.NOT_AN_IMAGE, hint=f"readable are {', '.join(sorted(_OPENERS))}")
    size = claimed_size(kind, data)
    if size is not None:
        _hold_size(size, limits)
    check_whole(kind, data)
    return kind


def _hold_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise PictureError(
            f"the picture claims {width}x{height} pixels, more than the limit of {limits.max_pixels}",
            reason=Reason.TOO_MANY_PIXELS,
        )


@contextmanager
def _as_picture_errors(kind: str) -> Iterator[None]:
    """Damaged files make decoders raise almost anything; all of it means that this picture cannot be used."""
    try:
        yield
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"the picture is too big: {error}", reason=Reason.TOO_MANY_PIXELS) from None
    except Exception as error:
        cut = isinstance(error, EOFError) or "truncated" in str(error).lower()
        reason = Reason.TRUNCATED if cut else Reason.DECODE_FAILED
        raise PictureError(f"the {kind} file cannot be decoded: {error}", reason=reason) from None


def _bits(image: ImageFile.ImageFile, data: bytes) -> int:
    """Bits per channel as stored, before Pillow shrinks them."""
    if isinstance(image, PngImagePlugin.PngImageFile):
        return data[24]
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(258, (1,))))
    return {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}.get(image.mode, 8)


def _from_sixteen_bits(data: bytes) -> Image.Image:
    """A 16-bit PNG rounded to 8 bits: Pillow has no 16-bit colour and would cut off the low byte."""
    deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None:
        raise PictureError("the PNG file cannot be decoded", reason=Reason.DECODE_FAILED)
    pixels = _rounded(deep)
    if pixels.ndim == 2:
        return Image.fromarray(pixels)
    return Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA))


def _rounded(deep: cv2.typing.MatLike) -> Pixels:
    """Numbers of 0 to 65535 as the nearest of 0 to 255."""
    eight: Pixels = ((np.clip(deep, 0, 65535).astype(np.uint32) + 128) // 257).astype(np.uint8)
    return eight


def _plain(image: Image.Image) -> Image.Image:
    """Any mode as one of L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):
        return Image.fromarray(_rounded(np.asarray(image)))
    if image.mode == "F":
        raise PictureError("pixels are floating-point numbers of unknown range", reason=Reason.DECODE_FAILED)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    """A picture of mode L, RGB, RGBA or CMYK as L, RGB or RGBA with sRGB colours."""
    if image.mode == "RGBA" and icc:
        color = _to_srgb(image.convert("RGB"), icc)
        color.putalpha(image.getchannel("A"))
        return color
    space = _color_space(icc) if icc else ""
    if image.mode == "L" and space == "RGB":
        image = image.convert("RGB") if _moves_colors(icc, "RGB") else image
    if space != {"L": "GRAY"}.get(image.mode, image.mode) or not _moves_colors(icc, image.mode):
        return image.convert("RGB") if image.mode == "CMYK" else image
    return _converted(image, icc)


def _color_space(icc: bytes) -> str:
    """RGB, GRAY or CMYK as the profile's header says."""
    return icc[16:20].decode("ascii", "replace").strip()


@lru_cache(maxsize=32)
def _moves_colors(icc: bytes, mode: str) -> bool:
    """True when a profile can be used and shows some colour otherwise than sRGB does; a broken profile is ignored."""
    if mode == "CMYK":
        lattice = Image.new("CMYK", (1, 1))
    elif mode == "L":
        lattice = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    else:
        steps = np.linspace(0, 255, 9).astype(np.uint8)
        lattice = Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3))
    try:
        seen = np.asarray(_converted(lattice, icc), dtype=np.int16)
    except Exception:  # lcms and Pillow raise many types for damaged profiles
        return False
    return mode == "CMYK" or bool(np.abs(seen - np.asarray(lattice.convert("RGB"))).max() > _SAME_COLOR)


def _converted(image: Image.Image, icc: bytes) -> Image.Image:
    """A picture's colours carried from its profile to sRGB."""
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB"), image.mode, "RGB"
    )
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("the colour profile gave no picture")
    return converted


def _flat(image: Image.Image) -> tuple[Pixels, float]:
    """Pixels of a picture of mode L, RGB or RGBA on white paper, and the share of them that was not fully opaque."""
    cells = _cells(image)
    if cells.ndim == 2:
        return cells.copy(), 0.0
    pixels: Pixels = np.empty((*cells.shape[:2], 3), np.uint8)
    cv2.cvtColor(cells, cv2.COLOR_RGBA2RGB, dst=pixels)
    if image.mode != "RGBA":
        return pixels, 0.0
    see_through = 0
    for top in range(0, len(cells), _STRIP_ROWS):
        strip = slice(top, top + _STRIP_ROWS)
        thin = int(np.count_nonzero(cells[strip, :, 3] < 255))
        if thin:
            pixels[strip] = _on_white(pixels[strip], cells[strip, :, 3])
        see_through += thin
    return pixels, see_through / (cells.shape[0] * cells.shape[1])


def _cells(image: Image.Image) -> Pixels:
    """What Pillow keeps of a picture, if possible without a copy: uint8 (H, W) of mode L, else (H, W, 4)."""
    gray = image.mode == "L"
    try:
        cells = pa.array(image)
        flat = np.asarray(cells if gray else cells.flatten())
    except ValueError:  # Pillow keeps large pictures, and grey ones of some widths, in pieces
        return np.asarray(image if gray else image.convert("RGBA"))
    return flat.reshape((image.height, image.width) if gray else (image.height, image.width, 4))


def _on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colour (H, W, 3) of opacity (H, W) on white: 255 - (255 - colour) * alpha / 255, to the nearest."""
    three = cv2.cvtColor(np.ascontiguousarray(alpha), cv2.COLOR_GRAY2RGB)
    ink = cv2.multiply(cv2.bitwise_not(pixels), three, scale=1 / 255)
    return cv2.bitwise_not(ink).astype(np.uint8, copy=False)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Pixels as they are meant to be seen, for EXIF orientations 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _frames(image: ImageFile.ImageFile) -> int:
    """How many frames a file has; 1 where damage behind the first frame hides it."""
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # the first frame is whole, and only that is used
        return 1
