"""What a load test reads, comes to and shows; and whom it does not load."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from loadtests import figures, report, samples, tools
from loadtests.__main__ import app
from loadtests.report import Load
from loadtests.samples import Sample
from loadtests.target import named
from operations.refusal import Refusal

AB = "starttime\tseconds\tctime\tdtime\tttime\twait\nSat Nov 28 20:00:00 2026\t1795896000\t0\t12\t14\t11\n"
K6 = """metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,status,url
http_reqs,1795896000,1.0,,,,true,,GET,events of a city,HTTP/1.1,200,http://x
http_req_duration,1795896000,12.5,,,,true,,GET,events of a city,HTTP/1.1,200,http://x
http_req_duration,1795896001,35000,,request timeout,1050,false,,GET,events of a city,,0,http://x
http_req_duration,1795896002,3,,,1503,false,,GET,events of a city,HTTP/1.1,503,http://x
"""
EVENING = '[1795896000.25, "feed", 41.5, ""]\n[1795896001.0, "like", 12.0, "HTTPError(503)"]\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "samples"
    path.write_text(text)
    return path


class TestSamples:
    def test_of_ab(self, tmp_path: Path) -> None:
        assert samples.of_ab(written(tmp_path, AB), "events") == [Sample(1795896000, "events", 14)]

    def test_of_k6(self, tmp_path: Path) -> None:
        name = "events of a city"
        assert samples.of_k6(written(tmp_path, K6)) == [
            Sample(1795896000, name, 12.5),
            Sample(1795896001, name, 35000, "request timeout"),
            Sample(1795896002, name, 3, "status 503"),
        ]

    def test_of_an_evening(self, tmp_path: Path) -> None:
        assert samples.of_evening(written(tmp_path, EVENING)) == [
            Sample(1795896000.25, "feed", 41.5),
            Sample(1795896001, "like", 12, "HTTPError(503)"),
        ]


class TestFigures:
    def test_are_of_all_requests(self) -> None:
        found = figures.of(
            [Sample(number / 10, "feed", number + 1, "lost" if number < 5 else "") for number in range(100)]
        )

        assert (found.requests, found.p50, found.p95, found.p99, found.failed) == (100, 50, 95, 99, 0.05)
        assert found.per_second == pytest.approx(10, rel=0.01)
        assert not found.holds

    @pytest.mark.parametrize(("ms", "failures", "holds"), [(299, 0, True), (300, 0, False), (10, 1, False)])
    def test_hold_below_the_plans_thresholds(self, ms: float, failures: int, holds: bool) -> None:
        asked = [Sample(number, "feed", ms, "lost" if number < failures else "") for number in range(100)]
        assert figures.of(asked).holds is holds

    def test_of_nothing_are_nothing(self) -> None:
        assert figures.of([]) == figures.Figures(0, 0, 0, 0, 0, 0)

    def test_by_second_begin_with_the_first(self) -> None:
        seconds = figures.by_second([Sample(100.9, "feed", 1), Sample(102.1, "feed", 1), Sample(102.2, "like", 1)])
        assert {second: one.requests for second, one in seconds.items()} == {0: 1, 2: 2}

    def test_what_failed_most_is_first(self) -> None:
        lost = [Sample(0, "feed", 1, error) for error in ("a", "b", "b", "")]
        assert figures.errors(lost) == {"feed: b": 2, "feed: a": 1}


def test_the_page_says_what_was_measured_and_whether_it_holds(tmp_path: Path) -> None:
    test = Load("ab", "The plan's first.", [Sample(0, "events", 10), Sample(1, "events", 900, "status 503")])

    page = report.page([test], at=datetime(2026, 11, 28, tzinfo=UTC), where="here", machine="", picture="x.png")
    report.draw([test], tmp_path / "x.png")

    assert "| [ab](#ab) | 2 | 1.1 | 10 | 900 | 900 | 50.00% | does not hold |" in page
    assert "- 1 × events: status 503" in page
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


class TestTarget:
    @pytest.mark.parametrize("address", ["", "mundotango.example", "ftp://mundotango.example", "http://"])
    def test_has_to_be_an_address(self, address: str) -> None:
        with pytest.raises(Refusal, match="no address to load"):
            named(address)

    @pytest.mark.parametrize(
        ("address", "here", "dialled"),
        [
            ("http://127.0.0.1:4566/", True, "http://127.0.0.1:4566"),
            ("http://abc.cloudfront.localhost:4566", True, "http://127.0.0.1:4566"),
            ("https://mundotango.example", False, "https://mundotango.example"),
            ("https://localhost.example", False, "https://localhost.example"),
        ],
    )
    def test_is_here_or_elsewhere(self, address: str, here: bool, dialled: str) -> None:
        assert (named(address).is_here, named(address).dialled) == (here, dialled)

    def test_elsewhere_is_loaded_only_where_somebody_agreed(self) -> None:
        asked = CliRunner().invoke(app, ["k6", "--base-url", "https://mundotango.example"])

        assert isinstance(asked.exception, Refusal)
        assert "nobody agreed" in str(asked.exception)


class TestCommand:
    LOCAL = ("--base-url", "http://127.0.0.1:4566")

    def test_prints_one_json_value_and_nothing_else(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tools, "k6", lambda *_, **__: [Sample(0, "events", 10)])
        shown = CliRunner().invoke(app, ["k6", *self.LOCAL, "--into", str(tmp_path), "--json"])

        assert json.loads(shown.stdout)["k6"]["requests"] == 1
        assert {one.name for one in tmp_path.iterdir()} == {"load-report.md", "load-report.png"}

    @pytest.mark.parametrize(
        ("wrong", "said"), [(("--into", "nowhere"), "no folder"), (("--env", "phase9"), "no config env phase9")]
    )
    def test_loads_nothing_where_it_could_not_end(
        self, wrong: tuple[str, str], said: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tools, "k6", lambda *_, **__: pytest.fail("loaded"))

        assert said in str(CliRunner().invoke(app, ["k6", *self.LOCAL, *wrong]).exception)
