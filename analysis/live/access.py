"""Who may look: anybody on this machine where only it is served, and who has the token elsewhere."""

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

LEAST: Final = 16
"""Characters of a token."""
COOKIE: Final = "alife-token"
_NAMES: Final = ("localhost", "localhost.")


def is_loopback(host: str) -> bool:
    """Whether what is bound to a host only this machine reaches."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _NAMES


def new_token() -> str:
    """One that nobody guesses."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Access:
    """What is asked of whoever comes.

    Attributes:
        token: That has to be shown; "" if none has.
    """

    token: str = ""

    def refused(self, host: str, cookie: str, authorization: str, shown: str | None) -> tuple[int, str]:
        """The status that somebody is sent away with, and why; (0, "") if he may look.

        Args:
            host: The header `Host`. Without a token it has to be a name of this machine: a page from elsewhere whose
                name was made to lead here is refused.
            cookie: The header `Cookie`.
            authorization: The header `Authorization`.
            shown: The token in the address, if there is one.
        """
        if not self.token:
            name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
            return (0, "") if is_loopback(name) else (403, "Asked for under a name that is not this machine's.")
        given = [shown, _cookie(cookie), authorization.removeprefix("Bearer ").strip() or None]
        known = [each for each in given if each is not None]
        if not known:
            return 401, "A token is needed: open the address that 'alife serve' has printed."
        if any(hmac.compare_digest(each.encode(), self.token.encode()) for each in known):
            return 0, ""
        return 403, "The token is not the one that 'alife serve' has printed."


def _cookie(header: str) -> str | None:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None
