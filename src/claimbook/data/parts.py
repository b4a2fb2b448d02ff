"""Which tables a provider can be asked for, by the part of the data that they are."""

from collections.abc import Iterable

MARKET, NETWORK = "market", "network"
PARTS = {
    MARKET: ("adjusted_closes", "bars_daily", "bars_hourly", "bitcoin_daily", "tickers"),
    NETWORK: ("network_daily",),
}


def of(tables: Iterable[str]) -> set[str]:
    """The parts that have some of these tables; empty where no provider has any of them."""
    wanted = set(tables)
    return {part for part, brought in PARTS.items() if wanted.intersection(brought)}
