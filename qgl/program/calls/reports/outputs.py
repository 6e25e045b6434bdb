"""Reports that hold outputs against data of real numbers, pictures among them."""

from __future__ import annotations

from qgl.program.calls import objectives
from qgl.program.calls.arguments import Data, Integer
from qgl.program.calls.call import argument, call
from qgl.program.calls.reports.report import OfData


@call()
class OfNumbers(OfData):
    """A report that holds outputs against data of real numbers."""

    data: str | None = argument(Data(of="numbers"), "the data set; the objective's by default", default=None)
    of: tuple[str, ...] = objectives.outputs_of()


@call("mse")
class MSE(OfNumbers):
    """Mean squared error of the probabilities of all strings, those that the data lack included; or of outputs from
    rows of real numbers, of `pairs(...)` where the model has conditions.
    """

    data: str | None = argument(Data(of="any"), "the data set; the objective's by default", default=None)
    region: tuple[int, ...] | None = objectives.region_of()

    @property
    def regions(self) -> tuple[int, ...]:
        return self.region or ()


@call("frechet")
class Frechet(OfNumbers):
    """Frechet distance of generated rows and rows of the data, of pixels: FID, of the features of a network, is another
    number. Also that of the mean row of the data, and of one half of the data from the other.
    """

    samples: int = argument(Integer(2, 10**6), "rows that are generated", default=500)


@call("spread")
class Spread(OfNumbers):
    """Total variance of generated rows, the trace of their covariance, of pixels; the floor is that of the data. A
    generator that makes the mean row of the data has 0.
    """

    samples: int = argument(Integer(2, 10**6), "rows that are generated", default=500)


@call()
class Similarity(OfNumbers):
    """A mean over pictures, each with what it is to be, or with the nearest one of the data."""

    samples: int = argument(Integer(1, 10**6), "pictures that are generated, where the data are no pairs", default=200)


@call("ssim")
class SSIM(Similarity):
    """Mean structural similarity of pictures with their targets; without `pairs`, with the nearest pictures of the
    data (scikit-image, windows of at most 7 x 7 pixels).
    """


@call("psnr")
class PSNR(Similarity):
    """Mean peak signal-to-noise ratio of pictures and their targets in decibels; without `pairs`, of the nearest
    pictures of the data (scikit-image).
    """
