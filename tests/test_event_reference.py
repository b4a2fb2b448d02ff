"""The event study's statistics against other people's software and published numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from claimbook.analysis import abnormal, attribution, inference, naive, rolling
from claimbook.analysis.models import Array, Model, design, simplex_weights

HERE = Path(__file__).parent / "reference"
ESTUDY = HERE / "estudy2"
R_PACKAGE = HERE / "eventstudy_r"
EXACT = 1e-10
MARKET = Model("market", "the market", "factors", ("index",))
MEAN = Model("mean", "its mean", "mean")
ADJUSTED = Model("adjusted", "the market itself", "adjusted", ("index",))
ESTIMATION = 200


def _log_returns(name: str) -> pd.DataFrame:
    prices = pd.read_csv(ESTUDY / name, index_col=0, parse_dates=True)
    return np.log(prices).diff()


SHARES = _log_returns("prices.csv")
INDEX = _log_returns("index.csv")
EVENT = int(SHARES.index.get_loc(pd.Timestamp("2020-03-16")))
TICKERS = list(SHARES)
DAYS = range(5)


def _study(first: int, last: int) -> abnormal.Abnormal:
    fitting = slice(EVENT - ESTIMATION, EVENT)
    event = slice(EVENT + first, EVENT + last + 1)
    returns, index = SHARES.to_numpy(), INDEX.to_numpy()
    return abnormal.study(MARKET, returns[fitting], index[fitting], returns[event], index[event])


def _expected(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name)


def test_coefficients_and_sigma() -> None:
    fitted = _study(0, 0).fit
    ours = pd.DataFrame(fitted.coefficients.T, index=TICKERS, columns=["alpha", "beta"])
    for folder, name in ((ESTUDY, "w200_coef_sim.csv"), (R_PACKAGE, "model_mm.csv")):
        theirs = _expected(folder, name).set_index("symbol")
        np.testing.assert_allclose(ours, theirs.loc[TICKERS, ["alpha", "beta"]], atol=EXACT)
    theirs = _expected(R_PACKAGE, "model_mm.csv").set_index("symbol").loc[TICKERS]
    np.testing.assert_allclose(np.sqrt(fitted.variance), theirs["sigma"], atol=EXACT)
    assert (theirs["df"] == fitted.df).all()


@pytest.mark.parametrize(("day", "column"), [(0, "fec0"), (4, "fec4")])
def test_prediction_error(day: int, column: str) -> None:
    theirs = _expected(R_PACKAGE, "model_mm.csv").set_index("symbol").loc[TICKERS]
    np.testing.assert_allclose(_study(day, day).car_error, theirs[column], atol=EXACT)


def test_abnormal_returns_of_each_share_and_day() -> None:
    theirs = _expected(R_PACKAGE, "mm_single_ART.csv")
    wide = theirs.pivot(index="relative_index", columns="symbol", values="abnormal_returns")
    window = _study(0, 4)
    np.testing.assert_allclose(window.ar, wide[TICKERS], atol=EXACT)
    # This package's t leaves the prediction error of the coefficients out.
    t = theirs.pivot(index="relative_index", columns="symbol", values="ar_t")[TICKERS]
    np.testing.assert_allclose(window.ar / np.sqrt(window.fit.variance), t, atol=1e-9)


def test_cumulative_returns_of_each_share() -> None:
    theirs = _expected(R_PACKAGE, "mm_single_CART.csv")
    cars = theirs.pivot(index="event_window_length", columns="symbol", values="car")[TICKERS]
    for day in DAYS:
        np.testing.assert_allclose(_study(0, day).car, cars.loc[day + 1], atol=EXACT)


@pytest.mark.parametrize("day", DAYS)
def test_tests_of_one_day(day: int) -> None:
    one = _study(day, day)
    scar, df = one.scar, one.fit.df

    def r(name: str, column: str) -> float:
        return float(_expected(R_PACKAGE, name).loc[day, column])

    positive = float((one.fit.residuals > 0).mean())
    for ours, theirs in (
        (one.caar, r("mm_CSectT.csv", "aar")),
        (naive.cross_sectional(one.car), r("mm_CSectT.csv", "aar_t")),
        (inference.patell_statistic(scar, df), r("mm_PatellZ.csv", "aar_z")),
        (inference.bmp_statistic(scar), r("mm_BMP.csv", "bmp_t")),
        (inference.kolari_pynnonen(one).statistic, r("mm_KP.csv", "kp_t")),
        (naive.sign(one.car), r("mm_SignT.csv", "sign_z")),
        (naive.sign(one.car, positive), r("mm_GSignT.csv", "gsign_z")),
    ):
        assert float(ours) == pytest.approx(theirs, abs=EXACT)


@pytest.mark.parametrize("last", DAYS)
def test_tests_of_a_window(last: int) -> None:
    # On a common date the windows' variances are alike up to each share's own, and cancel.
    window = _study(0, last)

    def r(name: str, column: str) -> float:
        return float(_expected(R_PACKAGE, name).loc[last, column])

    assert window.caar == pytest.approx(r("mm_CSectT.csv", "caar"), abs=EXACT)
    assert float(naive.cross_sectional(window.car)) == pytest.approx(
        r("mm_CSectT.csv", "caar_t"), abs=EXACT
    )
    assert float(inference.bmp_statistic(window.scar)) == pytest.approx(
        r("mm_BMP.csv", "cbmp_t"), abs=EXACT
    )
    assert inference.kolari_pynnonen(window).statistic == pytest.approx(
        r("mm_KP.csv", "ckp_t"), abs=EXACT
    )


@pytest.mark.parametrize("day", DAYS)
def test_estudy2_parametric(day: int) -> None:
    one = _study(day, day)
    theirs = _expected(ESTUDY, "w200_parametric_sim.csv").loc[day]
    mean_residual = one.fit.residuals.mean(axis=1)
    spread = one.fit.spread(design(MARKET, INDEX.to_numpy()[EVENT + day : EVENT + day + 1]))[
        0, 0, 0
    ]
    # estudy2 counts T - 1 degrees of freedom where T - 2 were left.
    to_theirs = np.sqrt((ESTIMATION - 1) / (ESTIMATION - 2))
    portfolio = inference.portfolio(one).statistic * to_theirs
    assert portfolio == pytest.approx(theirs["lmb_stat"], abs=EXACT)
    assert portfolio * np.sqrt(spread) == pytest.approx(theirs["bw_1985_stat"], abs=EXACT)
    deviations = one.fit.residuals.std(axis=0, ddof=1)
    assert one.car.sum() / np.sqrt((deviations**2).sum()) == pytest.approx(
        theirs["bw_1980_stat"], abs=EXACT
    )
    assert float(naive.cross_sectional(one.car)) == pytest.approx(theirs["t_test_stat"], abs=EXACT)
    assert float(inference.bmp_statistic(one.scar)) == pytest.approx(theirs["bh_stat"], abs=EXACT)
    patell = float(inference.patell_statistic(one.scar, one.fit.df))
    assert patell * to_theirs == pytest.approx(theirs["pt_stat"], abs=EXACT)
    assert mean_residual.std(ddof=1) * theirs["bw_1985_stat"] == pytest.approx(one.caar, abs=EXACT)


def test_estudy2_ranks_and_signs() -> None:
    window = _study(0, 4)
    theirs = _expected(ESTUDY, "w200_nonparametric_sim.csv")
    np.testing.assert_allclose(
        inference.corrado_daily(window.fit.residuals, window.ar), theirs["rank_stat"], atol=EXACT
    )
    assert inference.corrado(window).statistic == pytest.approx(
        _expected(ESTUDY, "w200_car_nonparametric_sim.csv").loc[0, "statistic"], abs=EXACT
    )
    positive = float((window.fit.residuals > 0).mean())
    for day in DAYS:
        ar = window.ar[day]
        assert float(naive.sign(ar)) == pytest.approx(theirs.loc[day, "sign_stat"], abs=EXACT)
        assert float(naive.sign(ar, positive)) == pytest.approx(
            theirs.loc[day, "gsign_stat"], abs=EXACT
        )
        assert float(naive.wilcoxon_plus(ar)) == theirs.loc[day, "wlcx_stat"]
    np.testing.assert_allclose(
        naive.corrado_zivney_sign(window.fit.residuals, window.ar), theirs["csign_stat"], atol=EXACT
    )


def test_estudy2_window() -> None:
    window = _study(0, 4)
    theirs = _expected(ESTUDY, "w200_car_parametric_sim.csv").set_index("name")
    mean_residual = window.fit.residuals.mean(axis=1)
    # estudy2 sums the days' statistics, each without or with its own prediction error.
    daily = window.aar / mean_residual.std(ddof=1)
    assert daily.sum() / np.sqrt(5) == pytest.approx(
        theirs.loc["car_brown_warner_1985", "statistic"], abs=EXACT
    )
    spreads = np.diagonal(window.fit.spread(design(MARKET, INDEX.to_numpy()[EVENT : EVENT + 5]))[0])
    assert (daily / np.sqrt(spreads)).sum() / np.sqrt(5) == pytest.approx(
        theirs.loc["car_lamb", "statistic"], abs=EXACT
    )
    assert window.aar.mean() == pytest.approx(
        theirs.loc["car_brown_warner_1985", "car_mean"], abs=EXACT
    )


@pytest.mark.parametrize(
    ("model", "name"), [(MEAN, "mean_adj"), (ADJUSTED, "mrkt_adj")], ids=["mean", "market-adjusted"]
)
def test_other_models_on_windows_of_different_length(model: Model, name: str) -> None:
    expected = pd.read_csv(ESTUDY / f"abnormal_{name}.csv", index_col=0)
    event = slice(EVENT, EVENT + 5)
    columns, signs = [], []
    for ticker in TICKERS:
        known = SHARES[ticker].iloc[:EVENT].dropna()
        first = int(SHARES.index.get_loc(known.index[0]))
        returns = SHARES[[ticker]].to_numpy()
        index = INDEX.to_numpy()
        one = abnormal.study(
            model, returns[first:EVENT], index[first:EVENT], returns[event], index[event]
        )
        columns.append(one.ar[:, 0])
        signs.append(one.fit.residuals[:, 0] > 0)
    ours = np.column_stack(columns)
    np.testing.assert_allclose(ours, expected[TICKERS], atol=EXACT)
    parametric = _expected(ESTUDY, f"parametric_{name}.csv")
    ranks = _expected(ESTUDY, f"nonparametric_{name}.csv")
    np.testing.assert_allclose(ours.mean(axis=1), parametric["mean"], atol=EXACT)
    np.testing.assert_allclose(naive.cross_sectional(ours), parametric["t_test_stat"], atol=EXACT)
    np.testing.assert_allclose(naive.sign(ours), ranks["sign_stat"], atol=EXACT)
    np.testing.assert_allclose(
        naive.sign(ours, float(np.concatenate(signs).mean())), ranks["gsign_stat"], atol=EXACT
    )
    assert list(naive.wilcoxon_plus(ours)) == list(ranks["wlcx_stat"])


def test_headline_numbers() -> None:
    one = _study(0, 0)
    assert one.caar == pytest.approx(0.0190916460755, abs=1e-12)
    assert inference.mean_residual_correlation(one.fit.residuals) == pytest.approx(
        0.155570, abs=5e-7
    )
    adjusted = inference.adjusted_patell(one)
    assert adjusted.statistic == pytest.approx(2.1971532865 / np.sqrt(1 + 6 * 0.155570), abs=1e-5)
    kp = inference.kolari_pynnonen(one)
    assert kp.p_value == pytest.approx(2 * stats.t.sf(0.7164382143, 6), abs=1e-9)


@pytest.mark.parametrize("last", [0, 4])
def test_rolling_is_the_same_study(last: int) -> None:
    window = _study(0, last)
    rolled = rolling.roll(
        MARKET, SHARES.to_numpy(), INDEX.to_numpy(), np.array([EVENT]), ESTIMATION, 0, last + 1
    )
    np.testing.assert_allclose(rolled.car[0], window.car, atol=EXACT)
    np.testing.assert_allclose(rolled.error[0], window.car_error, atol=EXACT)
    assert rolled.correlation[0] == pytest.approx(
        inference.mean_residual_correlation(window.fit.residuals), abs=EXACT
    )


def test_chen_and_siems_2004() -> None:
    folder = HERE / "chen_siems_2004"
    returns = pd.read_csv(folder / "returns_pct.csv", index_col=0, parse_dates=True)
    events = pd.read_csv(folder / "events.csv", index_col=0, parse_dates=["when"])
    expected = pd.read_csv(folder / "expected.csv", index_col=0)
    assert len(expected) == 33
    for market, row in expected.iterrows():
        known = returns[market].dropna()
        event = int(known.index.get_loc(events.loc[market, "when"]))
        values = known.to_numpy()[:, None]
        fitting = slice(event - 30, event - 10)
        for length, column in ((1, "ar0"), (6, "car6_pkg"), (11, "car11_pkg")):
            window = slice(event, event + length)
            none = values[:, :0]
            one = abnormal.study(MEAN, values[fitting], none[fitting], values[window], none[window])
            assert one.car[0] == pytest.approx(row[column], abs=EXACT), (market, column)


@pytest.mark.parametrize(
    ("name", "response", "regressors"),
    [
        (
            "swiss",
            "Fertility",
            ["Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"],
        ),
        ("mtcars", "mpg", ["wt", "hp", "qsec", "am"]),
    ],
)
def test_shapley_is_lmg(name: str, response: str, regressors: list[str]) -> None:
    data = pd.read_csv(HERE / "relaimpo" / f"{name}.csv", index_col=0)
    expected = pd.read_csv(HERE / "relaimpo" / f"relaimpo_{name}_lmg.csv", index_col=0)
    ours = attribution.shapley(
        attribution.r_squared(
            data[response].to_numpy(dtype=float), data[regressors].to_numpy(dtype=float)
        )
    )
    np.testing.assert_allclose(ours, expected.loc[regressors, "lmg"], atol=1e-12)


def test_synthetic_control_of_the_basque_country() -> None:
    folder = HERE / "synth_basque"
    expected = json.loads((folder / "expected.json").read_text())["expected_weights"]
    panel = pd.read_csv(folder / "basque_1960_1969.csv")
    panel = panel[panel["regionname"] != "Spain (Espana)"]
    schooling = ["school.illit", "school.prim", "school.med", "school.high", "school.post.high"]
    sectors = [c for c in panel if c.startswith("sec.")]
    late = panel[panel["year"].between(1964, 1969)].groupby("regionname")
    some = panel[panel["year"].isin([1961, 1963, 1965, 1967, 1969])].groupby("regionname")
    predictors = pd.concat(
        [
            late[[*schooling, "invest"]].mean(),
            panel.groupby("regionname")["gdpcap"].mean(),
            some[sectors].mean(),
            panel[panel["year"] == 1969].set_index("regionname")["popdens"],
        ],
        axis=1,
    )
    scaled = predictors / predictors.std(ddof=1)
    income = panel.pivot(index="year", columns="regionname", values="gdpcap")
    treated = "Basque Country (Pais Vasco)"
    donors = [region for region in scaled.index if region != treated]

    def weights(logs: Array) -> Array:
        root = np.exp(logs / 2)
        return simplex_weights(
            scaled.loc[treated].to_numpy() * root, scaled.loc[donors].to_numpy().T * root[:, None]
        )

    def misfit(logs: Array) -> float:
        gap = income[treated].to_numpy() - income[donors].to_numpy() @ weights(logs)
        return float(gap @ gap)

    start = np.zeros(scaled.shape[1])
    found = optimize.minimize(
        misfit, start, method="Nelder-Mead", options={"maxiter": 4000, "maxfev": 4000}
    )
    ours = pd.Series(weights(found.x), index=donors)
    for region, weight in expected.items():
        if region in ours:
            assert ours[region] == pytest.approx(weight, abs=0.02), region
    assert ours.drop(["Cataluna", "Madrid (Comunidad De)"]).max() < 0.02
