"""Where the `alife` command begins: Ctrl-C while Python still imports ends it without a traceback."""

import signal


def main() -> int:
    """Import the command and run it; exit codes as of `alife.cli.main.main`."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # and not ignored, as under nohup
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from alife.cli.main import main as command

    signal.signal(signal.SIGINT, before)
    return command()
