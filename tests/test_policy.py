"""Policy: sampling, its agreement with the training forward, stopping, loading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tiny
from rlcf.errors import UserError
from rlcf.policy.completion import Completion
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig, draw, sample_tasks, uniforms
from rlcf.tasks.blocks import BlockEnd

pytestmark = pytest.mark.in_process

SHORT = SamplingConfig(max_new_tokens=24)


@pytest.mark.parametrize("architecture", tiny.ALL_ARCHITECTURES)
def test_sampled_logprobs_equal_the_training_forward(architecture: str) -> None:
    policy = tiny.policy(architecture)
    groups = sample_tasks(policy, tiny.tasks(4), 3, SHORT, seed=5)
    with torch.no_grad():
        scores = score_tokens(policy, groups, 1.0)
    for row, sample in enumerate(s for group in groups for s in group):
        length = len(sample.token_ids)
        np.testing.assert_allclose(
            scores.logprobs_BT[row, :length].numpy(), sample.logprobs_T, atol=2e-4
        )
        assert scores.mask_BT[row].sum() == length


@pytest.mark.parametrize("architecture", tiny.ARCHITECTURES)
def test_shared_prompt_equals_plain_forward_with_gradient(architecture: str) -> None:
    policy = tiny.policy(architecture)
    groups = sample_tasks(policy, tiny.tasks(2), 2, SHORT, seed=1)
    score_tokens(policy, groups, 1.0).logprobs_BT.sum().backward()
    shared = [p.grad.clone() for p in policy.model.parameters() if p.grad is not None]
    policy.model.zero_grad()
    total = torch.zeros(())
    for sample in (s for group in groups for s in group):
        ids = torch.tensor([[*sample.prompt_ids, *sample.token_ids]])
        logprobs_TV = policy.model(ids).logits[0, :-1].log_softmax(-1)
        start = len(sample.prompt_ids) - 1
        for t, token in enumerate(sample.token_ids):
            total = total + logprobs_TV[start + t, token]
    total.backward()
    plain = [p.grad for p in policy.model.parameters() if p.grad is not None]
    assert len(shared) == len(plain)
    for a, b in zip(shared, plain, strict=True):
        torch.testing.assert_close(a, b, atol=2e-3, rtol=2e-3)


def test_samples_do_not_depend_on_their_batch() -> None:
    policy, tasks = tiny.policy(), tiny.tasks(6)
    together = sample_tasks(policy, tasks, 4, SHORT, seed=3)
    alone = sample_tasks(policy, tasks[4:5], 2, SHORT, seed=3)
    assert [s.token_ids for s in alone[0]] == [s.token_ids for s in together[4][:2]]
    other = sample_tasks(policy, tasks[4:5], 2, SHORT, seed=4)
    assert [s.token_ids for s in other[0]] != [s.token_ids for s in alone[0]]


def test_samples_are_handed_over_as_they_finish() -> None:
    policy, tasks = tiny.policy(), tiny.tasks(5)
    policy.model.lm_head.weight.data[policy.tokenizer.eos_token_id] *= 8  # some end early
    heard: list[Completion] = []
    written: list[Any] = []
    forward = policy.model.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        written.append(len(heard))
        return forward(*args, **kwargs)

    policy.model.forward = counted

    drawn = sample_tasks(policy, tasks, 3, SHORT, seed=3, on_finished=heard.append)
    assert len(heard) == 15
    assert set(heard) == {s for group in drawn for s in group}
    assert 0 < written[-1] < 15  # told of some while others were still being written


def test_inverse_cdf_draws_the_right_distribution() -> None:
    logits_V = torch.tensor([0.0, 1.0, -1.0, 2.0, -torch.inf])
    count = 40_000
    uniform_B = torch.from_numpy(uniforms(0, "x", 0, count))
    tokens, logprobs = draw(logits_V.repeat(count, 1), uniform_B, SamplingConfig())
    share = torch.bincount(tokens, minlength=5) / count
    assert torch.allclose(share, logits_V.softmax(-1), atol=0.01)
    assert torch.allclose(logprobs, logits_V.log_softmax(-1)[tokens])


def test_top_k_and_greedy() -> None:
    logits_BV = torch.tensor([[0.0, 3.0, 1.0, 2.0]]).repeat(500, 1)
    uniform_B = torch.from_numpy(uniforms(1, "x", 0, 500))
    tokens, _ = draw(logits_BV, uniform_B, SamplingConfig(top_k=2))
    assert set(tokens.tolist()) == {1, 3}
    tokens, _ = draw(logits_BV, uniform_B, SamplingConfig(temperature=0))
    assert set(tokens.tolist()) == {1}


def test_uniforms_cover_the_unit_interval() -> None:
    values = uniforms(7, "task", 3, 5000)
    assert 0 <= values.min() < 0.01
    assert 0.99 < values.max() < 1


@pytest.mark.parametrize(
    ("completion", "end"),
    [
        ("return 1;\n    }\n}\nclass Other {}", "return 1;\n    }\n}"),
        ('return "}}";\n    }\n}', 'return "}}";\n    }\n}'),
        ("// }}\n/* }} */ char c = '}'; }\n}  ", "// }}\n/* }} */ char c = '}'; }\n}"),
        ("if (a) { b(); }", None),
        (
            '''String s = """\n  } it's // }\n  " }""";\n    }\n}x''',
            '''String s = """\n  } it's // }\n  " }""";\n    }\n}''',
        ),
    ],
)
def test_class_end(completion: str, end: str | None) -> None:
    stop = BlockEnd.of_prompt("java", tiny.tasks(1)[0].prompt)
    assert stop is not None
    assert stop.find(completion) == (None if end is None else len(end))


