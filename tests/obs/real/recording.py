"""What a recorded file shows and sounds like: how far lips and voice are apart."""
import array
import json
import math
import subprocess
import wave

STEP_MS = 5
CARD_FRAME_MS = 42


def write_voice(path, seconds=60, rate=48000):
    """Bursts of a tone, 60 to 200 ms long, with pauses that are never alike."""
    state = 12345

    def dice(limit):
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7fffffff
        return (state >> 12) % limit

    samples = array.array("h")
    while len(samples) < seconds * rate:
        pause, length, loud = 40 + dice(260), 60 + dice(140), (0.35, 0.6, 0.9)[dice(3)]
        samples.extend([0] * (rate * pause // 1000))
        samples.extend(int(32767 * loud * math.sin(2 * math.pi * 437 * i / rate)) for i in range(rate * length // 1000))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples[:seconds * rate].tobytes())


def facts(path):
    """ffprobe's view: {"video": ..., "audio": ..., "seconds": ...}."""
    text = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)], check=True, capture_output=True, timeout=60).stdout
    whole = json.loads(text)
    return {**{s["codec_type"]: s for s in whole["streams"]}, "seconds": float(whole["format"]["duration"])}


def loudness(path):
    """Loudest sample of every STEP_MS, 0 .. 1, and the time of the first in milliseconds."""
    rate = 8000
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-f", "s16le", "-"], check=True,
                         capture_output=True, timeout=300).stdout
    samples = array.array("h", raw)
    step = rate * STEP_MS // 1000
    start = float(facts(path)["audio"].get("start_time", 0)) * 1000
    return start, [max(abs(x) for x in samples[i:i + step]) / 32768 for i in range(0, len(samples) - step, step)]


def crop(path, box):
    """Grey pixels of x, y, width, height of every frame, and the frames' times in milliseconds."""
    x, y, width, height = box
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-vf", f"crop={width}:{height}:{x}:{y}:exact=1,format=gray", "-fps_mode",
                          "passthrough", "-f", "rawvideo", "-"], check=True, capture_output=True, timeout=600).stdout
    times = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", str(path)], check=True,
                           capture_output=True, text=True, timeout=120).stdout
    stamps = sorted(float(line.strip().strip(",")) * 1000 for line in times.splitlines() if line.strip().strip(","))
    size = width * height
    frames = [raw[i:i + size] for i in range(0, len(raw) - size + 1, size)]
    return stamps[:len(frames)], frames[:len(stamps)]


def card_mouth(path, view):
    """How far the test card's mouth is open in each frame; the card fills `view`."""
    x, y, width, height = view
    times, columns = crop(path, (x + width // 2, y, 2, height))
    top, bottom = int(height * 0.4) - 1, int(height * 0.8) + 1
    return times, [sum(1 for row in range(top, bottom) if column[2 * row] < 105) / (height * 0.4) for column in columns]


def dark_mouth(path, box):
    """How dark the box around the lips is in each frame: an open mouth is darker than a closed one."""
    times, frames = crop(path, box)
    return times, [255 - sum(frame) / len(frame) for frame in frames]


def held(times, values, start, count):
    """The value shown at each step from `start` on."""
    shown, at = [], 0
    for step in range(count):
        now = start + step * STEP_MS
        while at + 1 < len(times) and times[at + 1] <= now:
            at += 1
        shown.append(values[at])
    return shown


def widened(values, half):
    return [max(values[max(0, i - half):i + half + 1]) for i in range(len(values))]


def correlation(a, b):
    n = len(a)
    ma, mb = sum(a) / n, sum(b) / n
    top = sum((x - ma) * (y - mb) for x, y in zip(a, b))
    below = math.sqrt(sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b))
    return top / below if below > 0 else 0.0


def lip_offset(mouth, sound, window=None, lags_ms=(-400, 900)):
    """(milliseconds the lips are late, correlation there). `window`: seconds of the file to look at."""
    times, opening = mouth
    sound_start, levels = sound
    levels = widened(levels, CARD_FRAME_MS // 2 // STEP_MS)
    first, last = (times[0], times[-1]) if window is None else (max(times[0], window[0] * 1000), min(times[-1], window[1] * 1000))
    count = int((last - first) / STEP_MS)
    shown = held(times, opening, first, count)
    best = (0.0, -2.0)
    for lag in range(lags_ms[0], lags_ms[1] + 1, STEP_MS):
        from_step = round((first - lag - sound_start) / STEP_MS)
        begin, end = max(0, -from_step), min(count, len(levels) - from_step)
        if end - begin < 600:
            continue
        r = correlation(shown[begin:end], levels[from_step + begin:from_step + end])
        if r > best[1]:
            best = (float(lag), r)
    return best
