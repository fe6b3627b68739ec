"""Sign-in, sign-out, and who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Header, HTTPException, Request, Response
from pydantic import BaseModel, SecretStr

from gateway.context import Context, GatewayContext
from gateway.rate_limit import client_of
from gateway.sessions import COOKIE, LIFETIME_SECONDS
from gateway.sign_in_limit import too_many
from gateway.users import authenticate

__all__ = ["require_user", "routes"]

routes = APIRouter(prefix="/api/v1/auth", tags=["auth"])

SessionCookie = Annotated[str | None, Cookie(alias=COOKIE)]


class Credentials(BaseModel):
    """The sign-in form."""

    email: str
    password: SecretStr


class SignedIn(BaseModel):
    """Who is signed in."""

    email: str


class Offer(BaseModel):
    """Whether the page may offer to sign in as the seeded user without a password, and as whom."""

    development: bool
    email: str | None = None


async def require_user(context: Context, cookie: SessionCookie = None) -> str:
    """FastAPI dependency: the signed-in user's e-mail address, or 401."""
    email = await context.sessions.email(cookie)
    if email is None:
        raise HTTPException(401, "not signed in")
    return email


async def require_web_page(context: Context, origin: Annotated[str | None, Header()] = None) -> None:
    """FastAPI dependency: 403 for a browser on another page, which could sign its visitor in as somebody else.

    Tools send no `Origin`, and carry no visitor's cookies.
    """
    if origin is not None and origin != context.settings.web_url:
        raise HTTPException(403, "not from this page")


_FROM_WEB_PAGE = [Depends(require_web_page)]


@routes.post("/login", dependencies=_FROM_WEB_PAGE)
async def login(context: Context, request: Request, response: Response, credentials: Credentials) -> SignedIn:
    """Opens a session; 401 when e-mail address or password is wrong, 429 after too many of those."""
    password, client = credentials.password.get_secret_value(), client_of(request.scope)
    wait = await context.sign_ins.wait(credentials.email, client)
    if wait:
        raise HTTPException(429, too_many(wait), headers={"Retry-After": str(wait)})
    if not await authenticate(context.database, credentials.email, password):
        raise HTTPException(401, "e-mail address or password is wrong")
    await context.sign_ins.succeeded(credentials.email, client)
    return await _open(context, response, credentials.email.lower())


@routes.post("/logout", status_code=204, dependencies=_FROM_WEB_PAGE)
async def logout(context: Context, response: Response, cookie: SessionCookie = None) -> None:
    """Ends the session."""
    await context.sessions.close(cookie)
    response.delete_cookie(COOKIE)


@routes.get("/me")
async def me(email: Annotated[str, Depends(require_user)]) -> SignedIn:
    """Who is signed in; 401 when nobody is."""
    return SignedIn(email=email)


@routes.get("/offer", response_model_exclude_none=True)
async def offer(context: Context) -> Offer:
    """In development, whom the page may offer to sign in as."""
    development = context.settings.development
    return Offer(development=development, email=context.settings.login_email if development else None)


@routes.post("/dev-login", dependencies=_FROM_WEB_PAGE)
async def development_login(context: Context, response: Response) -> SignedIn:
    """Signs in as the seeded user; outside development this route does not exist."""
    if not context.settings.development:
        raise HTTPException(404)
    return await _open(context, response, context.settings.login_email.lower())


async def _open(context: GatewayContext, response: Response, email: str) -> SignedIn:
    response.set_cookie(
        COOKIE,
        await context.sessions.open(email),
        max_age=LIFETIME_SECONDS,
        httponly=True,
        samesite="lax",
        secure=not context.settings.development,
    )
    return SignedIn(email=email)
