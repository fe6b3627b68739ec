"""The way back: the old containers, which were kept, are started again, then the new ones leave. They are the very same containers,
with the image and the environment that they had."""

from __future__ import annotations

from dataclasses import dataclass

from devkit.base.errors import DevkitError
from devkit.compose.containers import Container
from devkit.compose.roll.commands import name_image
from devkit.compose.roll.plan import Plan, ServicePlan
from devkit.compose.roll.steps import Steps

__all__ = ["Back"]


@dataclass
class Back:
    steps: Steps

    def run(self) -> None:
        """All services, the last one first. Raises DevkitError where one cannot be put back."""
        for service in reversed(self.steps.plan.services):
            self.service(service)

    def service(self, service: ServicePlan) -> None:
        """One service. Raises DevkitError where its old containers are gone."""
        steps, policy = self.steps, service.back
        copies = steps.copies(service)
        gone = set(service.old) - {copy.id for copy in copies}
        if gone:
            names = ", ".join(sorted(each[:12] for each in gone))
            message = f"{service.name} cannot be put back as it was: {names} was removed meanwhile"
            raise DevkitError(
                message, fix=f"./devkit compose rollback {service.name} --to {service.before or 'DIGEST'}"
            )
        new = [copy for copy in copies if copy.id not in service.known]
        down = [copy for copy in copies if copy.id in service.old and not _serves(steps.plan, service, copy)]
        if not new and not down:
            return
        steps.say(f"{service.name}: going back")
        if policy.order == "stop-first":
            self._leave(service, new)
        while down:
            count = policy.batch(len(down))
            batch, down = down[:count], down[count:]
            for copy in batch:
                if copy.runs:  # it had lost its names already: what keeps it from being found is undone while it is stopped
                    steps.retire(service, copy)
            steps.bring_in(service, batch)
        if policy.order != "stop-first":
            self._leave(service, new)
        if service.before and steps.means(service.image) == service.image_id and _same_name(service, copies):
            steps.do(name_image(steps.docker, next(iter(service.old.values())), service.image))
        steps.journal.note(f"{service.name} is as it was")

    def _leave(self, service: ServicePlan, new: list[Container]) -> None:
        """New copies leave: one that may have traffic as any other does, one that never had any at once, before the proxy could send
        to it while it ends."""
        for copy in new:
            if copy.runs and _may_have_traffic(self.steps.plan, service, copy):
                self.steps.retire(service, copy)
            self.steps.discard(copy)


def _serves(plan: Plan, service: ServicePlan, copy: Container) -> bool:
    return copy.runs and all(copy.is_named(network) for network in plan.networks if network in service.names)


def _may_have_traffic(plan: Plan, service: ServicePlan, copy: Container) -> bool:
    """Whether the proxy may send to it, or others find it: by its names, or where those are there from the beginning."""
    networks = [network for network in service.names if network in plan.networks]
    routed = bool(service.routes) and copy.health in ("healthy", "")
    return routed or len(networks) < len(service.names) or any(copy.is_named(network) for network in networks)


def _same_name(service: ServicePlan, copies: list[Container]) -> bool:
    """Whether old and new image have one name, which moved."""
    return any(copy.image == service.image for copy in copies if copy.id in service.old)
