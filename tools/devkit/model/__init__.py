"""The platform as data: the table and its services, and what a service type says of itself."""

from devkit.model.local import Absent, LocalSite
from devkit.model.service import (
    WEBHOOK_ROUTES,
    Probes,
    Resources,
    Secret,
    Service,
    StandIn,
    Variable,
    Webhook,
    WebhookOrder,
)
from devkit.model.service_type import (
    Build,
    Card,
    Connection,
    Container,
    Environment,
    Keys,
    Launch,
    Measured,
    Mistake,
    ProjectCheck,
    Scaffold,
    ServiceType,
    Verification,
    VerifySite,
)
from devkit.model.staging import Route, Staging, StagingVariable
from devkit.model.table import MeshRelease, Table, WebhookProvider

__all__ = [
    "WEBHOOK_ROUTES", "Absent", "Build", "Card", "Connection", "Container", "Environment", "Keys", "Launch", "LocalSite",
    "Measured", "MeshRelease", "Mistake", "Probes", "ProjectCheck", "Resources", "Route", "Scaffold",
    "Secret", "Service", "ServiceType", "Staging", "StagingVariable", "StandIn", "Table", "Variable", "Verification", "VerifySite", "Webhook", "WebhookOrder",
    "WebhookProvider",
]  # fmt: skip
