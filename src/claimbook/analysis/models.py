"""Models of a share's normal return, fitted on an estimation window.

All arrays have one row a session and one column a share. Notation, as in MacKinlay (1997) and
Campbell, Lo and MacKinlay (1997, ch. 4): T sessions in the estimation window, K coefficients,
X the regressors (T x K), s2 = e'e / (T - K) the variance of the residuals e.

- mean-adjusted: R = a + e                    (X a column of ones)
- market-adjusted: R = R_market + e           (nothing estimated)
- market, or any set of factors: R = a + b'F + e, by least squares
- synthetic control: R = w'R_donors + e, the weights at least zero and adding up to one
  (Abadie, Diamond and Hainmueller 2010, on returns)
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import nnls

from claimbook.errors import AnalysisError

Array = NDArray[np.float64]
Kind = Literal["mean", "adjusted", "factors", "synthetic"]


@dataclass(frozen=True)
class Model:
    """A model's name, how a reader knows it, its kind, and the factors or donors it uses."""

    name: str
    label: str
    kind: Kind
    factors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """A model fitted to n shares.

    coefficients (K x n); residuals (T x n); df and variance (n); `roots`, one for each share or a
    single one for all: the inverse triangular root of X'X (K' x K'), so that the leverage of a
    day x is the squared length of x @ root; `support`, the regressors that the root is about.
    """

    model: Model
    coefficients: Array
    residuals: Array
    df: Array
    variance: Array
    roots: tuple[Array, ...]
    support: tuple[tuple[NDArray[np.intp], ...], ...]

    @property
    def days(self) -> int:
        return int(self.residuals.shape[0])

    @property
    def shares(self) -> int:
        return int(self.residuals.shape[1])

    @property
    def pre_fit_error(self) -> Array:
        """Root mean squared residual of each share over the estimation window (n)."""
        return np.asarray(np.sqrt(np.mean(self.residuals**2, axis=0)))

    def predict(self, regressors: Array) -> Array:
        """Normal returns (L x n) for days with these regressors (L x K)."""
        if self.model.kind == "adjusted":
            return np.repeat(regressors, self.shares, axis=1)
        return np.asarray(regressors @ self.coefficients)

    def spread(self, regressors: Array) -> Array:
        """I + X* (X'X)^-1 X*' for each share (n x L x L): prediction error in units of s2.

        For the synthetic control it holds for the donors with weight, taken as given.
        """
        length = regressors.shape[0]
        out = np.empty((self.shares, length, length))
        for share in range(self.shares):
            which = min(share, len(self.roots) - 1)
            base, rest = self.support[which]
            rows = regressors[:, rest] - regressors[:, base].sum(axis=1, keepdims=True)
            scaled = rows @ self.roots[which]
            out[share] = np.eye(length) + scaled @ scaled.T
        return out


def design(model: Model, factors: Array) -> Array:
    """The regressors of a model from its factors or donors (D x number of factors)."""
    ones = np.ones((factors.shape[0], 1))
    if model.kind == "mean":
        return ones
    if model.kind == "factors":
        return np.hstack([ones, factors])
    return factors


def fit(model: Model, returns: Array, regressors: Array) -> Fit:
    """Fit a model to returns (T x n) with its regressors (T x K, from `design`).

    Raises AnalysisError where the window is too short for the model, a value is missing, or the
    regressors are collinear.
    """
    days = returns.shape[0]
    width = regressors.shape[1]
    if not (np.isfinite(returns).all() and np.isfinite(regressors).all()):
        raise AnalysisError(
            f"{model.label}: a return is missing in the estimation window; "
            "leave the share or factor out, or choose another window"
        )
    if model.kind == "synthetic":
        if days < 3:
            raise AnalysisError(
                f"{model.label}: {days} sessions are too few; at least 3 are needed"
            )
        return _synthetic(model, returns, regressors)
    if days < width + 3:
        raise AnalysisError(
            f"{model.label}: {days} sessions in the estimation window are too few for "
            f"{width} coefficients; at least {width + 3} are needed"
        )
    if model.kind == "adjusted":
        return _adjusted(model, returns, regressors)
    return _least_squares(model, returns, regressors)


