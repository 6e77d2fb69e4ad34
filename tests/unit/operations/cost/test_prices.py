import re
from math import inf
from pathlib import Path

import pytest

from operations.cost import prices
from operations.cost.prices import REGIONS, Price, load
from operations.refusal import Refusal

WHOLE = """
[lambda_requests]
unit = "million requests"
source = "https://aws.amazon.com/lambda/pricing/"
date = "2026-11"
confirmed = ["us-east-1"]
free = 1
usd = { us-east-1 = 0.2, eu-west-1 = 0.2, sa-east-1 = [[10, 0.2], [inf, 0.1]] }
"""


def written(tmp_path: Path, text: str) -> prices.Prices:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    return load(path)


def test_a_whole_price_is_read(tmp_path: Path) -> None:
    price = written(tmp_path, WHOLE)["lambda_requests"]

    assert (price.unit, price.free, price.tiers["sa-east-1"]) == ("million requests", 1, ((10, 0.2), (inf, 0.1)))


@pytest.mark.parametrize(
    ("cut", "named"),
    [
        ('unit = "million requests"\n', "unit"),
        ('source = "https://aws.amazon.com/lambda/pricing/"\n', "source"),
        ('date = "2026-11"\n', "date"),
        ('confirmed = ["us-east-1"]\n', "confirmed"),
        ("eu-west-1 = 0.2, ", "eu-west-1"),
        (", [inf, 0.1]", "sa-east-1"),
        ("usd = { us-east-1 = 0.2, eu-west-1 = 0.2, sa-east-1 = [[10, 0.2], [inf, 0.1]] }\n", "usd"),
    ],
)
def test_a_hole_is_one_line_that_names_it(tmp_path: Path, cut: str, named: str) -> None:
    assert cut in WHOLE
    with pytest.raises(Refusal, match=f"lambda_requests has no .*{named}") as refused:
        written(tmp_path, WHOLE.replace(cut, ""))

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("bad", ["-0.2", "nan", '"cheap"', "true", "[]", "[[10, 0.2], [5, 0.1], [inf, 0.05]]"])
def test_what_is_no_price_is_a_hole(tmp_path: Path, bad: str) -> None:
    with pytest.raises(Refusal, match="price in eu-west-1"):
        written(tmp_path, WHOLE.replace("eu-west-1 = 0.2", f"eu-west-1 = {bad}"))


@pytest.mark.parametrize("text", ["[lambda", "lambda_requests = 3"])
def test_what_is_no_price_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refusal):
        written(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="missing"):
        load(tmp_path / "none.toml")


def test_a_price_that_nobody_wrote_down_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no price of nat_gateway"):
        written(tmp_path, WHOLE)["nat_gateway"]


@pytest.mark.parametrize(("units", "usd"), [(0, 0), (9, 1.8), (10, 2.0), (11, 2.1), (20, 3.0)])
def test_tiers_end_where_they_say(units: float, usd: float) -> None:
    price = Price("p", "unit", "s", "d", frozenset(), 0, {"sa-east-1": ((10, 0.2), (inf, 0.1))})

    assert price.cost("sa-east-1", units) == pytest.approx(usd)


def test_each_price_of_ours_says_where_it_is_from() -> None:
    found = list(load())

    assert len(found) > 60
    for price in found:
        assert price.source.startswith("https://"), price.name
        assert re.fullmatch(r"20\d\d-\d\d", price.date), price.name
        assert set(price.tiers) == set(REGIONS)


def test_sao_paulo_is_never_cheaper_than_virginia() -> None:
    """Its prices are its own; by none of them would one move there."""
    for price in load():
        assert price.tiers["sa-east-1"][0][1] >= price.tiers["us-east-1"][0][1], price.name
