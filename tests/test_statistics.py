"""Metrics and bootstrap against definitions, brute force and coverage."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcf.evaluation.metrics import code_length, is_degenerate, pass_at_k
from rlcf.evaluation.statistics import Estimate, bootstrap_difference, bootstrap_ratio


@given(st.integers(1, 9), st.data())
def test_pass_at_k_equals_enumeration(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    draws = list(itertools.combinations(range(n), k))
    expected = sum(any(i < c for i in draw) for draw in draws) / len(draws)
    assert math.isclose(pass_at_k(n, c, k), expected, abs_tol=1e-12)


def test_pass_at_k_is_stable_for_large_n() -> None:
    assert pass_at_k(100_000, 50_000, 1) == pytest.approx(0.5)
    assert pass_at_k(100_000, 1, 100) == pytest.approx(0.001)


@pytest.mark.parametrize(("n", "c", "k"), [(1, 0, 2), (1, 2, 1), (3, -1, 1), (3, 1, 0)])
def test_pass_at_k_refuses_nonsense(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@k"):
        pass_at_k(n, c, k)


def test_code_length_ignores_layout() -> None:
    assert code_length("  return  a +\n\t\tb;\n") == len("return a + b;")
    assert code_length(" \n") == 0


REFERENCE = """        int sum = 0;
        for (int x : numbers) { sum += x; }
        return sum;
    }
}"""


@pytest.mark.parametrize(
    "body",
    [
        "",
        "    }\n}",
        "  // sum up all the numbers and return what comes out of it, as asked\n    }\n}",
        "  /* sum += x; return sum; int sum = 0; for (;;) unclosed comment",
        "        return 0;\n    }\n}",
        "        return (-1);\n    }\n}",
        "return -3.5e2f; }",
        "return 0L;;}}",
        "return (int) 0; }}",
        "return null;}}",
        "return false;\n}",
        'return "a long text; with } and return sum; inside, but still a constant";}}',
        "return 'x';}}",
        "return;}}",
        "return new ArrayList<>();}}",
        "return new HashMap<String, List<Integer>>( );}}",
        "return new int[0];}}",
        "return new int[]{};}}",
        "return List.of();}}",
        "return Collections.emptyList();}}",
        'throw new RuntimeException("not implemented");}}',
        "return n;}}",
    ],
)
def test_degenerate_bodies(body: str) -> None:
    assert is_degenerate(body, REFERENCE)


@pytest.mark.parametrize(
    "body",
    [
        REFERENCE,
        "return Arrays.stream(numbers).sum();}}",
        "        int s = 0;\n        return s;\n    }\n}  // " + "padding " * 3 + "\n int t = 1;",
        "if (numbers.length == 0) return 0; return numbers[0];}}",
    ],
)
def test_real_bodies_are_not_degenerate(body: str) -> None:
    assert not is_degenerate(body, REFERENCE)


@pytest.mark.parametrize(
    ("body", "degenerate"),
    [
        ("    return []", True),
        ("    return None", True),
        ("    pass", True),
        ("    return dict()", True),
        ("    raise NotImplementedError", True),
        ("    return sum(numbers)[0:len(numbers)]", False),
        ("    return {};\n}", True),
        ('    return string("");\n}', True),
        ("    return vector<int>();\n}", True),
        ("    return accumulate(numbers.begin(), numbers.end(), 0);\n}", False),
    ],
)
def test_bodies_of_python_and_cpp(body: str, degenerate: bool) -> None:
    assert is_degenerate(body, REFERENCE) is degenerate


@pytest.mark.parametrize(
    ("language", "body", "degenerate"),
    [
        ("python", "    return 100 // len(numbers)", False),
        ("python", "    return 100  # // len(numbers)", True),
        ("python", '    """Says # what, at length."""\n    return 100 + len(numbers)', False),
        ("ruby", "  return 1000 # of them;\nend", False),
        ("lua", "    return 100 -- of them, and of all the others too", True),
        ("php", "    return 100; # of them\n}", True),
        ("java", 'return """\n  http://a.org/{}""" + numbers.size();\n}', False),
        ("javascript", "    return 7 /* # */;\n}", True),
    ],
)
def test_comments_are_those_of_the_language(language: str, body: str, degenerate: bool) -> None:
    assert is_degenerate(body, "    return 100;", language) is False
    assert is_degenerate(body, "    return sum(x)", language) is degenerate


