"""The process: one server a port, a link, a clean end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from fallline.core.errors import RunError
from fallline.web.server import listening


def test_only_this_machine_reaches_it():
    with listening(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_second_server_on_the_port_is_refused():
    with listening(0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(RunError, match=f"port {port} is taken.*--port"):
            listening(port)


def test_the_command_prints_a_link_and_ends_on_ctrl_c(tmp_path):
    code = "import sys; from fallline.cli.main import main; sys.exit(main(['ui', 'new', '--port', '0', '--no-open']))"
    ran = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert ran.stdout is not None
        link = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S{20,})", ran.stdout.readline())
        assert link is not None
        runs = link[0].replace("/?", "/runs?")
        with pytest.raises(urllib.error.HTTPError, match="403"):  # no cookie is kept, so the way leads to a refusal
            urllib.request.urlopen(runs, timeout=20)
        assert (tmp_path / "new").is_dir()
        taken = subprocess.run(
            [sys.executable, "-m", "fallline", "ui", "new", "--port", link[1], "--no-open"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert (taken.returncode, taken.stdout) == (2, "")
        assert re.fullmatch(f"fallline: port {link[1]} is taken.*--port.*\n", taken.stderr)
        ran.send_signal(signal.SIGINT)
        assert ran.wait(20) == 130
        assert ran.stderr is not None
        assert ran.stderr.read() == ""
    finally:
        ran.kill()
        ran.communicate()


def test_it_starts_without_jax(tmp_path):
    code = (
        "import sys; from pathlib import Path; from fallline.web.server import Server\n"
        "Server(Path(sys.argv[1]), 'token', 1)\n"
        "sys.exit(len({'jax', 'polars', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_port_of_another_kind_of_server_is_taken_too():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(RunError, match="is taken"):
            listening(other.getsockname()[1])
