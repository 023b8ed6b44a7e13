"""The policy: a Hugging Face language model with its tokenizer, loaded and checked.

Loads causal and encoder-decoder models by hub name or local folder, makes fresh ones from a config,
and sees to the special tokens that training needs.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerFast
from transformers.models.auto.tokenization_auto import get_tokenizer_config
from transformers.utils.logging import disable_progress_bar

from rlcf.device import (
    halve_layers,
    halved,
    keep_memory,
    pick_device,
    precision_context,
    resolve_autocast,
)
from rlcf.errors import UserError
from rlcf.modelplace import Place, how_to_get, locate
from rlcf.policy import gguf, lora, packed
from rlcf.policy.adapters import Base, save_adapter, stays_apart, with_adapter
from rlcf.policy.continuation import continuation_ids
from rlcf.policy.endtokens import end_tokens
from rlcf.policy.families import Family, family_of, smallest_input
from rlcf.policy.head import Head, head_of
from rlcf.policy.prompting import PlainStyle, PromptStyle, prompt_style
from rlcf.policy.recompute import check_recomputable, recomputed_layers
from rlcf.policy.roundtrip import warn_of_losses
from rlcf.settings import Stop
from rlcf.tasks.task import Task
from rlcf.text import first_line


@dataclass
class Policy:
    """A language model together with all that is needed to write programs with it."""

    model: Any
    """A causal or encoder-decoder LM of `transformers`; its weights are fp32 and are trained."""
    tokenizer: Any
    name: str
    """Where it came from: hub name or folder."""
    autocast: bool = False
    """Whether forward passes compute in bfloat16 (weights stay fp32)."""
    style: PromptStyle = field(default_factory=PlainStyle)
    """How tasks are put to it and its answers are read."""
    gradient_checkpointing: bool = False
    """Whether forward passes that are trained on recompute their layers, to save memory."""
    base_only: bool = False
    """Whether adapters are left out: a view of the model that they were added to."""
    base: Base | None = None
    """Where the model below the adapters is, if they can be stored without it."""
    _marked: dict[str, frozenset[int]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def device(self) -> torch.device:
        device: torch.device = self.model.device
        return device

    @property
    def parameters_count(self) -> int:
        return sum(p.numel() for p in self.model.parameters())

    @property
    def max_positions(self) -> int | None:
        """Longest sequence the model has positions for, in tokens, or None if it has no limit.

        Of encoder-decoders, each of the two has so many.
        """
        value = getattr(self.model.config, "max_position_embeddings", None)
        return int(value) if value else None

    @cached_property
    def family(self) -> Family:
        """How this kind of model is fed."""
        return family_of(self.model.config)

    @cached_property
    def head(self) -> Head:
        """The output layer, which forward passes leave out."""
        with self.precision():
            return head_of(self.model, smallest_input(self))

    @cached_property
    def end_tokens(self) -> frozenset[int]:
        """Ids that end a completion; some models have several."""
        return end_tokens(self.tokenizer, self.model)

    def tokens_with(self, mark: str) -> frozenset[int]:
        """Ids of the tokens that hold one of these ASCII characters, or are the byte of one."""
        if mark not in self._marked:
            bytes_ = {f"<0x{ord(character):02X}>" for character in mark}
            self._marked[mark] = frozenset(
                i
                for token, i in self.tokenizer.get_vocab().items()
                if token in bytes_ or any(character in token for character in mark)
            )
        return self._marked[mark]

    def prompt_ids(self, task: Task) -> list[int]:
        """Token ids of all that the model reads of a task."""
        ids: list[int] = self.tokenizer(
            self.style.prompt(self.tokenizer, task), add_special_tokens=self.style.special_tokens
        )["input_ids"]
        return self.family.prompt_ids(self, ids)

    def answer_ids(self, task: Task) -> list[int]:
        """Token ids of what the model should write for a task, with the end token.

        Raises:
            ValueError: the task has no reference.
        """
        prompt, answer = self.style.prompt(self.tokenizer, task), self.style.answer(task)
        ids = continuation_ids(self.tokenizer, prompt, answer)
        return [*ids, self.tokenizer.eos_token_id]

    def judged(self, task: Task) -> Task:
        """The task as compiler, comparator, tests and metrics are to see it, beside the text of
        this policy's samples: `policy.judged(task).program(sample.text)` is the program."""
        return self.style.judged(task)

    @contextlib.contextmanager
    def precision(self) -> Iterator[None]:
        """Context for all forward passes: precision, and whether adapters take part.

        Weights are cast once a context, so that many small passes should share one.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(precision_context(self.device, self.autocast))
            if self.base_only:
                stack.enter_context(lora.adapters_off(self.model))
            yield

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        """Context for passes over one token per row, without gradient, within `precision`."""
        kind = self.device.type
        autocast = torch.is_autocast_enabled(kind)
        dtype = torch.get_autocast_dtype(kind) if autocast else self.model.dtype
        pack = packed.is_worth_it(self.model, dtype, self.device)
        with contextlib.ExitStack() as stack:
            if lora.is_adapted(self.model):
                stack.enter_context(lora.drawing(self.model, dtype, pack=pack))
            if pack:
                stack.enter_context(packed.packed_layers(self.model, dtype))
            yield

    def recomputing(self) -> contextlib.AbstractContextManager[None]:
        """Context for forward passes without a cache that are trained on."""
        if self.gradient_checkpointing and torch.is_grad_enabled():
            return recomputed_layers(self.model)
        return contextlib.nullcontext()

    def reference(self) -> Policy:
        """This policy as it is now, frozen.

        A copy of the model; of one with adapters a view of its base, which takes no memory.
        """
        if lora.is_adapted(self.model):
            return replace(self, base_only=True, gradient_checkpointing=False)
        frozen = copy.deepcopy(self.model).requires_grad_(False).eval()
        if self.autocast:
            halve_layers(frozen)
        return replace(self, model=frozen, gradient_checkpointing=False)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The weights that can change: all, the adapters', or (of a base) none."""
        if self.base_only:
            return {}
        if lora.is_adapted(self.model):
            return lora.adapter_state(self.model)
        state: dict[str, torch.Tensor] = self.model.state_dict()
        return state

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """The inverse of `state_dict`.

        Raises:
            UserError: the weights are those of other adapters.
        """
        if self.base_only:
            return
        if lora.is_adapted(self.model):
            lora.load_adapter_state(self.model, state)
        else:
            self.model.load_state_dict(state)

    def save(self, folder: Path, *, half: bool = False) -> None:
        """Write a plain Hugging Face folder, or of a model with adapters one of PEFT.

        The latter holds the adapters alone, and names the model that they are for; where that has
        no place of its own, they are merged. `half` stores float16 weights.
        """
        disable_progress_bar()
        model, state = self.model, None
        if lora.is_adapted(model) and self.base is not None:
            save_adapter(model, folder, self.base, half=half)
        else:
            if lora.is_adapted(model):
                model, state = model.get_base_model(), lora.merged_state(model)
            if half:
                state = halved(state or model.state_dict())
            model.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)


