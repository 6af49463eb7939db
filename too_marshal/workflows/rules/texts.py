"""Texts of a rule, as people type them: trimmed, of bounded length, of those that are known."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

MAX_TEXTS, MAX_LENGTH = 40, 60


class Text:
    """Annotates one text."""

    def __init__(self, longest: int) -> None:
        """Bound its length.

        Parameters
        ----------
        longest
            Characters, spaces at its ends left out.
        """
        self.longest = longest

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check before the type is looked at: the sentence is the same for any fault."""
        return core_schema.no_info_before_validator_function(self._check, handler(str))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe it to programs."""
        return {**handler(schema), "maxLength": self.longest}

    def _check(self, value: Any) -> str:
        if not isinstance(value, str) or "\0" in value or len(value.strip()) > self.longest:
            raise ValueError(f"A text of at most {self.longest} characters.")
        return value.strip()


class Texts:
    """Annotates a list of texts, of those that are known if any are named."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self._text = Text(MAX_LENGTH)

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check before the type is looked at."""
        return core_schema.no_info_before_validator_function(self._check, handler(list[str]))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe it to programs."""
        element = {"enum": list(self.known)} if self.known else {"type": "string"}
        return {**handler(schema), "items": element, "maxItems": MAX_TEXTS}

    def _check(self, value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > MAX_TEXTS:
            raise ValueError(f"A list of at most {MAX_TEXTS} texts.")
        texts = [self._text._check(text) for text in value]  # noqa: SLF001 - the same rule
        strange = [text for text in texts if self.known and text not in self.known]
        if strange:
            known = ", ".join(self.known)
            raise ValueError(f"Unknown: {', '.join(strange)}. Known: {known}.")
        return list(dict.fromkeys(filter(None, texts)))
