"""Thins triangles out for drawing, without touching vertices.

A software rasteriser pays per triangle, and ears, nostrils and lids are finer than a pixel. Edges
are collapsed onto one of their own ends, cheapest first, where no pose shows the difference.

Source: Garland & Heckbert 1997, 'Surface Simplification Using Quadric Error Metrics'.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from training.head.makehuman import Floats, Ints

_LONGEST_M = 0.010
_TURN_LIMIT = 0.55  # cosine between a triangle's old and new normal


class EdgeCollapse:
    """Collapses edges of a triangle mesh.

    Args:
        poses: The vertices in several poses, [P, V, 3]; the first is the neutral one.
        triangles: Vertex numbers, [M, 3].
        locked: Vertices that must stay, bool [V].
    """

    def __init__(self, poses: Floats, triangles: Ints, locked: NDArray[np.bool_]) -> None:
        self._poses = poses
        self._locked = locked
        self._faces: dict[int, tuple[int, int, int]] = {
            k: (int(a), int(b), int(c)) for k, (a, b, c) in enumerate(triangles)
        }
        self._around: list[set[int]] = [set() for _ in range(poses.shape[1])]
        for number, face in self._faces.items():
            for vertex in face:
                self._around[vertex].add(number)
        self._quadrics = _plane_quadrics(poses, triangles)
        self._heap: list[tuple[float, int, int]] = []

    def run(self, max_error_m: float) -> Ints:
        """Collapse all edges whose error stays below `max_error_m`; gives the triangles left."""
        for vertex in range(len(self._around)):
            self._push(vertex)
        while self._heap:
            cost, gone, kept = heapq.heappop(self._heap)
            if cost > max_error_m**2:
                break
            if kept in self._neighbours(gone) and cost >= self._cost(gone, kept) - 1e-15:
                self._collapse(gone, kept)
        return np.array([self._faces[k] for k in sorted(self._faces)], dtype=np.int64)

    def _push(self, vertex: int) -> None:
        if self._locked[vertex]:
            return
        for near in self._neighbours(vertex):
            length = np.linalg.norm(self._poses[0, vertex] - self._poses[0, near])
            if length < _LONGEST_M:
                heapq.heappush(self._heap, (self._cost(vertex, near), vertex, near))

    def _cost(self, gone: int, kept: int) -> float:
        """Greatest mean squared distance, over the poses, from the planes that met in `gone`."""
        point = np.append(self._poses[:, kept], np.ones((len(self._poses), 1)), axis=1)
        quadric = self._quadrics[:, gone]
        squared = np.einsum("pi,pij,pj->p", point, quadric, point)
        return float((squared / np.maximum(self._areas(gone), 1e-12)).max())

    def _areas(self, vertex: int) -> Floats:
        trace: Floats = np.trace(self._quadrics[:, vertex, :3, :3], axis1=1, axis2=2)
        return trace  # plane normals are unit vectors, so this is the summed weight

    def _neighbours(self, vertex: int) -> set[int]:
        return {v for k in self._around[vertex] for v in self._faces[k]} - {vertex}

    def _collapse(self, gone: int, kept: int) -> None:
        shared = self._around[gone] & self._around[kept]
        common = self._neighbours(gone) & self._neighbours(kept)
        if len(shared) != 2 or len(common) != 2 or self._turns_over(gone, kept, shared):
            return
        for number in shared:
            for vertex in self._faces.pop(number):
                self._around[vertex].discard(number)
        for number in list(self._around[gone]):
            a, b, c = (kept if v == gone else v for v in self._faces[number])
            self._faces[number] = (a, b, c)
            self._around[kept].add(number)
        self._around[gone].clear()
        self._quadrics[:, kept] += self._quadrics[:, gone]
        for vertex in sorted(self._neighbours(kept) | {kept}):
            self._push(vertex)

    def _turns_over(self, gone: int, kept: int, shared: set[int]) -> bool:
        stay = sorted(self._around[gone] - shared)
        if not stay:
            return True
        before = np.array([self._faces[k] for k in stay])
        after = np.where(before == gone, kept, before)
        old, new = _unit_normals(self._poses, before), _unit_normals(self._poses, after)
        return bool(((old * new).sum(axis=-1) < _TURN_LIMIT).any())


def _unit_normals(poses: Floats, faces: Ints) -> Floats:
    corners = poses[:, faces]  # [P, M, 3, 3]
    normal = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    unit: Floats = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    return unit


def _plane_quadrics(poses: Floats, triangles: Ints) -> Floats:
    """Area-weighted plane quadrics of every vertex and pose, [P, V, 4, 4]."""
    corners = poses[:, triangles]
    normal = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    area = np.linalg.norm(normal, axis=-1)
    unit = normal / np.maximum(area, 1e-12)[..., None]
    offset = -(unit * corners[:, :, 0]).sum(axis=-1)
    plane = np.append(unit, offset[..., None], axis=-1)
    quadric = np.einsum("pmi,pmj,pm->pmij", plane, plane, area)
    total = np.zeros((*poses.shape[:2], 4, 4))
    for corner in range(3):
        for pose in range(len(poses)):
            np.add.at(total[pose], triangles[:, corner], quadric[pose])
    return total