def load_policy(
    name: str,
    *,
    device: str = "auto",
    precision: str = "auto",
    eos_token: str | None = None,
    pad_token: str | None = None,
    chat: str = "off",
    chat_instruction: str = "",
    stop: Stop = "class",
    lora_rank: int | None = None,
    gradient_checkpointing: bool = False,
    trained: bool = True,
) -> Policy:
    """Load a causal or encoder-decoder LM and its tokenizer from the hub or a local folder.

    Args:
        name: hub or short name, folder, GGUF file or `repo:file.gguf`, run directory, or folder
            of adapters, which stay beside their model, or are merged into it if more is trained.
        device: "auto", "cpu", "cuda", "cuda:1", ...
        precision: "auto", "fp32" or "bf16" (see `resolve_autocast`).
        eos_token, pad_token: tokens to use as end and padding where the tokenizer names none.
        chat: "off", "on" or "auto": put tasks as instructions (see `prompting.prompt_style`).
        chat_instruction: another instruction than the usual one, with `{prompt}` in it.
        stop: where completions end: at the end token alone ("text"), where the class closes or
            where the method does.
        lora_rank: train adapters of this rank (needs `peft`); by default all weights are trained.
        gradient_checkpointing: save memory in training by computing layers twice.
        trained: whether its weights will be trained; those that will not (also below adapters) are
            held in bfloat16 where that is what is computed in.

    Raises:
        UserError: nothing loadable is there, it is no such LM, a special token or `peft` is
            missing, or the model cannot do what was asked.
    """
    where = pick_device(device)
    autocast = resolve_autocast(precision, where)
    place = locate(name)
    tokenizer = _load_tokenizer(place, name, eos_token, pad_token)
    style = prompt_style(chat, tokenizer, name, chat_instruction, stop)
    model, base = _load_weights(place, autocast, lora_rank, trained)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        raise UserError(f"{name}: the tokenizer knows more tokens than the model has embeddings")
    if gradient_checkpointing:
        check_recomputable(model, name)
    model = model.to(where).eval()
    policy = Policy(model, tokenizer, name, autocast, style, gradient_checkpointing)
    policy.base = base
    keep_memory(policy.parameters_count)
    return policy


def _load_tokenizer(place: Place, name: str, eos_token: str | None, pad_token: str | None) -> Any:
    tokenizer = _load_part("tokenizer", place.tokenizer, _tokenizer_class(place.tokenizer))
    set_special_tokens(tokenizer, name, eos_token, pad_token)
    warn_of_losses(tokenizer, name)
    return tokenizer