def test_a_constant_is_right_where_the_reference_is_one() -> None:
    assert not is_degenerate("return 41;}}", "return 42;\n    }\n}")
    assert is_degenerate("}}", "return 42;\n    }\n}")


def test_without_reference_only_the_body_counts() -> None:
    assert is_degenerate("return 0;}}", None)
    assert not is_degenerate("return n;}}", None)


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 200_000 + "\\",
        "return new" + " " * 400_000 + "!",
        "/*" * 300_000,
        "}" * 900_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    # With quadratic time this would run for hours; no clock is needed to notice.
    assert is_degenerate(text, REFERENCE) in (True, False)


def test_ratio_of_counts_is_the_share_of_samples() -> None:
    estimate = bootstrap_ratio(np.array([1.0, 0.0, 5.0]), np.array([1.0, 1.0, 10.0]))
    assert estimate is not None
    assert estimate.mean == 0.5
    assert estimate.low <= 0.5 <= estimate.high


def test_same_seed_same_interval() -> None:
    values, ones = np.random.default_rng(0).random(50), np.ones(50)
    assert bootstrap_ratio(values, ones, seed=3) == bootstrap_ratio(values, ones, seed=3)
    assert bootstrap_ratio(values, ones, seed=3) != bootstrap_ratio(values, ones, seed=4)


def test_interval_of_a_mean_is_close_to_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(10, 2, size=400)
    estimate = bootstrap_ratio(values, np.ones(400))
    assert estimate is not None
    half = 1.96 * values.std() / 20
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.03)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.03)


def test_chunks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    values, ones = np.random.default_rng(2).random(7), np.ones(7)
    whole = bootstrap_ratio(values, ones, resamples=1000)
    monkeypatch.setattr("rlcf.evaluation.statistics._CHUNK_CELLS", 70)
    assert bootstrap_ratio(values, ones, resamples=1000) == whole


def test_coverage_is_near_95_percent() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for trial in range(300):
        sample = (rng.random(100) < 0.3).astype(float)
        estimate = bootstrap_ratio(sample, np.ones(100), seed=trial, resamples=500)
        assert estimate is not None
        hits += estimate.low <= 0.3 <= estimate.high
    assert 0.90 <= hits / 300 <= 0.985


def test_pairing_removes_what_tasks_share() -> None:
    rng = np.random.default_rng(6)
    hardness, ones = rng.random(200), np.ones(200)
    after = hardness + 0.05 + rng.normal(0, 0.01, 200)
    paired = bootstrap_difference((hardness, ones), (after, ones))
    assert paired is not None
    assert paired.mean == pytest.approx(0.05, abs=0.005)
    assert 0.04 < paired.low < paired.high < 0.06
    alone = bootstrap_ratio(hardness, ones)
    assert alone is not None
    assert alone.high - alone.low > 5 * (paired.high - paired.low)


def test_difference_with_itself_is_exactly_zero() -> None:
    side = (np.array([1.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0]))
    assert bootstrap_difference(side, side) == Estimate(0.0, 0.0, 0.0)


def test_difference_needs_the_same_tasks() -> None:
    with pytest.raises(ValueError, match="same tasks"):
        bootstrap_difference((np.ones(2), np.ones(2)), (np.ones(3), np.ones(3)))


def test_nothing_measured_is_none_and_empty_resamples_are_ignored() -> None:
    assert bootstrap_ratio(np.zeros(3), np.zeros(3)) is None
    assert bootstrap_ratio(np.zeros(0), np.zeros(0)) is None
    only_one = bootstrap_ratio(np.array([0.5, 0.0]), np.array([1.0, 0.0]))
    assert only_one == Estimate(0.5, 0.5, 0.5)
