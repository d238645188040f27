"""The explicit list of platforms that the sandbox serves."""

from __future__ import annotations

from jobs.sandbox import (
    bluesky,
    facebook,
    instagram,
    linkedin,
    mastodon,
    pinterest,
    telegram,
    threads,
    tiktok,
    x,
    youtube,
    zalo,
)
from jobs.sandbox.shape import Shape

SHAPES: dict[str, Shape] = {
    shape.key: shape
    for shape in (
        youtube.SHAPE,
        bluesky.SHAPE,
        mastodon.SHAPE,
        facebook.SHAPE,
        instagram.SHAPE,
        threads.SHAPE,
        tiktok.SHAPE,
        zalo.SHAPE,
        x.SHAPE,
        telegram.SHAPE,
        linkedin.SHAPE,
        pinterest.SHAPE,
    )
}
"""Platform key → shape."""
