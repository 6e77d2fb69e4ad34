"""Benchmarks start the functions with what the template tells them, so they know all of its names."""

from typing import Any

from bench.subjects import environment


def test_a_function_is_told_in_a_benchmark_what_the_template_tells_it(functions: dict[str, dict[str, Any]]) -> None:
    told = {name for function in functions.values() for name in function["Environment"]["Variables"]}

    assert told - environment("http://127.0.0.1:1", 5432).keys() == set()
