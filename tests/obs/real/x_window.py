"""Windows of an X display, asked to close as their close button asks."""
import ctypes
import os
import subprocess


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent, as long as an XEvent (24 longs)."""
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p), ("window", ctypes.c_ulong),
                ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("rest", ctypes.c_long * 12)]


CLIENT_MESSAGE = 33


def windows_of(display, title):
    """Numbers of the visible windows whose title matches `title` (a POSIX regular expression) somewhere."""
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", title], env={**os.environ, "DISPLAY": display}, capture_output=True, text=True,
                           timeout=20)
    return [int(line) for line in found.stdout.split()]


def ask_to_close(display, window):
    """WM_DELETE_WINDOW (ICCCM 4.2.8.1): the program is asked, not cut off. `display`: as in DISPLAY."""
    x11 = ctypes.CDLL("libX11.so.6")  # which OBS needs, too
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    x11.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x11.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    server = x11.XOpenDisplay(display.encode())
    if not server:
        raise RuntimeError(f"no X server at {display}")
    event = _ClientMessage(type=CLIENT_MESSAGE, window=window, message_type=x11.XInternAtom(server, b"WM_PROTOCOLS", 0), format=32)
    event.data[0] = x11.XInternAtom(server, b"WM_DELETE_WINDOW", 0)
    x11.XSendEvent(server, window, 0, 0, ctypes.byref(event))
    x11.XCloseDisplay(server)  # flushes
