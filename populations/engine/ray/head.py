"""The head of a cluster: what room it says there is, and for how long it has said nothing.

Make one `Head` for as long as the cluster is used, `look` at it regularly, and `close` it.
"""

import logging
import threading

from alife.configuration.keys import RunConfig
from populations.engine.ray import cluster

LOOK_SECONDS = 1.0
QUIET_SECONDS = 5.0
"""Silence of the head after which it is asked for nothing: who asks would be kept waiting."""
HEAD_SECONDS = 30.0
"""Silence of the head after which it is given up. After 60 s Ray ends the process, with no word to Python."""

_log = logging.getLogger(__name__)


class Head:
    """Asks Ray's head once a second what nodes there are, in a thread of its own: a head that is gone blocks who asks.

    Args:
        config: Says what a worker needs.

    Attributes:
        places: Workers that each node alive has resources for, however many of them are in use, by the node's id.
        silent: Seconds since it last answered, as far as `look` has counted them.
    """

    def __init__(self, config: RunConfig):
        self._config = config
        self._stop = threading.Event()
        self.places, self.silent = cluster.places(config), 0.0
        self._answers, self._seen = 1, 0
        self._thread = threading.Thread(target=self._watch, name="head", daemon=True)
        self._thread.start()

    @property
    def room(self) -> int:
        """Workers that all nodes alive have resources for."""
        return sum(self.places.values())

    def look(self, seconds: float) -> None:
        """Count the seconds since the last look as silence, unless it has answered meanwhile."""
        answers = self._answers
        self.silent, self._seen = self.silent + seconds if answers == self._seen else 0.0, answers

    @property
    def quiet(self) -> bool:
        """Whether to ask it for nothing for now."""
        return self.silent > QUIET_SECONDS

    @property
    def gone(self) -> bool:
        """Whether to give it up."""
        return self.silent > HEAD_SECONDS

    def close(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join(LOOK_SECONDS)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.places = cluster.places(self._config)
            except Exception as error:  # whatever it is, no answer came; who waits for answers decides
                _log.debug("the head of the cluster does not answer: %s", error)
                continue
            self._answers += 1
