"""Claims that the settings can hold and decide: names that exist, seeds that suffice."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.claims import base
from rlsearch.claims.base import Place, Seeds
from rlsearch.config.base import ClaimSettings
from rlsearch.config.faults import Fault, KeyPath, unknown_name
from rlsearch.config.models import Params, StudySettings


def claims(params: Params) -> Iterator[Fault]:
    """Yield claims that are made twice, or about agents that do not exist, and what each kind finds wrong."""
    for name, study in params.studies.items():
        for index, claim in enumerate(study.claims):
            place, agents = Place(params, name, index), list(study.agents)
            first = next(at for at, other in enumerate(study.claims) if _same(other, claim))
            if first != index:
                yield place.beside(("claims", index), f"the same claim as claims[{first}]; keep one")
            if claim.agent not in agents:
                yield place.own("agent", unknown_name("agent in this study", claim.agent, agents), claim.agent)
            yield from base.of(claim).check(place)


def _same(first: ClaimSettings, second: ClaimSettings) -> bool:
    """Tell whether two claims say the same, whatever their margins."""
    return first == second.model_copy(update={"margin": first.margin})


def power(params: Params) -> Iterator[Fault]:
    """Yield claims that no result could decide: the smallest p lies above Holm's strictest level, alpha / claims."""
    for name, study in params.studies.items():
        yield from _power(params, name, study)


def _power(params: Params, name: str, study: StudySettings) -> Iterator[Fault]:
    level = study.alpha / max(1, len(study.claims))
    needs: dict[KeyPath, tuple[Seeds, str]] = {}
    for claim in base.of_study(study):
        seeds = claim.seeds(params, name, level)
        path = (*(seeds.section or ("studies", name)), *seeds.key)
        # 0 where that part of the settings is missing, which the claim's own check reports.
        if 0 < seeds.now < seeds.least and (path not in needs or needs[path][0].least < seeds.least):
            needs[path] = seeds, f"{claim.settings.claim} of {claim.settings.agent}"
    for path, (seeds, text) in needs.items():
        problem = (
            f"too few seeds to decide the claim {text}: its level is alpha / claims = "
            f"{study.alpha:g} / {len(study.claims)} = {level:.3g}; must be at least {seeds.least} "
            "(or make fewer claims)"
        )
        yield Fault(path, problem, seeds.now)
