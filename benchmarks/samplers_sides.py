"""The sides of `samplers.py`: one process each, which draws when told to.

    python samplers_sides.py SIDE JOB

JOB is a JSON file: `model`, `gguf`, `openvino` (paths), `ids` (token ids of the prompts),
`prompts`, `samples`, `limit` (new tokens), `ends` (ids that end a text), `threads`, `folder` (for
files made on the way).
After loading the process writes `RESULT {}`; then for each number that it reads, a seed, it draws
`samples` completions per prompt and writes `RESULT {"seconds": ..., "tokens": ...}`. Tokens count
up to and with an end token. Nothing of rlcf is imported but by its own sides, so that a sampler
can have an environment of its own.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Job = dict[str, Any]
Draw = Callable[[int], dict[str, Any]]
"""Takes a seed; returns at least `tokens`."""


def load(name: str) -> Any:
    """A package that only some environments have."""
    return importlib.import_module(name)


def count(rows: list[list[int]], ends: list[int]) -> int:
    """Tokens up to and with the first end token."""
    return sum(
        next((i + 1 for i, token in enumerate(row) if token in ends), len(row)) for row in rows
    )


def rlcf(job: Job, rank: int) -> Draw:
    """rlcf of the checkout that PYTHONPATH names."""
    import inspect

    import torch

    from rlcf.policy.model import load_policy
    from rlcf.policy.sampling import SamplingConfig, sample_tasks
    from rlcf.tasks.task import Task

    torch.set_num_threads(job["threads"])
    options: dict[str, Any] = {"lora_rank": rank}
    if "trained" in inspect.signature(load_policy).parameters:  # not in earlier commits
        options["trained"] = rank > 0
    policy = load_policy(job["model"], **options)
    # As a language without a rule of its own for where a program ends: all sides stop alike.
    tasks = [Task(str(i), "text", prompt) for i, prompt in enumerate(job["prompts"])]
    config = SamplingConfig(max_new_tokens=job["limit"])  # whole distribution, in every commit

    def draw(seed: int) -> dict[str, Any]:
        groups = sample_tasks(policy, tasks, job["samples"], config, seed=seed)
        if [list(group[0].prompt_ids) for group in groups] != job["ids"]:
            raise ValueError("rlcf reads other prompts than the others")
        return {"tokens": sum(len(s.token_ids) for group in groups for s in group)}

    return draw


def transformers(job: Job) -> Draw:
    """`generate` of transformers, all rows in one batch, in bfloat16."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(job["threads"])
    model: Any = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.bfloat16)
    width = max(len(ids) for ids in job["ids"])
    padding = job["ends"][0]
    padded = [[padding] * (width - len(ids)) + ids for ids in job["ids"]]
    mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in job["ids"]]

    def draw(seed: int) -> dict[str, Any]:
        torch.manual_seed(seed)
        out_BT = model.generate(
            input_ids=torch.tensor(padded),
            attention_mask=torch.tensor(mask),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            repetition_penalty=1.0,
            num_return_sequences=job["samples"],
            max_new_tokens=job["limit"],
            eos_token_id=job["ends"],
            pad_token_id=padding,
        )
        return {"tokens": count(out_BT[:, width:].tolist(), job["ends"])}

    return draw


def products(job: Job) -> Draw:
    """The matrix products alone: bfloat16, the model's own layers, rows of the drawing batch.

    `drawn` is seconds per pass over all rows, with the output layer; `read` is seconds for the
    prompts, without it.
    """
    import torch
    from torch.nn.functional import linear
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(job["threads"])
    model: Any = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.bfloat16)
    head = model.get_output_embeddings()
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m is not head]
    rows, read = len(job["ids"]) * job["samples"], sum(len(ids) for ids in job["ids"])

    def seconds(chosen: list[torch.nn.Linear], height: int, passes: int) -> float:
        widths = {layer.in_features for layer in chosen}
        given = {n: torch.randn(height, n, dtype=torch.bfloat16) for n in widths}
        start = time.perf_counter()
        for _ in range(passes):
            for layer in chosen:
                linear(given[layer.in_features], layer.weight, layer.bias)
        return (time.perf_counter() - start) / passes

    @torch.inference_mode()
    def draw(seed: int) -> dict[str, Any]:
        return {
            "tokens": 0,
            "drawn": seconds([*layers, head], rows, 10),
            "read": seconds(layers, read, 2),
        }

    return draw


