"""Asks whether DVC's default remote answers; a process of its own, which remote.py can give up after a time.

It prints the remote's name and address, and ends with 0 if the remote answers, whatever it answers: a server need not
know a folder by itself, and rights and certificates may be in DVC's settings. DVC takes an http server that is away
for one without the files.
"""

from __future__ import annotations

import ssl
import sys
import urllib.error
import urllib.request

NO_REMOTE, NO_DEFAULT = 3, 4
"""Exit statuses; 1 is a remote that cannot be reached, with the reason in the last line of stderr."""


def main() -> None:
    """Ask, and end with a status."""
    from dvc.repo import Repo

    repo = Repo(".")
    if not repo.config["remote"]:
        sys.exit(NO_REMOTE)
    if not repo.config["core"].get("remote"):
        sys.exit(NO_DEFAULT)
    remote = repo.cloud.get_remote()
    print(f"{remote.name}: {remote.path}", flush=True)
    try:
        if remote.fs.protocol in ("http", "https"):
            _ask(remote.path)
        elif not remote.fs.exists(remote.path) and remote.fs.protocol == "local":
            sys.exit("there is no such folder")
    except Exception as error:  # each kind of storage has errors of its own; all of them say that it is away
        sys.exit(" ".join(f"{type(error).__name__}: {error}".split())[:300])


def _ask(url: str) -> None:
    try:
        # DVC's own remote of this project, and nothing is read from it.
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=20).close()  # noqa: S310
    except urllib.error.HTTPError:
        pass
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLError):
            sys.exit(str(error.reason))


if __name__ == "__main__":
    main()
