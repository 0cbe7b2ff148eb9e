"""Loopback stand-ins of Salesforce, HubSpot and Zendesk over a generated portfolio.

::

    from connectors.simulator import start

    with start(customers=500, seed=7) as simulator:
        simulator.urls["salesforce"], simulator.credentials["salesforce"]
"""

from .faults import Faults
from .portfolio import Portfolio, generate
from .server import Simulator, start

__all__ = ["Faults", "Portfolio", "Simulator", "generate", "start"]
