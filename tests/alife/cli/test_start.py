"""Ctrl-C at any moment of the command's start: nobody wants to read a traceback of imports."""

import signal
import subprocess
import sys
import time

import pytest

HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""Whoever runs the tests may ignore it."""

SLOW = f"""{HEARD}
import sys, time
class Slow:
    def find_spec(self, name, *rest):
        name == "pydantic" and time.sleep(5)
sys.meta_path.insert(0, Slow())
print("begun", flush=True)
from alife.cli.start import main
main()
"""


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.6])
def test_ctrl_c_while_python_imports(seconds: float) -> None:
    command = [sys.executable, "-c", SLOW, "run", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as begun:
        assert begun.stdout is not None
        assert begun.stdout.readline() == "begun\n"
        time.sleep(seconds)
        begun.send_signal(signal.SIGINT)
        said = begun.communicate(timeout=60)[1]
    assert (begun.returncode, said) == (-signal.SIGINT, "")


def test_a_command_has_the_signals_that_were() -> None:
    code = (
        f"{HEARD}import alife.cli.main as m\n"
        "m.main = lambda: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler) or 0\n"
        "from alife.cli.start import main\nmain()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"
