"""A client of providers that let people in: OAuth 2.0 (code flow) and OpenID Connect.

References
----------
RFC 6749 (OAuth 2.0), 7009 (revocation), 7636 (PKCE), 9207 (who has answered), 9700 (security);
OpenID Connect Core 1.0 and Discovery 1.0.
"""
