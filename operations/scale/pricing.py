"""What each change costs a month more, beside the decision tree: `python -m operations.scale.pricing`.

The price model does not ship, and the function that looks each week has to say a price. Here are the changes that a
stack can be advised as its config env stands, and those after the first of each; of what lies further it says no price.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

from mundotango.growth import words
from mundotango.growth.model import Change, Measured
from mundotango.growth.policy import advise
from operations import config_env, parameters
from operations.config_env import ConfigEnv
from operations.cost.model import Assumptions, assumptions, project
from operations.house_rules import ROOT
from operations.scale.advising import PEOPLE, phase_of

PATH = ROOT / "layers" / "common" / "mundotango" / "growth" / "costs.json"
# One for each branch of the tree.
LOADS = (
    Measured(p95_ms=900),
    Measured(p95_ms=900, cache_hit_share=0.1),
    Measured(connections_share=1),
    Measured(cpu_share=1),
    Measured(users=5_000),
    Measured(users=9_999_999),
)
STEPS = 2


def text() -> str:
    """Raises Refusal when something of it has no price."""
    given = assumptions()
    homes = [env for env in map(config_env.load, config_env.names()) if _is_home(env)]
    found = {phase_of(env): dict(sorted(_of_env(env, given))) for env in homes}
    return json.dumps(found, indent=2) + "\n"


def _is_home(env: ConfigEnv) -> bool:
    named = env.name != "local" and not env.name.endswith("-prepare")
    return named and parameters.effective(env.parameters)["IsHome"] == "true"


def _of_env(env: ConfigEnv, given: Assumptions) -> Iterator[tuple[str, float]]:
    stands = [replace(env, parameters=parameters.effective(env.parameters))]
    phase, people = phase_of(env), PEOPLE[phase_of(env)]
    seen: set[str] = set()
    for _ in range(STEPS):
        following = []
        for stand in stands:
            now = project(stand, people, given).total_usd
            for change in _changes(stand):
                if words.key_of(change) in seen:
                    continue
                seen.add(words.key_of(change))
                if change.env:
                    to = change.env.partition("-")[0]
                    more = project(to, people, given).total_usd - project(phase, people, given).total_usd
                else:
                    after = replace(stand, parameters={**stand.parameters, change.parameter: change.after})
                    more = project(after, people, given).total_usd - now
                    following.append(after)
                yield words.key_of(change), round(more, 2) + 0.0
        stands = following


def _changes(env: ConfigEnv) -> Iterator[Change]:
    for load in LOADS:
        yield from (one for one in advise(phase_of(env), load, env.parameters).changes if not one.runbook)


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
