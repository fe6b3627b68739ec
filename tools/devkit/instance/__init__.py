"""A private instance of the platform: a copy of the repository, databases and processes of its own, and a flow that is driven
through it. Nothing of it is left when it ends; the developer's platform is not touched and need not run.

>>> with private_instance(root) as instance:
...     instance.run()
...     for flow in chosen_flows(instance.root, []):
...         print(flow.drive(instance.site()))
"""

from devkit.instance.flows import Flow, chosen_flows
from devkit.instance.instance import PrivateInstance
from devkit.instance.opening import private_instance

__all__ = ["Flow", "PrivateInstance", "chosen_flows", "private_instance"]
