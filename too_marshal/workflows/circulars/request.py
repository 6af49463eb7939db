"""What a person says of a circular that is to be drafted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from gcn_templates import KINDS, Candidate, Retracted, Target
from telescopes import TELESCOPES
from too_marshal.workflows.errors import Invalid

MAX_CANDIDATES = 30
"""More do not fit into a circular: they belong on a page that it names."""

Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
RightAscension = Annotated[float, Field(ge=0, lt=360, description="ICRS, deg")]
Declination = Annotated[float, Field(ge=-90, le=90, description="ICRS, deg")]


class RequestInvalid(Invalid):
    """What was asked of a circular cannot be; the message names the field."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class AskedCandidate(_Asked):
    """A possible counterpart."""

    name: Annotated[Word, Field(min_length=1, description="our own")]
    tns_name: Annotated[Word, Field(description="of the Transient Name Server")] = ""
    ra: RightAscension
    dec: Declination
    magnitude: Annotated[float, Field(gt=-10, lt=40, description="AB")]
    filter: Annotated[Word, Field(min_length=1)]
    time: Annotated[AwareDatetime, Field(description="of the magnitude")]
    host_redshift: Annotated[float | None, Field(gt=-0.01, lt=20)] = None
    comment: Sentence = ""

    def fact(self) -> Candidate:
        """As the texts take it."""
        return Candidate(**self.model_dump())


class AskedTarget(_Asked):
    """A place whose source was looked for."""

    name: Annotated[Word, Field(min_length=1)]
    ra: RightAscension
    dec: Declination

    def fact(self) -> Target:
        """As the texts take it."""
        return Target(**self.model_dump())


class AskedRetraction(_Asked):
    """A candidate of ours that is none."""

    name: Annotated[Word, Field(min_length=1)]
    reason: Annotated[Sentence, Field(min_length=1)]
    circular: Annotated[int | None, Field(ge=1, le=10**7)] = None

    def fact(self) -> Retracted:
        """As the texts take it."""
        return Retracted(**self.model_dump())


class CircularRequest(_Asked):
    """What is asked of a circular."""

    kind: Annotated[str, Field(description=" | ".join(KINDS))] = "observations"
    telescopes: Annotated[list[str], Field(max_length=10)] = []
    authors: Annotated[
        list[Word], Field(max_length=60, description="usernames, in the order of authors")
    ] = []
    further_authors: Annotated[
        list[Annotated[str, StringConstraints(strip_whitespace=True, max_length=160)]],
        Field(max_length=60, description="people who have no account here, as printed"),
    ] = []
    collaboration: Annotated[Sentence, Field(description="on whose behalf")] = ""
    is_target_of_opportunity: bool | None = True
    gaps: Annotated[
        Literal["counted", "not accounted for", "not stated"],
        Field(description="whether gaps between detectors are taken off"),
    ] = "counted"
    states_unreachable: Annotated[
        bool, Field(description="whether it says how much the site could not observe")
    ] = True
    citations: Annotated[
        list[int] | None,
        Field(max_length=30, description="numbers of circulars; null: the first, and ours"),
    ] = None
    since: Annotated[
        AwareDatetime | None,
        Field(description="of later observations: after this; null: after our last circular"),
    ] = None
    saved_candidates: Annotated[
        list[int],
        Field(
            max_length=MAX_CANDIDATES,
            description="numbers of the event's candidates, measured by their last alerts",
        ),
    ] = []
    candidates: Annotated[
        list[AskedCandidate], Field(max_length=MAX_CANDIDATES, description="further ones")
    ] = []
    target: AskedTarget | None = None
    retraction: AskedRetraction | None = None
    remarks: Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000)] = ""

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"the kinds are {', '.join(KINDS)}")
        return kind

    @model_validator(mode="after")
    def _place_where_it_belongs(self) -> CircularRequest:
        if self.target is not None and not KINDS[self.kind].is_of_a_place:
            raise ValueError(f"target: a circular of kind {self.kind} is of no single place")
        return self

    @field_validator("telescopes")
    @classmethod
    def _known_telescopes(cls, names: list[str]) -> list[str]:
        if strange := [name for name in names if name not in TELESCOPES]:
            raise ValueError(f"there is no telescope {', '.join(strange)}")
        return list(dict.fromkeys(names))


def read_request(values: Any) -> CircularRequest:
    """Read what was asked.

    Raises
    ------
    RequestInvalid
        If a value cannot be.
    """
    try:
        return CircularRequest.model_validate(values)
    except ValidationError as err:
        problems = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}"
            for each in err.errors()
        ]
        raise RequestInvalid("; ".join(problems)[:1000]) from None