def simplex_weights(target: Array, donors: Array) -> Array:
    """Weights at least zero and adding up to one that minimise |target - donors @ w| (J).

    target (T), donors (T x J). With the weights' sum fixed, the residual is (donors - target) @ w,
    so the problem is the shortest vector in a polytope. Non-negative least squares on that matrix
    with a row of ones below and the right-hand side (0, ..., 0, 1) gives a multiple of its exact
    solution: for weights of sum c and shape w, c**2 q(w) + (c - 1)**2 is smallest where q is.
    """
    differences = donors - target[:, None]
    size = float(np.sqrt((differences**2).sum(axis=0).mean())) or 1.0
    stacked = np.vstack([differences / size, np.ones(donors.shape[1])])
    goal = np.zeros(len(stacked))
    goal[-1] = 1.0
    weights, _ = nnls(stacked, goal)
    return np.asarray(weights / weights.sum())


def _triangle(matrix: Array) -> Array:
    return np.asarray(np.linalg.qr(matrix, mode="r"))  # type: ignore[call-overload]


def _least_squares(model: Model, returns: Array, regressors: Array) -> Fit:
    days, width = regressors.shape
    orthogonal, triangle = np.linalg.qr(regressors)
    diagonal = np.abs(np.diag(triangle))
    if diagonal.min() <= 1e-10 * diagonal.max():
        raise AnalysisError(
            f"{model.label}: the factors are collinear in the estimation window; leave one out"
        )
    coefficients = solve_triangular(triangle, orthogonal.T @ returns)
    residuals = returns - regressors @ coefficients
    df = np.full(returns.shape[1], float(days - width))
    root = solve_triangular(triangle, np.eye(width))
    return Fit(
        model,
        coefficients,
        residuals,
        df,
        (residuals**2).sum(axis=0) / df,
        (root,),
        ((np.array([], dtype=np.intp), np.arange(width)),),
    )


def _adjusted(model: Model, returns: Array, market: Array) -> Fit:
    # Nothing is estimated but the residuals' variance, taken about their mean.
    residuals = returns - market
    days, shares = residuals.shape
    none = np.array([], dtype=np.intp)
    return Fit(
        model,
        np.empty((0, shares)),
        residuals,
        np.full(shares, days - 1.0),
        residuals.var(axis=0, ddof=1),
        (np.empty((0, 0)),),
        ((none, none),),
    )


def _synthetic(model: Model, returns: Array, donors: Array) -> Fit:
    days, shares = returns.shape
    count = donors.shape[1]
    # Lengths and angles survive in the triangular factor, which has few rows; so one factor serves
    # the weights and the leverages of all shares.
    compact = _triangle(np.hstack([donors, returns]))
    small_donors, small_returns = compact[:, :count], compact[:, count:]
    weights = np.column_stack(
        [simplex_weights(small_returns[:, i], small_donors) for i in range(shares)]
    )
    residuals = returns - donors @ weights
    roots: list[Array] = []
    support: list[tuple[NDArray[np.intp], ...]] = []
    free = np.empty(shares)
    for share in range(shares):
        active = np.flatnonzero(weights[:, share] > 0)
        # Given the donors with weight, this is least squares on their differences from the first.
        rows = small_donors[:, active[1:]] - small_donors[:, active[:1]]
        free[share] = len(active) - 1
        roots.append(np.asarray(np.linalg.inv(_triangle(rows))))
        support.append((active[:1], active[1:]))
    df = np.maximum(days - free, 1.0)
    return Fit(
        model, weights, residuals, df, (residuals**2).sum(axis=0) / df, tuple(roots), tuple(support)
    )
