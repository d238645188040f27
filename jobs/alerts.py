"""Tells a person what cannot wait: by e-mail or by a webhook. A failed alert fails no night."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from connectors import linkedin
from jobs.opening import Opened, night_clock, open_credentials
from tracker.errors import ReadError
from tracker.http import LiveHttp
from tracker.periods import LOCAL, local_date
from tracker.secrets import Secret, is_loopback, redact, remember
from tracker.settings import Settings

VERSION_MONTHS = 9
TOKEN_DAYS = 14
"""A token that only a person can prolong is told so many days before its end."""


def token_lines(opened: Opened) -> list[str]:
    """Say which tokens end soon, have ended or sleep; one line each."""
    clock = night_clock(opened.settings)
    credentials = open_credentials(opened, clock)
    lines = [credentials.locked] if credentials.locked else []
    now = clock()
    for kept in credentials.kept():
        again = f"tracker connect {kept.platform} --account {kept.account_id}"
        if kept.asleep:
            lines.append(f"token of {kept.account_id}: sleeps, it belongs to another machine")
        elif kept.ended is not None:
            lines.append(f"token of {kept.account_id}: {kept.ended}")
        elif kept.ends_at is not None and kept.ends_at - now < timedelta(days=TOKEN_DAYS):
            lines.append(f"token of {kept.account_id}: ends {_shown(kept.ends_at)}; {again}")
    return lines


def version_lines(opened: Opened) -> list[str]:
    """Warn of a LinkedIn version that ends soon: each lives for about twelve months."""
    if not any(row["platform"] == "linkedin" for row in opened.store.rows("account")):
        return []
    version = opened.settings.options.get("LINKEDIN_VERSION", linkedin.VERSION)
    today = local_date(night_clock(opened.settings)())
    age = linkedin.version_age_months(version, today)
    if age <= VERSION_MONTHS:
        return []
    return [
        f"LinkedIn's version {version} is {age} months old and ends after about 12; set a newer "
        "one with TRACKER_LINKEDIN_VERSION=YYYYMM"
    ]


def _shown(moment: datetime) -> str:
    return f"on {moment.astimezone(LOCAL):%Y-%m-%d %H:%M} (UTC+7)"


def send_alert(settings: Settings, subject: str, lines: Sequence[str]) -> list[str]:
    """Send an alert by every way that is set; give a line for each that did not work."""
    failures = []
    if "SMTP_URL" in settings.secrets and settings.alert_to:
        try:
            _send_mail(settings, subject, lines)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            failures.append(f"the alert was not sent to {settings.alert_to}: {redact(str(error))}")
    if "WEBHOOK_URL" in settings.secrets:
        failure = _call_webhook(settings, subject, lines)
        if failure is not None:
            failures.append(f"the alert was not sent to the webhook: {failure}")
    return failures


def _send_mail(settings: Settings, subject: str, lines: Sequence[str]) -> None:
    """Send one message. `smtps://` is encrypted from the start, `smtp://` by STARTTLS, which only a
    server on this machine may lack.
    """
    url = settings.secrets["SMTP_URL"].reveal()
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise ValueError("TRACKER_SMTP_URL must look like smtp://user:password@host:587")
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = settings.alert_from or settings.alert_to
    message["To"] = settings.alert_to
    message.set_content("\n".join(lines) + "\n")
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=30, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=30)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (server.has_extn("starttls") or not is_loopback(url)):
            server.starttls(context=context)
        if parts.username and parts.password:
            password = Secret(unquote(parts.password))
            remember(password)
            server.login(unquote(parts.username), password.reveal())
        server.send_message(message)


def _call_webhook(settings: Settings, subject: str, lines: Sequence[str]) -> str | None:
    """Post `{"text": …}`, which the usual chat services take; give what went wrong."""
    url = settings.secrets["WEBHOOK_URL"].reveal()
    if not url.startswith("https://") and not is_loopback(url):
        return "TRACKER_WEBHOOK_URL must begin with https://"
    text = "\n".join((subject, *lines))
    clock = night_clock(settings)
    with LiveHttp(user_agent="image-promotion-tracker", clock=clock, wait=time.sleep) as http:
        try:
            reply = http.post(url, {"text": text}, platform="webhook")
        except ReadError as error:
            return redact(str(error))
    return None if reply.status < 300 else f"HTTP {reply.status}"
