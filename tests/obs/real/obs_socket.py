"""obs-websocket 5, as much of it as the tests need, with Python's own library only."""
import base64
import json
import os
import socket
import struct
import time


class Refused(Exception):
    """OBS answered, and the answer was no."""


class ObsSocket:
    """One connection. Requests wait for their answer; events that come meanwhile are kept in `events`."""

    ALL_EVENTS = (1 << 11) - 1  # without the high-volume ones; vendors' are among them

    def __init__(self, port, limit_s=30):
        self.events = []
        self._next = 0
        self._socket = self._connect(port, limit_s)
        self._buffer = b""
        self._upgrade(port)
        hello = self._receive()
        if hello["op"] != 0 or "authentication" in hello["d"]:
            raise Refused("this OBS wants a password")
        self._send({"op": 1, "d": {"rpcVersion": 1, "eventSubscriptions": self.ALL_EVENTS}})
        identified = self._receive()
        if identified["op"] != 2:
            raise Refused(str(identified))
        self._wait_ready(limit_s)

    @staticmethod
    def _connect(port, limit_s):
        end = time.monotonic() + limit_s
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=20)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _upgrade(self, port):
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall((f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: obswebsocket.json\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._buffer:
            self._read_more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Refused(head.decode(errors="replace"))

    def _wait_ready(self, limit_s):
        """OBS 30 accepts connections before it accepts requests."""
        end = time.monotonic() + limit_s
        while True:
            try:
                self.version = self.request("GetVersion")
                return
            except Refused:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _read_more(self):
        more = self._socket.recv(1 << 16)
        if not more:
            raise ConnectionError("OBS has closed the connection")
        self._buffer += more

    def _take(self, count):
        while len(self._buffer) < count:
            self._read_more()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _send_frame(self, opcode, payload):
        mask = os.urandom(4)
        length = len(payload)
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length) \
            if length < 65536 else struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        self._socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def _send(self, message):
        self._send_frame(1, json.dumps(message).encode())

    def _receive(self):
        text = b""
        while True:
            first, second = self._take(2)
            length = second & 127
            if length == 126:
                length, = struct.unpack("!H", self._take(2))
            elif length == 127:
                length, = struct.unpack("!Q", self._take(8))
            payload = self._take(length)
            opcode = first & 15
            if opcode == 8:
                raise ConnectionError("OBS has closed the connection")
            if opcode == 9:
                self._send_frame(10, payload)
                continue
            if opcode in (0, 1):
                text += payload
                if first & 0x80:
                    return json.loads(text)

    def request(self, kind, **data):
        """The answer's data. Raises Refused with OBS's own words."""
        self._next += 1
        wanted = str(self._next)
        self._send({"op": 6, "d": {"requestType": kind, "requestId": wanted, "requestData": data}})
        while True:
            message = self._receive()
            if message["op"] == 5:
                self.events.append(message["d"])
            elif message["op"] == 7 and message["d"]["requestId"] == wanted:
                status = message["d"]["requestStatus"]
                if not status["result"]:
                    raise Refused(f"{kind}: {status['code']} {status.get('comment', '')}")
                return message["d"].get("responseData") or {}

    def vendor(self, kind, **data):
        """A request of the module's own; its answer, which says ok or error."""
        return self.request("CallVendorRequest", vendorName="obs-mirrorme", requestType=kind, requestData=data)["responseData"]

    def close(self):
        self._socket.close()
