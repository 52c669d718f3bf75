"""Arrays: numpy's into VTK and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData


def shared(array: NDArray[np.generic]) -> vtkDataArray:
    """Without a copy: the array must live as long, and `Modified()` tells that its values are others."""
    return numpy_to_vtk(array)  # type: ignore[no-untyped-call]


def copied(array: NDArray[np.generic]) -> vtkDataArray:
    """With a copy that VTK owns."""
    return numpy_to_vtk(np.ascontiguousarray(array), deep=True)  # type: ignore[no-untyped-call]


def as_numpy(array: vtkDataArray) -> NDArray[np.uint8]:
    """VTK's own memory, seen by numpy."""
    return vtk_to_numpy(array)  # type: ignore[no-untyped-call]


def image_of(array: vtkDataArray, width: int, height: int) -> vtkImageData:
    """An image whose pixels, bottom row first, are the array's rows."""
    image = vtkImageData()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(array)
    return image


def polydata(
    points: NDArray[np.float32],
    normals: NDArray[np.float32],
    triangles: NDArray[np.int32],
    coordinates: NDArray[np.float32] | None = None,
) -> vtkPolyData:
    """Triangles with a normal, or flat where there are none, and perhaps a texture coordinate, at each point."""
    data, where, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    where.SetData(copied(np.asarray(points, np.float32)))
    data.SetPoints(where)
    cells.SetData(_ids(np.arange(0, 3 * len(triangles) + 1, 3)), _ids(triangles.ravel()))
    data.SetPolys(cells)
    if len(normals):
        data.GetPointData().SetNormals(copied(np.asarray(normals, np.float32)))
    if coordinates is not None:
        data.GetPointData().SetTCoords(copied(coordinates))
    return data


def _ids(array: NDArray[np.integer]) -> vtkDataArray:
    return numpy_to_vtkIdTypeArray(np.ascontiguousarray(array, np.int64), deep=True)  # type: ignore[no-untyped-call]
