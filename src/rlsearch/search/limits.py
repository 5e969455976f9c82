"""The budgets of a study's searches, and the smallest with which one can begin with any candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from rlsearch.config.models import SearchSettings
from rlsearch.errors import SettingsError
from rlsearch.search.budget import FlopLimit, Price, Prices


@dataclass(frozen=True)
class Shortfall:
    """A budget that does not pay for any first trial and its replicates as a finalist.

    Attributes:
        fewest: mean trainings that would.
        problem, remedy: why, and what to do about it.
    """

    fewest: int
    problem: str
    remedy: str


def shortfall(
    prices: Prices, search: SearchSettings, trainings: int, *, episode: int | None = None
) -> Shortfall | None:
    """Return what is wrong with a budget of mean trainings; None where it will do.

    Args:
        episode: the price of an episode, where the search learns a policy.
    """
    if episode is not None:
        prices = _alike(prices, episode)
    fewest = prices.fewest(search.finalists, search.replicates)
    if trainings >= fewest:
        return None
    restarts = episode is None and prices.place > prices.mean
    costliest = "the costliest candidate" if episode is None else "an episode of the costliest choices"
    finalists = f"{search.finalists} x {search.replicates}"
    return Shortfall(
        fewest,
        f"{costliest}{', with every restart,' if restarts else ''} takes {prices.largest / prices.mean:.3g} times the "
        f"mean, and where it is proposed first, {finalists} trainings of finalists leave no room for it",
        f"lower search.finalists, search.replicates{' or proxy.restart.most' if restarts else ''}, or narrow the space",
    )


def flop_limit(
    prices: Prices,
    search: SearchSettings,
    trainings: int,
    key: str,
    price: Price,
    *,
    most: int | None = None,
    mean: Callable[[Sequence[float]], float] = fmean,
) -> FlopLimit:
    """Return the common budget of a search: what mean `trainings` cost.

    Args:
        key: of the settings, which says how many trainings; price: of a proposal.
        most, mean: see `FlopLimit`.

    Raises:
        SettingsError: the budget does not pay for any first trial and its replicates as a finalist.
    """
    _check(shortfall(prices, search, trainings), key, trainings)
    total, reserved = trainings * prices.mean, (search.finalists, search.replicates, prices.place)
    return FlopLimit(total, price, *reserved, prices.least, most, mean)


def policy_limit(
    prices: Prices, search: SearchSettings, trainings: int, key: str, price: int, *, most: int | None = None
) -> FlopLimit:
    """Return the budget of a search that learns a policy: an episode, and a training by the policy, cost up to `price`.

    What an episode chooses is known at its end only, so one is begun while the costliest fits.

    Raises:
        SettingsError: as `flop_limit` does.
    """
    _check(shortfall(prices, search, trainings, episode=price), key, trainings)
    return flop_limit(_alike(prices, price), search, trainings, key, lambda _: price, most=most)


def _alike(prices: Prices, price: int) -> Prices:
    return replace(prices, largest=price, least=price, place=price)


def _check(lacking: Shortfall | None, key: str, trainings: int) -> None:
    if lacking is not None:
        raise SettingsError(
            lacking.problem,
            where=f"{key} = {trainings}",
            allowed=f"at least {lacking.fewest} with these finalists",
            remedy=f"raise {key}, {lacking.remedy}",
        )
