"""A synthetic country served over real HTTP in the platforms' own shapes: for demo and tests."""

from jobs.sandbox.history import write_history
from jobs.sandbox.register import write_merger, write_register
from jobs.sandbox.start import Sandbox, start_sandbox
from jobs.sandbox.world import World

__all__ = ["Sandbox", "World", "start_sandbox", "write_history", "write_merger", "write_register"]
