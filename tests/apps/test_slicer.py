"""What the slicer's stand-in makes of a plate."""

from __future__ import annotations

import pytest
from gridflock_service.baseplate import CELL_MM, Plate, binary_stl
from provider_sim.slicer import estimate


def test_the_estimate_follows_the_plate() -> None:
    small, large = estimate(binary_stl(Plate(2, 2))), estimate(binary_stl(Plate(4, 4)))
    assert small["layers"] == large["layers"] == 25  # 5 mm in layers of 0.2
    assert large["filament_grams"] == pytest.approx(4 * small["filament_grams"], rel=0.03)
    solid = (2 * CELL_MM) ** 2 * 5 * 0.00124
    assert 0 < small["filament_grams"] < solid / 2
    assert 120 < small["print_seconds"] < 4 * 3600


@pytest.mark.parametrize("wrong", [b"", b"solid text", binary_stl(Plate(1, 1))[:-1], bytes(84)])
def test_what_is_no_stl_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="no binary STL"):
        estimate(wrong)
