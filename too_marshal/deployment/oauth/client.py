"""A client that is registered at a provider: leads people there, and reads what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from too_marshal.deployment.oauth.errors import AnswerRefused, GrantEnded
from too_marshal.deployment.oauth.exchange import Reply, fetch, post
from too_marshal.deployment.oauth.id_token import read_id_token
from too_marshal.deployment.oauth.messages import Request, Tokens, tokens_of
from too_marshal.deployment.oauth.provider import Endpoints, Provider


@dataclass(frozen=True)
class Client:
    """A client of one provider."""

    provider: Provider
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    redirect_uri: str

    def address(self, request: Request, **more: str) -> str:
        """Where to lead a browser.

        Parameters
        ----------
        request
            What the answer will be held against.
        **more
            Further parameters of the request.

        Raises
        ------
        ProviderUnavailable
            If the provider does not say where.
        """
        address: str = prepare_grant_uri(
            self.provider.endpoints().authorization,
            client_id=self.client_id,
            response_type="code",
            redirect_uri=self.redirect_uri,
            scope=self.scope,
            state=request.state,
            nonce=request.nonce,
            code_challenge=create_s256_code_challenge(request.verifier),
            code_challenge_method="S256",
            **more,
        )
        return address

    def redeem(
        self, request: Request, answer: Mapping[str, str]
    ) -> tuple[Tokens, Mapping[str, Any]]:
        """Tokens, and the claims of who has logged in, for what came back with a browser.

        Raises
        ------
        AnswerRefused
            If the provider refuses, or it is no answer to this request.
        ProviderUnavailable
            If the provider gives no answer.
        """
        if error := answer.get("error"):
            raise AnswerRefused(f"The provider lets nobody in ({_word(error)}).")
        endpoints = self.provider.endpoints()
        # RFC 9207: what another provider has answered must not be redeemed here.
        if answer.get("iss", "" if endpoints.names_itself else None) not in (
            self.provider.issuer, None,
        ):  # fmt: skip
            raise AnswerRefused("Another provider has answered.")
        if not (code := answer.get("code")):
            raise AnswerRefused("The answer holds nothing that lets anybody in.")
        form = prepare_token_request(
            "authorization_code", redirect_uri=self.redirect_uri, code=code,
            code_verifier=request.verifier,
        )  # fmt: skip
        reply = self._post(endpoints, endpoints.token, form)
        if reply.status != 200:
            raise AnswerRefused("The provider takes the answer no more: begin again.")
        tokens = tokens_of(reply)
        claims = read_id_token(
            self.provider, tokens.id, client_id=self.client_id, nonce=request.nonce
        )
        return tokens, claims

    def userinfo(self, tokens: Tokens, subject: str) -> Mapping[str, Any]:
        """What the provider tells of a person beside the ID token; empty if it tells nothing.

        Raises
        ------
        AnswerRefused
            If it is of somebody else.
        ProviderUnavailable
            If no answer comes.
        """
        if not (address := self.provider.endpoints().userinfo):
            return {}
        told = fetch(address, {"Authorization": f"Bearer {tokens.access}"})
        if told.get("sub") != subject:
            raise AnswerRefused("The provider tells of another person than the one who logs in.")
        return told

    def refresh(self, refresh_token: str) -> Tokens:
        """Tokens for a refresh token.

        Raises
        ------
        GrantEnded
            If it is good no more.
        AnswerRefused
            If the provider refuses for another reason.
        ProviderUnavailable
            If no answer comes: the token may have been exchanged all the same.
        """
        endpoints = self.provider.endpoints()
        form = prepare_token_request("refresh_token", refresh_token=refresh_token)
        reply = self._post(endpoints, endpoints.token, form)
        if reply.status == 200:
            return tokens_of(reply)
        error = _word(str(reply.document.get("error", f"http_{reply.status}")))
        if error == "invalid_grant":
            raise GrantEnded(error)
        raise AnswerRefused(f"The provider gives no token ({error}).")

    def revoke(self, refresh_token: str) -> bool:
        """End a refresh token at the provider; returns whether it says that it has.

        Raises
        ------
        ProviderUnavailable
            If no answer comes.
        """
        endpoints = self.provider.endpoints()
        if not endpoints.revocation:
            return False
        form, _ = prepare_revoke_token_request(refresh_token, "refresh_token")
        return self._post(endpoints, endpoints.revocation, form).status == 200

    def _post(self, endpoints: Endpoints, address: str, form: str) -> Reply:
        method = "client_secret_post" if endpoints.posts_secret else "client_secret_basic"
        client = ClientAuth(self.client_id, self.client_secret, method)
        _, headers, body = client.prepare("POST", address, {}, form)
        return post(address, body, headers)


def _word(text: str) -> str:
    """A code of the protocol; what else a browser brings along is not repeated."""
    return text if text.isascii() and text.replace("_", "").isalnum() and len(text) < 40 else "?"
