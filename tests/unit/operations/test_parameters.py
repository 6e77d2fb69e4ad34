import re
from pathlib import Path

import pytest

from mundotango.migrations import schema_version
from operations.parameters import QUOTING, TEMPLATE, declared, effective, pairs, words
from operations.refusal import Refusal


def test_every_parameter_of_the_template_is_given_with_the_last_layer_winning() -> None:
    values = effective({"ThrottleRate": "7", "SiteUrl": "https://old.example"}, {"SiteUrl": ""})

    assert values.keys() == declared().keys()
    assert values["SchemaVersion"] == schema_version()
    assert (values["ThrottleRate"], values["SiteUrl"], values["Monitoring"]) == ("7", "", "on")
    assert values["DatabaseMultiAz"] == "false"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"NoSuchParam": "1"}, "no parameter NoSuchParam; they are at the top of template.yaml"),
        ({"OperatorMial": "a@example.org"}, r"no parameter OperatorMial; did you mean OperatorMail\?"),
        ({"siteurl": ""}, r"did you mean SiteUrl\?"),
        ({"Architecture": "x86"}, "Architecture cannot be x86; it is one of arm64, x86_64"),
        ({"Architecture": ""}, "Architecture cannot be empty"),
        ({"SiteUrl": "example.org"}, "SiteUrl cannot be example.org; it looks like"),
        ({"ThrottleRate": "fast"}, "ThrottleRate cannot be fast; it is a number"),
        ({"PushServices": "https://" + 60 * "a"}, "PushServices cannot have 68 characters; it has 64 at most"),
        ({"VapidPublicKey": 87 * "B"}, "VapidPublicKey cannot be B{87}; it looks like"),
        ({"ReservedConcurrency": "-1"}, "ReservedConcurrency cannot be -1; it is 0 at least"),
        ({"TableTarget": "91"}, "TableTarget cannot be 91; it is 90 at most"),
    ],
)
def test_what_the_template_does_not_take_is_refused_in_either_layer(given: dict[str, str], said: str) -> None:
    orders: tuple[tuple[dict[str, str], ...], ...] = (({}, given), (given, {}))
    for layers in orders:
        with pytest.raises(Refusal, match=said) as refused:
            effective(*layers)
        assert "\n" not in str(refused.value)


def test_nothing_constrains_a_parameter_that_is_not_looked_at() -> None:
    looked_at = {
        "Type",
        "Default",
        "Description",
        "AllowedValues",
        "AllowedPattern",
        "MinValue",
        "MaxValue",
        "MaxLength",
    }

    assert {key for one in declared().values() for key in one} <= looked_at
    assert {one["Type"] for one in declared().values()} <= {"String", "Number"}
    for name, one in declared().items():
        effective({name: one["Default"]})


def test_declarations_are_read_as_written(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Parameters: {A: {Type: Number, Default: 05}, B: {Default: on}}\nResources: {C: !Ref A}\n")

    assert declared(template) == {"A": {"Type": "Number", "Default": "05"}, "B": {"Default": "on"}}
    assert TEMPLATE.exists()


def test_a_line_is_quoted_like_a_shells() -> None:
    line = """SiteUrl= SesFrom="Mundo Tango <hello@example.org>" 'UploadOrigin=http://*' OperatorMail=a=b"""

    assert pairs(words(line)) == {
        "SiteUrl": "",
        "SesFrom": "Mundo Tango <hello@example.org>",
        "UploadOrigin": "http://*",
        "OperatorMail": "a=b",
    }


def test_quotes_around_a_whole_value_are_no_part_of_it() -> None:
    assert pairs(['SesFrom="Mundo Tango"', "A='b'", 'C="', 'D="a" <b>']) == {
        "SesFrom": "Mundo Tango",
        "A": "b",
        "C": '"',
        "D": '"a" <b>',
    }


@pytest.mark.parametrize("line", ["Garbage", "SesFrom=Mundo Tango", "=x", "Ses-From=x", 'SesFrom="Mundo'])
def test_what_is_no_pair_is_refused_and_says_how_to_quote(line: str) -> None:
    with pytest.raises(Refusal, match=re.escape(QUOTING)):
        pairs(words(line))


def test_a_backslash_that_sam_would_drop_is_refused() -> None:
    with pytest.raises(Refusal, match="SAM drops backslashes; leave them out"):
        pairs(["SesFrom=a\\ b"])
