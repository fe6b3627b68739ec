"""What every Python service of the platform is built from."""

# Before anything else can: whoever imports redis-py first decides what it drags in (see there).
from common import redis_client as redis_client
