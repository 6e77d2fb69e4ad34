"""Candidates on their way to the function that makes events of them."""

import json
from datetime import UTC, datetime

import pytest

from mundotango.errors import Invalid
from mundotango.ids import new_id
from mundotango.imports.model import Candidate, Deviation, Spot
from mundotango.imports.packing import packed, unpacked

START, END = datetime.fromisoformat("2026-12-04T22:00"), datetime.fromisoformat("2026-12-05T04:00")
LEAST = Candidate(2, "Milonga", START, END)
MOST = Candidate(
    line=3,
    title="Milonga",
    starts=START.replace(tzinfo=UTC),
    ends=END.replace(tzinfo=UTC),
    description="Dos\nlíneas",
    language="es",
    kind="milonga",
    zone="Europe/Berlin",
    rule="FREQ=WEEKLY",
    excluded=(START,),
    added=(END,),
    deviations=(Deviation(START, cancelled=True), Deviation(END, cancelled=False, starts=START, ends=END)),
    spot=Spot(new_id(), "Canning", "Scalabrini Ortiz 1331", "Canning …", "Buenos Aires", "AR", 0.0, -58.42),
    price=0,
    currency="ARS",
    link="https://viruta.example/",
    tags=("vals", "noche"),
    uid="1@viruta.example",
)


@pytest.mark.parametrize("candidate", [LEAST, MOST])
def test_what_is_packed_is_unpacked_as_it_was(candidate: Candidate) -> None:
    assert unpacked(json.loads(json.dumps(packed(candidate)))) == candidate


@pytest.mark.parametrize(
    "changed", [{"parking": True}, {"starts": "soon"}, {"spot": {"floor": 2}}, {"spot": None}, {"deviations": [1]}]
)
def test_what_another_version_packed_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="no candidate that this version knows"):
        unpacked(packed(LEAST) | changed)
