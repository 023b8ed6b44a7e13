"""What goes over the wire. The same models make the OpenAPI page at `/docs`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Item(BaseModel):
    """One program to judge: `prompt` + `completion`."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field("", description="Beginning of the program, not written by the model")
    completion: str = Field(description="What the model wrote")
    reference: str | None = Field(None, description="A right completion, for the comparator")


class ScoreRequest(BaseModel):
    """A batch."""

    model_config = ConfigDict(extra="forbid")

    items: list[Item] = Field(min_length=1)
    language: str | None = Field(
        None, description="Of all items; must be one of the server's. By default its first"
    )
    deadline_seconds: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="After that, what is not judged is answered as unscored",
    )


class DiagnosticModel(BaseModel):
    """One message of the compiler; offsets are in characters of `prompt` + `completion`."""

    severity: str
    code: str
    error_class: str = Field(alias="class", description="Language-neutral kind of error")
    message: str
    line: int
    column: int
    start: int
    end: int


class ScoreResult(BaseModel):
    """What is said of one program."""

    reward: float | None = Field(description="In [-1, 1]; null: unscored, no reward at all")
    verdict: str = Field(description="accepted, rejected or unscored")
    similarity: float | None = Field(description="The comparator's word in (-1, 1), if asked")
    reason: str = Field("", description="Why it is unscored")
    diagnostics: list[DiagnosticModel] = []


class ScoreResponse(BaseModel):
    """Results in the order of the items."""

    results: list[ScoreResult]


class OpenRLHFRequest(BaseModel):
    """What OpenRLHF sends to `--reward.remote_url`."""

    query: list[str]
    prompts: list[str]
    labels: list[str | dict[str, object] | None]
