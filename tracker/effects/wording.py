"""How both layers are said: one Vietnamese sentence, with one form of number.

Always both lines, and an effect is never called one unless it is told from chance
(docs/methods.md, section 6, "Wording"). Values only: knows no panel and no frame.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from tracker.effects.estimated import SENSITIVITY, Effect
from tracker.effects.observed import Change

ALPHA, FALSE_DISCOVERIES = 0.05, 0.10
"""An effect is told from chance below the first by itself, and below the second after adjusting
over all units of the indicator."""
NOT_DISTINGUISHABLE_VI = "không phân biệt được với ngẫu nhiên"
DISTINGUISHABLE_VI = "khác với ngẫu nhiên"
ALONE_VI = (
    "khác với ngẫu nhiên nếu xét riêng, nhưng các địa phương có chương trình xét chung thì không: "
    "chưa nên kết luận"
)
NO_CHANCE_VI = "không đánh giá được mức độ ngẫu nhiên"
SENSITIVITY_VI = "chỉ để đối chiếu, không phải kết luận"
OBSERVED_VI = "thay đổi quan sát được"
BESIDE_VI = "so với các địa phương tương đồng"
MOST_DECIMALS = 6


def decimals_of(*values: float | None) -> int:
    """Give the decimals that show three digits of the largest of some numbers."""
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    if largest == 0 or not math.isfinite(largest):
        return 0
    return min(MOST_DECIMALS, max(0, 2 - math.floor(math.log10(largest))))


def number(value: float | None, decimals: int | None = None, *, sign: bool = False) -> str:
    """Write a number the Vietnamese way, halves away from zero, as `tables.number_text` does;
    unknown is `…`.

    `decimals` None = those that show three digits.
    """
    if value is None:
        return "…"
    places = decimals_of(value) if decimals is None else decimals
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if rounded == 0:
        rounded = abs(rounded)
    text = f"{rounded:,f}".replace(",", "\0").replace(".", ",").replace("\0", ".")
    return f"+{text}" if sign and rounded > 0 else text


def interval(value: float, low: float | None, high: float | None, unit_vi: str = "") -> str:
    """Write a number with its sign, unit and interval, all with the same decimals: `+12,0 %
    [4,0; 21,0]`.

    A side that is open shows `…`; without both there is no interval.
    """
    places = decimals_of(value, low, high)
    unit = f" {unit_vi}" if unit_vi else ""
    if low is None and high is None:
        return f"{number(value, places, sign=True)}{unit}"
    ends = f"[{number(low, places)}; {number(high, places)}]"
    return f"{number(value, places, sign=True)}{unit} {ends}"


def observed_vi(change: Change | None, unit_vi: str = "", *, percent: bool = False) -> str:
    """Say layer A: the change in `unit_vi`, or in percent where that is asked for and bounded; else
    why there is none."""
    if change is None or change.difference is None:
        reason = None if change is None else change.reason
        return f"{OBSERVED_VI}: chưa tính được ({reason or 'không áp dụng'})"
    ends = (change.percent_low, change.percent_high)
    if percent and change.percent is not None and None not in ends:
        return f"{OBSERVED_VI} {interval(change.percent, *ends, '%')}"
    return f"{OBSERVED_VI} {interval(change.difference, change.low, change.high, unit_vi)}"


def beside_vi(
    effect: Effect,
    unit_vi: str = "",
    *,
    q: float | None = None,
    together: Effect | None = None,
) -> str:
    """Say layer B: the effect with its verdict, or why there is none.

    `q`: the p-value adjusted over the units of the indicator; `together`: all treated units.
    """
    shown = in_percent(effect)
    if shown is None:
        reason = "không áp dụng" if effect.refusal is None else effect.refusal.reason
        return f"{BESIDE_VI}: không kết luận được ({reason})"
    line = interval(*shown, "%" if effect.log else unit_vi)
    return f"{BESIDE_VI} {line}, {verdict(effect, q, together)}"


def both_vi(
    change: Change | None,
    effect: Effect,
    unit_vi: str = "",
    *,
    q: float | None = None,
    together: Effect | None = None,
) -> str:
    """Say both layers, always in this order; without a capital and without a full stop."""
    seen = observed_vi(change, unit_vi, percent=effect.log)
    return f"{seen}; {beside_vi(effect, unit_vi, q=q, together=together)}"


def in_percent(effect: Effect) -> tuple[float, float | None, float | None] | None:
    """Give estimate, low and high: in percent of what would have been where logarithms were taken,
    else as they are; None = refused."""
    if effect.estimate is None:
        return None
    return effect.percent or (effect.estimate, effect.low, effect.high)


def is_sure(effect: Effect, q: float | None = None, together: Effect | None = None) -> bool:
    """Say whether an effect is told from chance.

    p at most 5 % by itself; q at most 10 % among all units of the indicator, where it is given; and
    all treated units together at most 5 %, where they could be tested. A sensitivity line never is.
    """
    return _alone(effect, q) and not _fails(together)


def verdict(effect: Effect, q: float | None = None, together: Effect | None = None) -> str:
    """Say in Vietnamese whether a known effect is told from chance."""
    if effect.method in SENSITIVITY:
        return SENSITIVITY_VI
    if effect.p is None:
        return NO_CHANCE_VI
    if not _alone(effect, q):
        return NOT_DISTINGUISHABLE_VI
    return ALONE_VI if _fails(together) else DISTINGUISHABLE_VI


def _alone(effect: Effect, q: float | None) -> bool:
    tested = effect.p is not None and effect.p <= ALPHA and effect.method not in SENSITIVITY
    return tested and (q is None or q <= FALSE_DISCOVERIES)


def _fails(together: Effect | None) -> bool:
    return together is not None and together.p is not None and together.p > ALPHA
