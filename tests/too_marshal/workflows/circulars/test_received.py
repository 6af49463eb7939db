"""Circulars of others are cited by their first author."""

from __future__ import annotations

import pytest

from too_marshal.workflows.circulars.received import cited_author


@pytest.mark.parametrize(
    ("body", "author"),
    [
        (
            "Tomas Ahumada (CIT), Viraj Karambelkar (CIT), report on behalf of ZTF:\n\nWe",
            "T. Ahumada et al.",
        ),
        (
            "J.D. Gropp (PSU), K. L. Page (U Leicester) and others report:\n\nAt",
            "J.D. Gropp et al.",
        ),
        ("Derek B. Fox and S. Bradley Cenko report on behalf of\nthe CNC:\n\n", "D. B. Fox et al."),
        ("E.S. Rykoff (U Mich) reports:\n\nWe saw", "E.S. Rykoff"),
        ("A. de Ugarte Postigo (HETH), C. Thoene:\n\nWe", "A. de Ugarte Postigo et al."),
        (
            "The LIGO Scientific Collaboration, the Virgo Collaboration report:\n\nWe",
            "The LIGO Scientific Collaboration et al.",
        ),
        ("At 10:00 UT we observed the field of it.", "A. Person et al."),
        ("", "A. Person et al."),
    ],
)
def test_the_first_author_is_cited(body: str, author: str):
    assert cited_author(body, "Anna Person at Caltech") == author
