"""Each way to read a digest in what came as a signature, and what is odd about it."""

from __future__ import annotations

import ast
import base64
import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from signatures import Generic

from devkit.webhooks.mistakes.model import ReceivedRequest, Step

__all__ = ["SIZES", "Readings", "cut", "read"]

_LABEL = re.compile(r"^\s*(?:[A-Za-z][\w-]{0,40}\s*[=,:]|Bearer\s|Basic\s)\s*")
_SEPARATED = re.compile(r"[0-9A-Fa-f]{2}(?:[-: ][0-9A-Fa-f]{2}){8,}")
# Bytes of a digest, by MD5 and by SHA-1, -224, -256, -384 and -512.
SIZES = {
    16: {"md5"},
    20: {"sha1"},
    28: {"sha224"},
    32: {"sha256", "sha3_256"},
    48: {"sha384"},
    64: {"sha512"},
}
_LEAST = 8  # characters of a signature that was cut, by which it is still told


@dataclass
class Readings:
    """The digests that came, each with what is odd about how it came (nothing: it is just right)."""

    digests: dict[bytes, tuple[Step, ...]] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)

    @property
    def algorithms(self) -> set[str]:
        """Those that make digests of such a length."""
        return {name for digest in self.digests for name in SIZES.get(len(digest), set())}

    def cut(self, scheme: Generic, digest: bytes) -> Step | None:
        """What is wrong if a piece is a part of the digest, or more than it."""
        right = scheme.written(digest)
        for piece in self.pieces:
            if len(right.rstrip("=")) <= len(piece) < len(right):  # padding, which has a reading of its own
                continue
            if step := cut(piece, right):
                return step
        return None


def cut(given: str, right: str) -> Step | None:
    """What is wrong with a signature that is a part of the right one, or more than it; None where it is neither."""
    if _LEAST <= len(given) < len(right) and (right.startswith(given) or right.endswith(given)):
        return Step(
            "wrong-length-signature",
            f"the signature is truncated: {len(given)} of its {len(right)} characters are there",
            "check what truncates the header, and whether it was copied completely",
        )
    if len(right) < len(given) <= len(right) + 8 and right in given:
        says = f"the signature is correct, but {len(given) - len(right)} characters too long"
        return Step("wrong-length-signature", says, "check what adds to the header")
    return None


def read(request: ReceivedRequest, scheme: Generic) -> Readings:
    """All that can be read out of the signature's header; of other headers, what is a digest."""
    found = Readings()
    names = {name.lower() for name in scheme.signature_headers}
    offered = scheme.offered(request.by_name)
    for text in _pieces(request.signature, offered):
        # A part that the scheme does not look at is right only if what stands around it is taken away.
        around = () if text in offered else ("something stands around it",)
        for odd, digest in _digests(text, scheme):
            said = odd or around
            steps = (_misencoded(scheme, said),) if said else ()
            if digest not in found.digests or len(steps) < len(found.digests[digest]):
                found.digests[digest] = steps
        found.pieces.append(_bare(text, scheme))
    wanted = scheme.signature_headers[0]
    for name, value in request.by_name.items():
        if name in names:
            continue
        step = Step(
            "other-header",
            f"the signature is in {name}; it belongs in {wanted}",
            f"make the sender or the proxy name the header {wanted}",
        )
        for text in (value, *re.split(r"[\s,]+", value)):
            for _, digest in _digests(text, scheme):
                if len(digest) in SIZES:
                    found.digests.setdefault(digest, (step,))
    return found


def _pieces(whole: str, offered: list[str]) -> Iterable[str]:
    return dict.fromkeys((*offered, whole, *re.split(r"[\s,]+", whole), *whole.split(",")))


def _bare(text: str, scheme: Generic) -> str:
    return text.strip().strip("\"'").removeprefix(scheme.prefix)


def _misencoded(scheme: Generic, odd: tuple[str, ...]) -> Step:
    wanted = (
        f"{scheme.encoding} behind `{scheme.prefix}`"
        if scheme.prefix
        else f"{scheme.encoding} without a prefix"
    )
    says = f"the signature is correct but encoded differently: {' and '.join(odd)}"
    return Step("misencoded-signature", says, f"write it in {wanted}")


def _digests(text: str, scheme: Generic) -> Iterator[tuple[tuple[str, ...], bytes]]:
    for odd, bare in _unwrapped(text.strip()):
        for more, rest in _unprefixed(bare, scheme):
            for word, digest in _decoded(rest, scheme.encoding):
                other = () if word == scheme.encoding else (f"it is {word}, not {scheme.encoding}",)
                yield (*odd, *more, *other), digest


def _unwrapped(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The text, and what is in quotes, in Python's repr, or behind a URL's escapes."""
    yield (), text
    if text.strip("\"'`<>[]{}") != text:
        yield ("there are quotes or brackets around it",), text.strip("\"'`<>[]{}")
    if text[:2] in ("b'", 'b"'):
        with contextlib.suppress(ValueError, SyntaxError):
            yield ("it is Python's repr of bytes, `b'…'`",), ast.literal_eval(text).decode("ascii", "replace")
    if text[:2] in ("0x", "0X"):
        yield ("`0x` stands before it",), text[2:]
    if "%" in text:
        yield ("it has a URL's escapes (%2B, %2F, %3D)",), unquote(text)
    if " " in text:
        yield ("each `+` in it became a space",), text.replace(" ", "+")


def _unprefixed(text: str, scheme: Generic) -> Iterator[tuple[tuple[str, ...], str]]:
    prefix = scheme.prefix
    if prefix and text.startswith(prefix * 2):
        yield (f"the prefix `{prefix}` is there twice",), text.removeprefix(prefix * 2)
    elif prefix and text.startswith(prefix):
        yield (), text.removeprefix(prefix)
    elif label := _LABEL.match(text):
        instead = f" instead of `{prefix}`" if prefix else ""
        yield (f"`{label[0].strip()}` stands before it{instead}",), text[label.end() :].strip("\"'")
    else:
        yield ((f"the prefix `{prefix}` is missing",) if prefix else ()), text


def _decoded(text: str, encoding: str) -> Iterator[tuple[str, bytes]]:
    """A digest as bytes, by the name of each encoding that it may be."""
    with contextlib.suppress(ValueError):
        word = (
            "hex"
            if text == text.lower()
            else "hexadecimal in capital letters"
            if text == text.upper()
            else "hexadecimal in mixed letters"
        )
        yield word, bytes.fromhex(text)
    if _SEPARATED.fullmatch(text):
        yield (
            "hexadecimal with separators (.NET's BitConverter.ToString)",
            bytes.fromhex(re.sub("[-: ]", "", text)),
        )
    padded = text + "=" * (-len(text) % 4)
    standard = padded.replace("-", "+").replace("_", "/")
    with contextlib.suppress(ValueError):
        digest = base64.b64decode(standard, validate=True)
        if standard != padded:
            yield "base64url", digest
        elif padded == text:
            yield "base64", digest
        else:
            yield "base64url" if encoding == "base64url" else "base64 without padding", digest
        with contextlib.suppress(ValueError):
            yield "hexadecimal, encoded in base64 once more", bytes.fromhex(digest.decode("ascii"))
        with contextlib.suppress(ValueError):
            yield "base64, encoded in base64 once more", base64.b64decode(digest, validate=True)
    with contextlib.suppress(ValueError):
        yield "base64, written in hexadecimal once more", base64.b64decode(bytes.fromhex(text), validate=True)
