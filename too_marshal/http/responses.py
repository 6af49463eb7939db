"""What every response gets: headers that forbid much, and compression."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from too_marshal.http.service import service

POLICY = "; ".join(  # noqa: FLY002 - a list, one rule a line
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        # Bootstrap draws its arrows and ticks from data addresses.
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

COMPRESSIBLE = {"text/html", "text/plain", "application/json", "application/problem+json"}
MIN_COMPRESSED_SIZE = 500
"""Bytes; below, a header costs more than it saves."""


def install(app: Flask) -> None:
    """Finish every response of `app`."""
    # Run in the reverse of this order.
    app.after_request(_compress)
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # Pages hold what only this person may see.
    response.headers.setdefault("Cache-Control", "private, no-store")
    if service().settings.secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _compress(response: Response) -> Response:
    if (
        response.mimetype not in COMPRESSIBLE
        or response.is_streamed
        or response.direct_passthrough
        or "Content-Encoding" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if request.accept_encodings.quality("gzip") and len(body) >= MIN_COMPRESSED_SIZE:
        response.set_data(gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        if response.get_etag()[0] is not None:
            response.set_etag(str(response.get_etag()[0]), weak=True)
    return response
