"""gridflock-service with the slicer's stand-in, and without it."""

from __future__ import annotations

import httpx
import pytest
from gridflock_service.baseplate import CELL_MM, Plate, binary_stl
from provider_sim.slicer import estimate

from tests.support.platform import Platform
from tests.support.shop import Shop


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


def test_a_plate_comes_with_what_it_prints_like(platform: Platform, shop: Shop) -> None:
    made = shop.http.post("/api/v1/baseplates", json={"columns": 4, "rows": 3})
    assert made.status_code == 200
    expected = estimate(made.content)
    assert made.headers["X-Print-Seconds"] == str(expected["print_seconds"])
    assert made.headers["X-Filament-Grams"] == f"{expected['filament_grams']:.1f}"
    origin = platform["gateway"].env["WEB_URL"]
    seen = shop.http.post("/api/v1/baseplates", json={"columns": 1, "rows": 1}, headers={"Origin": origin})
    assert "X-Print-Seconds" in seen.headers["Access-Control-Expose-Headers"]
    refused = httpx.post(f"{platform['provider-sim'].url}/slicer/slice", content=b"no", trust_env=False)
    assert refused.status_code == 400


def test_a_plate_is_made_without_it(platform: Platform, shop: Shop) -> None:
    platform["provider-sim"].stop()
    try:
        made = shop.http.post("/api/v1/baseplates", json={"columns": 2, "rows": 2})
        assert (made.status_code, len(made.content) > 84) == (200, True)
        assert "X-Print-Seconds" not in made.headers
    finally:
        platform["provider-sim"].start()