def test_templates_are_strings() -> None:
    stop = BlockEnd.of_prompt("javascript", "function f(a) {\n")
    text = "  return `http://${a}/{`; }"
    assert stop is not None
    assert stop.find(text + "\nmore") == len(text)


@given(st.text(alphabet="{}`\"'/*\\n a;", max_size=60))
def test_class_end_never_lies_beyond_the_text(text: str) -> None:
    at = BlockEnd("java", 2).find(text)
    assert at is None or text[at - 1] == "}"


def test_languages_without_braces_end_at_the_end_token() -> None:
    assert BlockEnd.of_prompt("python", "def f():\n") is None


def test_a_saved_policy_loads_again(tmp_path: Path) -> None:
    first = tiny.policy()
    first.save(tmp_path / "m")
    again = load_policy(str(tmp_path / "m"), precision="fp32")
    before = sample_tasks(first, tiny.tasks(2), 2, SHORT, seed=0)
    after = sample_tasks(again, tiny.tasks(2), 2, SHORT, seed=0)
    assert [s.token_ids for g in before for s in g] == [s.token_ids for g in after for s in g]


def test_missing_parts_of_a_model_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model folder"):
        load_policy(str(tmp_path / "nothing"))
    policy = tiny.policy()
    policy.model.save_pretrained(tmp_path / "bare")
    with pytest.raises(UserError, match="tokenizer of the folder"):
        load_policy(str(tmp_path / "bare"))
    for kind in ("eos", "pad"):
        policy = tiny.policy()
        setattr(policy.tokenizer, f"{kind}_token", None)
        policy.save(tmp_path / kind)
        with pytest.raises(UserError, match=f"names no {kind.upper()} token"):
            load_policy(str(tmp_path / kind))
        given_token: dict[str, Any] = {f"{kind}_token": "<|end|>"}
        assert load_policy(str(tmp_path / kind), **given_token).model is not None


def test_prompts_that_are_too_long_lose_their_beginning() -> None:
    policy = tiny.policy()
    task = replace(tiny.tasks(1)[0], prompt="// " + "x " * 600 + tiny.tasks(1)[0].prompt)
    (group,) = sample_tasks(policy, [task], 1, SHORT, seed=0)
    assert len(group[0].prompt_ids) == 256 - SHORT.max_new_tokens
    with pytest.raises(UserError, match="no room for a prompt"):
        sample_tasks(policy, [task], 1, SamplingConfig(max_new_tokens=256), seed=0)


def test_half_size_stores_tied_weights_once(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    policy = tiny.policy("gpt2")  # its output layer is its embedding
    policy.save(tmp_path, half=True)
    stored = load_file(tmp_path / "model.safetensors")
    assert sum(t.numel() for t in stored.values()) == policy.parameters_count
    assert {t.dtype for t in stored.values()} == {torch.float16}
    again = load_policy(str(tmp_path), precision="fp32")
    for a, b in zip(policy.model.parameters(), again.model.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)
