"""The real OBS in a display of its own: started, looked at, killed or ended in order."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import x_window
from obs_socket import ObsSocket

NEEDED = ("obs", "Xvfb", "ffmpeg", "ffprobe", "import", "xdotool")


def missing():
    """Programs that are not installed here."""
    return [name for name in NEEDED if not shutil.which(name)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def hurry():
    """Ahead of the machine's other work, where that is allowed: it is OBS's time that is tested."""
    try:
        os.nice(-16)
    except OSError:
        pass


class Display:
    """Xvfb, on a number nobody else has."""

    def __init__(self, size="1280x800x24"):
        read, write = os.pipe()
        os.set_inheritable(write, True)
        self._server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"], pass_fds=(write,),
                                        preexec_fn=hurry, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.name = f":{number}"

    def screenshot(self, path):
        subprocess.run(["import", "-display", self.name, "-window", "root", str(path)], check=True, timeout=60)

    def key(self, name):
        environment = {**os.environ, "DISPLAY": self.name}
        subprocess.run(["xdotool", "keydown", name], env=environment, check=True, timeout=20)
        time.sleep(0.15)
        subprocess.run(["xdotool", "keyup", name], env=environment, check=True, timeout=20)

    def close(self):
        self._server.terminate()
        self._server.wait(10)


class RunningObs:
    def __init__(self, home, display, log, environment=(), first_scene="Scene"):
        self.home, self.display, self.log = home, display, pathlib.Path(log)
        surroundings = {**os.environ, **dict(environment), "HOME": str(home.folder), "XDG_CONFIG_HOME": str(home.folder / "config"),
                        "XDG_RUNTIME_DIR": str(home.run), "DISPLAY": display.name, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
        command = ["obs", "--verbose", "--multi", "--collection", "Test", "--profile", "Test", "--scene", first_scene, "--disable-missing-files-check"]
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(command, env=surroundings, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                            preexec_fn=hurry)
        try:
            self.socket = ObsSocket(home.port, limit_s=60)
        except Exception:
            self.kill()
            raise

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """As a power cut: nothing is saved."""
        if self.alive():
            self.process.kill()
        self.process.wait(20)

    def quit(self, limit_s=40):
        """Ends OBS in order, by its window: OBS 29 closes it inside the handler of SIGINT, amid whatever it is painting, and crashes now and then
        with no module of ours, too. Its exit code, or nothing. Outputs must have ended: OBS would ask, and wait for an answer."""
        self.socket.close()
        for window in x_window.windows_of(self.display.name, "^OBS [0-9]"):
            x_window.ask_to_close(self.display.name, window)
        try:
            return self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def said(self):
        return self.log.read_text(errors="replace")

    def leaks(self):
        found = re.search(r"Number of memory leaks: (\d+)", self.said())
        return int(found.group(1)) if found else None

    def loaded(self, module):
        """Whether OBS lists it among the loaded modules, which it does not when its load function said no."""
        listed = self.said().split("Loaded Modules:", 1)
        return len(listed) == 2 and re.search(rf"^.*\s{re.escape(module)}\s*$", listed[1], re.M) is not None

    def stop_recording(self, limit_s=60):
        path = self.socket.request("StopRecord").get("outputPath")
        end = time.monotonic() + limit_s
        while self.socket.request("GetRecordStatus")["outputActive"]:
            if time.monotonic() > end:
                raise TimeoutError("the recording does not end")
            time.sleep(0.1)
        return path
