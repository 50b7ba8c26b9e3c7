"""A Dockerfile carried out on a bare Debian: where nothing builds containers, steps can still be wrong."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

# How this machine reaches its package indexes; a root of its own knows nothing of that.
INDEXES = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
WHEELS = ("/opt/wheels", "/opt/pypi", "/opt/pypi-more")


def steps(text):
    """(instruction, rest) of a Dockerfile without comments."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


class BareDebian:
    """A root folder with a minimal Debian, in which the steps of one Dockerfile are carried out."""

    def __init__(self, root, suite):
        self.root, self.environment, self.user, self.folder = Path(root), {}, "root", "/"
        command = ["debootstrap", "--variant=minbase", suite, str(root), "http://deb.debian.org/debian"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def build(self, context, arguments):
        """Carry out all steps but FROM; what is copied comes from the folder `context`."""
        for instruction, rest in steps((context / "Dockerfile").read_text()):
            getattr(self, f"_{instruction.lower()}")(rest, context, arguments)

    def run(self, *arguments, user=None, entry=True):
        """The container's command, as `docker run --user` does; a finished process."""
        command = [*(self.entry if entry else []), *map(str, arguments)]
        user = self.user if user is None else user
        shell = f"cd {shlex.quote(self.folder)} && exec {shlex.join(command)}"
        chroot = ["chroot", f"--userspec={user}", str(self.root), "/bin/sh", "-c", shell]
        # As every container has it; PyTorch asks it for the processor. Gone with the process.
        mounted = f"mount -t proc proc {shlex.quote(str(self.root / 'proc'))} && exec {shlex.join(chroot)}"
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", mounted],
            env={"PATH": path} | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextlib.contextmanager
    def _indexes(self):
        """This machine's way to its package indexes, for as long as something is installed."""
        kept = {}
        for name in filter(os.path.exists, INDEXES):
            place = self.root / name[1:]
            kept[place] = place.read_bytes() if place.exists() else None
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, place)
        for name in filter(os.path.exists, WHEELS):
            shutil.copytree(name, self.root / name[1:], copy_function=os.link)
        try:
            yield {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        finally:
            for place, data in kept.items():
                place.unlink()
                if data is not None:
                    place.write_bytes(data)
            for name in WHEELS:
                shutil.rmtree(self.root / name[1:], ignore_errors=True)

    def _from(self, rest, context, arguments):
        assert rest.split(":")[0] == "debian"

    def _arg(self, rest, context, arguments):
        name, _, value = rest.partition("=")
        self.arguments = {name: arguments.get(name, value)}

    def _env(self, rest, context, arguments):
        name, _, value = rest.partition("=")
        self.environment[name] = value

    def _copy(self, rest, context, arguments):
        *sources, target = rest.split()
        place = self.root / target[1:]
        for source in sources:
            path = context / source
            if path.is_dir():
                shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)

    def _run(self, rest, context, arguments):
        with self._indexes() as indexes:
            before, self.environment = self.environment, self.environment | self.arguments | indexes
            done = self.run("/bin/sh", "-c", rest, entry=False)
            self.environment = before
        assert done.returncode == 0, f"RUN {rest}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"

    def _user(self, rest, context, arguments):
        self.user = rest

    def _workdir(self, rest, context, arguments):
        self.folder = rest

    def _entrypoint(self, rest, context, arguments):
        self.entry = [part.strip().strip('"') for part in rest.strip("[]").split(",")]
