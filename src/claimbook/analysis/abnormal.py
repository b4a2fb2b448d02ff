"""Abnormal returns of one event, with the full variance of the prediction error.

For L days with regressors X*, the prediction error of a share has the covariance
V = s2 (I + X* (X'X)^-1 X*'), so that the errors of the coefficients, which all days of the window
share, enter the variance of a cumulative return: Var(CAR) = 1'V1 (Patell 1976; Campbell, Lo and
MacKinlay 1997, eq. 4.4.8-4.4.12). A standardised return divides by the root of its variance.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from claimbook.analysis.models import Array, Fit, Model, design, fit


@dataclass(frozen=True)
class Abnormal:
    """Abnormal returns of n shares over an event window of L days (fractions).

    normal, ar, ar_error (L x n): the model's return, what is left, its standard error;
    car, car_error (n): sums over the window; `fit` is the fitted model.
    `portfolio` holds the same for the equal-weighted mean of the shares, whose standard error comes
    from the variance of the mean residual, so that the shares' correlation is in it.
    """

    fit: Fit
    observed: Array
    normal: Array
    ar: Array
    ar_error: Array
    car: Array
    car_error: Array
    aar: Array
    aar_error: Array
    caar: float
    caar_error: float
    portfolio_df: float

    @property
    def sar(self) -> Array:
        """Standardised abnormal returns by day (L x n)."""
        return self.ar / self.ar_error

    @property
    def scar(self) -> Array:
        """Standardised cumulative abnormal returns (n)."""
        return self.car / self.car_error

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Prediction intervals of the cumulative abnormal returns (n), by Student's t."""
        reach = stats.t.ppf(0.5 + level / 2, self.fit.df) * self.car_error
        return self.car - reach, self.car + reach

    def mean_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Prediction interval of the mean cumulative abnormal return."""
        reach = float(stats.t.ppf(0.5 + level / 2, self.portfolio_df)) * self.caar_error
        return self.caar - reach, self.caar + reach


def study(
    model: Model, returns: Array, factors: Array, event_returns: Array, event_factors: Array
) -> Abnormal:
    """Fit on the estimation window and measure the event window.

    returns (T x n), factors (T x k); event_returns (L x n), event_factors (L x k). Raises what
    `models.fit` raises.
    """
    fitted = fit(model, returns, design(model, factors))
    return of_fit(fitted, event_returns, design(model, event_factors))


def of_fit(fitted: Fit, event_returns: Array, regressors: Array) -> Abnormal:
    """Abnormal returns of an event window under a fitted model."""
    normal = fitted.predict(regressors)
    ar = event_returns - normal
    spread = fitted.spread(regressors)
    deviation = np.sqrt(fitted.variance)
    daily = np.sqrt(np.diagonal(spread, axis1=1, axis2=2)).T
    window = np.sqrt(spread.sum(axis=(1, 2)))
    mean_residual = fitted.residuals.mean(axis=1)
    df = float(fitted.df.min())
    centre = mean_residual.mean() if fitted.model.kind == "adjusted" else 0.0
    mean_deviation = float(np.sqrt(((mean_residual - centre) ** 2).sum() / df))
    car = ar.sum(axis=0)
    return Abnormal(
        fit=fitted,
        observed=event_returns,
        normal=normal,
        ar=ar,
        ar_error=deviation * daily,
        car=car,
        car_error=deviation * window,
        aar=ar.mean(axis=1),
        aar_error=mean_deviation * daily.mean(axis=1),
        caar=float(car.mean()),
        caar_error=mean_deviation * float(window.mean()),
        portfolio_df=df,
    )
