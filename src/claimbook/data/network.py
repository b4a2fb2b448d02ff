"""Bitcoin's daily network figures: what follows from the provider's own five."""

import pandas as pd

ERA, FIRST_SUBSIDY = 210_000, 50.0  # blocks between halvings, BTC a block before the first
HASHES = 2**32  # a block takes this many hashes times the difficulty, on average
SECONDS = 86_400


def derived(given: pd.DataFrame) -> pd.DataFrame:
    """The columns of `network_daily` but `copy`, from date, price, blocks, coins and hash rate.

    `given` has date, price_usd (USD per BTC), blocks, issuance_btc, fees_btc (BTC per day) and
    hashrate_ehs (EH/s), one row a day. Difficulty is the one that the day's blocks and hash rate
    imply; hashprice is USD per PH/s and day. What lacks a price stays missing.
    """
    made = given[["date", "price_usd", "blocks", "issuance_btc", "fees_btc"]].copy()
    revenue = given["issuance_btc"] + given["fees_btc"]
    made["revenue_btc"] = revenue.round(8)
    dollars = given["price_usd"] * revenue
    made["revenue_usd"] = dollars.round(6)
    made["fee_share"] = (given["fees_btc"] / revenue.where(revenue > 0)).round(6)
    made["hashrate_ehs"] = given["hashrate_ehs"]
    hashes = given["hashrate_ehs"] * 1e18 * SECONDS
    made["difficulty"] = hashes / (given["blocks"].where(given["blocks"] > 0) * HASHES)
    made["hashprice_usd_ph_day"] = (dollars / (given["hashrate_ehs"] * 1000)).round(9)
    return made
