"""Mistakes that people make with webhook signatures, each made for real: what their receiver had in the end.

Every signature is computed here by `hmac`, not by the code under test. `cause` is what devkit must say; `proven` whether it
must have proven it. docs/webhook-mistakes.md lists the same ones.
"""

from tests.support.webhook_mistakes.bodies import BODIES
from tests.support.webhook_mistakes.contents import CONTENTS, NOTHING, TWO
from tests.support.webhook_mistakes.headers import SIGNATURES
from tests.support.webhook_mistakes.secrets import SECRETS
from tests.support.webhook_mistakes.senders import NOW, Mistake, Sender
from tests.support.webhook_mistakes.wrapped import WRAPPED

__all__ = ["MISTAKES", "NOW", "Mistake", "Sender"]

MISTAKES = (*BODIES, *WRAPPED, *SECRETS, *SIGNATURES, *CONTENTS, *TWO, *NOTHING)