def _load_weights(
    place: Place, autocast: bool, lora_rank: int | None, trained: bool
) -> tuple[Any, Base | None]:
    """The model with the adapters that it has or gets, and what weights it holds unchanged."""
    # A bar per part would tear the lines of our own progress apart.
    disable_progress_bar()
    base = Base.at(place.model)
    config = _load_part("config", place.model, AutoConfig)
    frozen = bool(lora_rank) or not trained
    apart = bool(place.adapter) and not (lora_rank or trained) and stays_apart(str(place.adapter))
    merged = bool(place.adapter) and not apart
    # Merged adapters are not halved: small steps would be lost.
    dtype = torch.bfloat16 if autocast and frozen and not merged else torch.float32
    model = _load_part("weights", place.model, family_of(config).auto_class, dtype=dtype)
    if place.adapter:
        model = with_adapter(model, place.adapter, base, merged=merged)
    if lora_rank:
        model = lora.add_lora(model, lora_rank)
    return model, None if merged else base


def empty_model(name: str) -> Any:
    """A model of that architecture and size without weights, which takes no memory.

    Raises:
        UserError: nothing loadable is there, or it is not a language model.
    """
    config = _load_part("config", name, AutoConfig)
    auto_class = family_of(config).auto_class
    try:
        with torch.device("meta"):
            return auto_class.from_config(config)
    except ValueError as error:
        raise UserError(f"{name} is not a language model: {first_line(str(error))}") from error


def new_policy(
    config_file: Path,
    tokenizer: Any,
    *,
    seed: int,
    device: str = "auto",
    precision: str = "auto",
) -> Policy:
    """A fresh, untrained LM from a Hugging Face config file.

    The vocabulary size and special token ids are the tokenizer's, whatever the file says.

    Raises:
        UserError: the file is missing or no LM can be made from it.
    """
    if not config_file.is_file():
        raise UserError(f"no model config at {config_file}")
    config = AutoConfig.from_pretrained(config_file)
    config.vocab_size = len(tokenizer)
    config.bos_token_id = tokenizer.bos_token_id
    config.eos_token_id = tokenizer.eos_token_id
    config.pad_token_id = tokenizer.pad_token_id
    if getattr(config, "is_encoder_decoder", False):
        config.decoder_start_token_id = tokenizer.bos_token_id
    torch.manual_seed(seed)
    model = family_of(config).auto_class.from_config(config, dtype=torch.float32).eval()
    where = pick_device(device)
    autocast = resolve_autocast(precision, where)
    return Policy(model.to(where), tokenizer, str(config_file), autocast)


def set_special_tokens(
    tokenizer: Any, name: str, eos_token: str | None, pad_token: str | None
) -> None:
    """Make sure that the tokenizer has an end and a padding token.

    Raises:
        UserError: one is missing and none was given, or the given one is not in the vocabulary.
    """
    for kind, given in (("eos", eos_token), ("pad", pad_token)):
        if given is not None:
            if given not in tokenizer.get_vocab():
                raise UserError(f"--{kind}-token {given!r} is not in the vocabulary of {name}")
            setattr(tokenizer, f"{kind}_token", given)
        if getattr(tokenizer, f"{kind}_token_id") is None:
            hint = tokenizer.eos_token or "<|endoftext|>"
            raise UserError(
                f"the tokenizer of {name} names no {kind.upper()} token: "
                f"say which to use with --{kind}-token, for example --{kind}-token '{hint}'"
            )


def _tokenizer_class(name: str) -> Any:
    """The class that reads a tokenizer as it was saved.

    `AutoTokenizer` goes by the model: it would rebuild a tokenizer of another kind, such as one
    trained afresh for a Qwen2, as that model's own, with other pieces and one more token.
    """
    if name.endswith(".gguf"):
        return AutoTokenizer
    saved = get_tokenizer_config(name).get("tokenizer_class")
    generic = ("PreTrainedTokenizerFast", "TokenizersBackend")
    return PreTrainedTokenizerFast if saved in generic else AutoTokenizer


def _load_part(part: str, name: str, auto_class: Any, **options: Any) -> Any:
    """`from_pretrained`, with its many kinds of failure turned into one line."""
    place, of_file = gguf.split_name(name)
    if part == "weights":
        options |= gguf.weights_options(of_file)
    try:
        loaded = auto_class.from_pretrained(place, **of_file, **options)
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # a full or broken disk is not a missing model
        where, hint = f"the folder {name}", ""
        if not Path(name).is_dir():
            where = f"{name} (no such folder here; the hub may be unreachable or not know it)"
            hint = f"; {how_to_get(name)}"
        reason = first_line(str(error)) or type(error).__name__
        raise UserError(f"cannot load the {part} of {where}: {reason}{hint}") from error
    if part == "weights" and of_file:
        gguf.tie(loaded)
    return loaded
