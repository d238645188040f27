"""Token services of the synthetic country: codes, access tokens, refresh tokens, in any platform's
terms. Every token names its account, so that a reader that mixes accounts is found out.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobs.sandbox import country
from jobs.sandbox.country import SyntheticAccount


def code_for(key: str) -> str:
    """Give the code that the consent of an account's owner brings to the redirect address."""
    return f"ma-dong-y-{key}"


@dataclass(frozen=True)
class Pair:
    """What a token service hands out; ends are Unix seconds, None = no end."""

    access: str
    refresh: str
    ends: int | None
    refresh_ends: int | None


class TokenService:
    """Issues and checks the tokens of one platform.

    `life` and `refresh_life` are seconds, None = for ever. `single_use`: a refresh token works
    once, and using it a second time brings nothing. With `lasting_end` refreshing does not move the
    end of the refresh token.
    """

    def __init__(
        self,
        platform: str,
        life: int | None,
        refresh_life: int | None,
        *,
        single_use: bool = False,
        lasting_end: bool = False,
    ) -> None:
        self.platform, self.life, self.refresh_life = platform, life, refresh_life
        self.single_use, self.lasting_end = single_use, lasting_end
        self.pairs: dict[str, Pair] = {}
        self.used: set[str] = set()
        self.renewals: dict[str, int] = {}

    def by_code(self, code: str, now: int) -> tuple[SyntheticAccount, Pair] | None:
        """Issue the first pair for a code; None for a wrong one."""
        key = code.removeprefix("ma-dong-y-")
        try:
            account = country.account(key)
        except KeyError:
            return None
        if account.platform != self.platform or key == code:
            return None
        return account, self._issue(account, now, None)

    def by_refresh(self, refresh: str, now: int) -> tuple[SyntheticAccount, Pair] | str:
        """Issue the next pair for a refresh token, or say `used`, `ended` or `unknown`."""
        account = self._named(refresh, "refresh")
        if account is None:
            return "unknown"
        known = self.pairs.get(account.id)
        if refresh in self.used:
            return "used"
        if known is None or known.refresh != refresh:
            return "unknown"
        if known.refresh_ends is not None and now >= known.refresh_ends:
            return "ended"
        if self.single_use:
            self.used.add(refresh)
        return account, self._issue(account, now, known)

    def who(self, access: str, now: int) -> SyntheticAccount | None:
        """Find whose access token this is; None for one that is wrong, replaced or has ended."""
        account = self._named(access, "access")
        known = self.pairs.get(account.id) if account else None
        if known is None or known.access != access:
            return None
        return account if known.ends is None or now < known.ends else None

    def _issue(self, account: SyntheticAccount, now: int, before: Pair | None) -> Pair:
        turn = self.renewals[account.id] = self.renewals.get(account.id, 0) + 1
        keeps = before is not None and not self.single_use
        refresh = before.refresh if before and keeps else self._token(account, "refresh", turn)
        ends = None if self.refresh_life is None else now + self.refresh_life
        if before is not None and self.lasting_end:
            ends = before.refresh_ends
        pair = Pair(
            self._token(account, "access", turn),
            refresh,
            None if self.life is None else now + self.life,
            ends,
        )
        self.pairs[account.id] = pair
        return pair

    def _token(self, account: SyntheticAccount, kind: str, turn: int) -> str:
        return f"gialap-{kind}-{self.platform}-{account.number}-{turn}"

    def _named(self, token: str, kind: str) -> SyntheticAccount | None:
        pieces = token.split("-")
        if pieces[:3] != ["gialap", kind, self.platform] or len(pieces) != 5:
            return None
        number = int(pieces[3]) if pieces[3].isdigit() else -1
        every = country.every_account()
        return every[number] if 0 <= number < len(every) else None
