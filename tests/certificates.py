"""Certificates for brokers that speak TLS, made by openssl."""

import shutil
import subprocess
from pathlib import Path


def has_openssl() -> bool:
    """Whether certificates can be made here."""
    return shutil.which("openssl") is not None


class Certificates:
    """A certificate for this machine, and the authority that vouches for it.

    Attributes:
        ca_file: What a client has to trust.
    """

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "ca.crt"
        self._folder = folder
        extensions = folder / "extensions"
        extensions.write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n"
        )
        new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        self._openssl(
            f"req -x509 {new} -keyout ca.key -out ca.crt -days 2 -subj /CN=pitboard-tests "
            "-addext keyUsage=critical,keyCertSign,cRLSign"
        )
        self._openssl(f"req -new {new} -keyout server.key -out server.csr -subj /CN=localhost")
        self._openssl(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "
            "-extfile extensions -out server.crt"
        )

    @property
    def settings(self) -> str:
        """Settings with which mosquitto speaks TLS, and nothing else, on its listener."""
        return f"certfile {self._folder}/server.crt\nkeyfile {self._folder}/server.key\n"

    def _openssl(self, command: str) -> None:
        done = subprocess.run(
            ["openssl", *command.split()],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=60.0,
            check=False,
        )
        assert done.returncode == 0, done.stderr
