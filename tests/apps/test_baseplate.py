"""The baseplate's mesh: closed, turned outwards, and as large as it says."""

from __future__ import annotations

import struct
from collections import Counter

import pytest
from common.internal import PLATE_HEADERS
from gridflock_service.baseplate import CELL_MM, MAX_HEIGHT_MM, MIN_HEIGHT_MM, Plate, binary_stl
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.drawn import drawn
from tests.support.platform import ROOT

Point = tuple[float, float, float]
Face = tuple[Point, Point, Point]


def read(stl: bytes) -> list[tuple[Point, Face]]:
    """Normal and corners of each triangle of a binary STL."""
    (count,) = struct.unpack_from("<I", stl, 80)
    assert len(stl) == 84 + 50 * count
    found = []
    for numbers in struct.iter_unpack("<12fH", stl[84:]):
        points = [numbers[i : i + 3] for i in (0, 3, 6, 9)]
        found.append((points[0], (points[1], points[2], points[3])))
    return found


@drawn(60)
@example(columns=1, rows=1, height=MIN_HEIGHT_MM)
@example(columns=2, rows=1, height=MIN_HEIGHT_MM + 0.009)
@example(columns=1, rows=2, height=MIN_HEIGHT_MM + 0.011)
@given(
    columns=st.integers(1, 6),
    rows=st.integers(1, 6),
    height=st.floats(MIN_HEIGHT_MM, MAX_HEIGHT_MM, allow_nan=False),
)
def test_the_mesh_is_a_solid_of_the_right_size(columns: int, rows: int, height: float) -> None:
    plate = Plate(columns, rows, height)
    faces = [face for _, face in read(binary_stl(plate))]
    edges = Counter((a, b) for face in faces for a, b in zip(face, face[1:] + face[:1], strict=True))
    assert all(times == 1 for times in edges.values()), "an edge is used twice in one direction"
    assert all((b, a) in edges for a, b in edges), "an edge has no triangle on its other side"
    assert volume(faces) > 0
    assert volume(faces) < columns * rows * CELL_MM**2 * height
    for axis, size in enumerate((columns * CELL_MM, rows * CELL_MM, height)):
        values = [point[axis] for face in faces for point in face]
        assert min(values) == 0
        assert max(values) == pytest.approx(size, rel=1e-6)


def test_normals_agree_with_the_corners() -> None:
    for normal, (a, b, c) in read(binary_stl(Plate(2, 1))):
        u, v = [[q - p for p, q in zip(a, other, strict=True)] for other in (b, c)]
        cross = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
        length = sum(x * x for x in cross) ** 0.5
        assert length > 0, "a triangle has no area"
        assert normal == pytest.approx([x / length for x in cross], abs=1e-4)


def test_the_same_plate_has_the_same_bytes() -> None:
    assert binary_stl(Plate(3, 2)) == binary_stl(Plate(3, 2))


def test_the_largest_has_no_more_triangles_a_cell() -> None:
    assert len(read(binary_stl(Plate(20, 20)))) / 400 <= len(read(binary_stl(Plate(3, 2)))) / 6


def volume(faces: list[Face]) -> float:
    """Sum of the signed volumes of the tetrahedra from the origin; positive when faces point outwards."""
    total = 0.0
    for (ax, ay, az), (bx, by, bz), (cx, cy, cz) in faces:
        total += ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
    return total / 6


def test_the_page_knows_the_headers_of_a_plate() -> None:
    page = (ROOT / "apps/web/src/api/client.ts").read_text()
    assert [name for name in PLATE_HEADERS if f'"{name}"' not in page] == []
