"""Stands in for the slicer while that does not run: an estimate from the plate's volume, by a printer's usual figures."""

from __future__ import annotations

import asyncio
import struct

from fastapi import APIRouter, HTTPException, Request

__all__ = ["estimate", "routes"]

routes = APIRouter(tags=["slicer"])

_LAYER_MM = 0.2
_FLOW_MM3_S = 8.0  # a 0.4 mm nozzle, 0.45 mm lines, layers of 0.2 mm, 90 mm/s
_PLA_G_MM3 = 0.00124
_FILLED = 0.45  # walls, top and bottom are solid, the rest is infill
_HEAD, _FACE = 84, 50  # bytes of binary STL


@routes.post("/slice")
async def slice_plate(request: Request) -> dict[str, float | int]:
    """The estimate for a binary STL. 400 when it is none."""
    body = await request.body()
    try:
        return await asyncio.to_thread(estimate, body)
    except ValueError as problem:
        raise HTTPException(400, str(problem)) from None


def estimate(stl: bytes) -> dict[str, float | int]:
    """Seconds, grams and layers of a watertight mesh in binary STL, lengths in mm. Raises ValueError for anything else."""
    count = struct.unpack_from("<I", stl, _HEAD - 4)[0] if len(stl) >= _HEAD else -1
    if len(stl) != _HEAD + count * _FACE or count == 0:
        raise ValueError("no binary STL")
    volume, low, high = 0.0, float("inf"), float("-inf")
    for face in struct.iter_unpack("<12fH", stl[_HEAD:]):
        ax, ay, az, bx, by, bz, cx, cy, cz = face[3:12]
        # The signed volume of the tetrahedron to the origin; over a closed surface they add up to the solid's.
        volume += ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
        low, high = min(low, az, bz, cz), max(high, az, bz, cz)
    printed = abs(volume) / 6 * _FILLED
    layers = max(1, round((high - low) / _LAYER_MM))
    return {
        "print_seconds": round(printed / _FLOW_MM3_S + layers),
        "filament_grams": round(printed * _PLA_G_MM3, 1),
        "layers": layers,
    }
