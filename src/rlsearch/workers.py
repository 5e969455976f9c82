"""What every worker process of a pool does first."""

from __future__ import annotations

import multiprocessing
import os
import threading


def die_with_parent() -> None:
    """End this worker when its parent is killed: a pool's workers would otherwise wait for work for ever."""

    def wait() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            # sys.exit() would end this thread alone.
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