def openvino(job: Job) -> Draw:
    """OpenVINO GenAI's continuous batching, in bfloat16."""
    ov, genai = load("openvino"), load("openvino_genai")
    np = load("numpy")
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = 2  # GB
    scheduler.max_num_seqs = len(job["ids"]) * job["samples"]
    properties = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": job["threads"]}
    pipeline = genai.ContinuousBatchingPipeline(job["openvino"], scheduler, "CPU", properties)

    def draw(seed: int) -> dict[str, Any]:
        config = genai.GenerationConfig()
        config.do_sample, config.temperature, config.top_p = True, 1.0, 1.0
        config.rng_seed, config.max_new_tokens = seed, job["limit"]
        config.num_return_sequences = job["samples"]
        config.eos_token_id, config.stop_token_ids = job["ends"][0], set(job["ends"])
        prompts = [ov.Tensor(np.array([ids], dtype=np.int64)) for ids in job["ids"]]
        results = pipeline.generate(prompts, [config] * len(prompts))
        rows = [list(row) for result in results for row in result.m_generation_ids]
        return {"tokens": count(rows, job["ends"])}

    return draw


def vllm(job: Job) -> Draw:
    """vLLM's CPU build, in bfloat16."""
    library = load("vllm")
    rows = len(job["ids"]) * job["samples"]
    longest = max(len(ids) for ids in job["ids"]) + job["limit"]
    model = library.LLM(
        job["model"], dtype="bfloat16", max_model_len=longest, max_num_seqs=rows, seed=0
    )

    def draw(seed: int) -> dict[str, Any]:
        config = library.SamplingParams(
            n=job["samples"],
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_tokens=job["limit"],
            ignore_eos=True,
            stop_token_ids=job["ends"],
            detokenize=False,
        )
        prompts = [{"prompt_token_ids": ids} for ids in job["ids"]]
        done = model.generate(prompts, config, use_tqdm=False)
        rows = [list(one.token_ids) for request in done for one in request.outputs]
        return {"tokens": count(rows, job["ends"])}

    return draw


