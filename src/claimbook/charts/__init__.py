"""Results in, figure and alternative text out. No chart computes a statistic."""

from claimbook.charts.chart import Chart

__all__ = ["Chart"]