class Llama:
    """llama.cpp with a sequence per completion, through its C interface.

    Each prompt is read once and its cache copied. Rows that ended are dropped in bulk, as rlcf does
    it; the draws (its `dist` sampler on all of the vocabulary) are shared among the threads.
    """

    def __init__(self, job: Job, file: str) -> None:
        self.job, self.c = job, load("llama_cpp.llama_cpp")
        c = self.c
        c.llama_backend_init()
        self.rows = len(job["ids"]) * job["samples"]
        options = c.llama_context_default_params()
        room = max(len(ids) for ids in job["ids"]) + job["limit"]
        options.n_ctx = (room + -room % 256) * self.rows
        options.n_batch = options.n_ubatch = 512
        options.n_seq_max, options.kv_unified = self.rows, False
        options.n_threads = options.n_threads_batch = job["threads"]
        reading = c.llama_model_default_params()
        # Its AMX products of quantised weights crash (0.3.36): without them those of AVX-512.
        reading.use_extra_bufts = False
        model = c.llama_model_load_from_file(file.encode(), reading)
        self.context = c.llama_init_from_model(model, options)
        self.memory = c.llama_get_memory(self.context)
        self.batch = c.llama_batch_init(512, 0, 1)
        self.threads = ThreadPoolExecutor(job["threads"])

    def _decode(self, tokens: list[tuple[int, int, int]], *, last_only: bool) -> None:
        """Read tokens: (id, position, sequence) each."""
        self.batch.n_tokens = len(tokens)
        for i, (token, position, sequence) in enumerate(tokens):
            self.batch.token[i], self.batch.pos[i] = token, position
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, sequence
            self.batch.logits[i] = not last_only or i == len(tokens) - 1
        if self.c.llama_decode(self.context, self.batch):
            raise RuntimeError("llama_decode failed")

    def _samplers(self, seed: int) -> list[Any]:
        made = []
        for row in range(self.rows):
            chain = self.c.llama_sampler_chain_init(self.c.llama_sampler_chain_default_params())
            self.c.llama_sampler_chain_add(chain, self.c.llama_sampler_init_dist(seed * 1000 + row))
            made.append(chain)
        return made

    def _read(self, samplers: list[Any]) -> list[int]:
        """Read the prompts; returns the first tokens of all rows."""
        first = []
        for i, ids in enumerate(self.job["ids"]):
            row = i * self.job["samples"]
            for start in range(0, len(ids), 512):
                part = list(enumerate(ids))[start : start + 512]
                self._decode([(token, at, row) for at, token in part], last_only=True)
            for j in range(self.job["samples"]):
                if j:
                    self.c.llama_memory_seq_cp(self.memory, row, row + j, -1, -1)
                first.append(self.c.llama_sampler_sample(samplers[row + j], self.context, -1))
        return first

    def draw(self, seed: int) -> dict[str, Any]:
        job, c = self.job, self.c
        c.llama_memory_clear(self.memory, True)
        samplers = self._samplers(seed)
        written = [[token] for token in self._read(samplers)]
        lengths = [len(ids) for ids in job["ids"] for _ in range(job["samples"])]
        places = list(range(self.rows))  # which row each sequence holds

        def sample(place: int) -> int:
            return int(c.llama_sampler_sample(samplers[places[place]], self.context, place))

        for t in range(job["limit"] - 1):
            places = self._compact(places, written)
            if not places:
                break
            last = [(written[row][-1], lengths[row] + t, place) for place, row in enumerate(places)]
            self._decode(last, last_only=False)
            for row, token in zip(
                places, self.threads.map(sample, range(len(places))), strict=True
            ):
                written[row].append(token)
        for sampler in samplers:
            c.llama_sampler_free(sampler)
        return {"tokens": count(written, job["ends"])}

    def _compact(self, places: list[int], written: list[list[int]]) -> list[int]:
        """Fill the places of ended rows from the end, once they are a tenth of all."""
        ended = [not set(self.job["ends"]).isdisjoint(written[row]) for row in places]
        live = [place for place in range(len(places)) if not ended[place]]
        if len(live) >= 0.9 * len(places) and live:
            return places
        kept = places[: len(live)]
        holes = [place for place in range(len(live)) if ended[place]]
        for hole, place in zip(holes, [p for p in live if p >= len(live)], strict=True):
            self.c.llama_memory_seq_rm(self.memory, hole, -1, -1)
            self.c.llama_memory_seq_cp(self.memory, place, hole, -1, -1)
            kept[hole] = places[place]
        return kept


def llama(job: Job, kind: str) -> Draw:
    """llama.cpp on the file as it is, or stored anew in that kind (beside the job)."""
    if kind == "file":
        return Llama(job, job["gguf"]).draw
    c = load("llama_cpp.llama_cpp")
    made = str(Path(job["folder"], f"{kind}.gguf"))
    options = c.llama_model_quantize_default_params()
    options.ftype = {"bf16": c.LLAMA_FTYPE_MOSTLY_BF16, "q8_0": c.LLAMA_FTYPE_MOSTLY_Q8_0}[kind]
    options.allow_requantize, options.nthread = True, job["threads"]
    if c.llama_model_quantize(job["gguf"].encode(), made.encode(), ctypes.byref(options)):
        raise RuntimeError(f"llama.cpp could not write {made}")
    return Llama(job, made).draw


SIDES: dict[str, Callable[[Job], Draw]] = {
    "products": products,
    "rlcf": lambda job: rlcf(job, 0),
    "rlcf-lora": lambda job: rlcf(job, 16),
    "earlier": lambda job: rlcf(job, 16),
    "transformers": transformers,
    "openvino": openvino,
    "vllm": vllm,
    "llama.cpp-bf16": lambda job: llama(job, "bf16"),
    "llama.cpp-q8_0": lambda job: llama(job, "q8_0"),
    "llama.cpp-file": lambda job: llama(job, "file"),
}


def main() -> None:
    side, job = SIDES[sys.argv[1]], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    draw = side(job)
    print("RESULT {}", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        found = draw(int(line))
        found["seconds"] = time.perf_counter() - start
        print("RESULT " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
