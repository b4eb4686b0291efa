"""A configuration for one run of OBS: nothing of the user's is read or written."""
import json
import pathlib
import shutil
import tempfile

PROFILE = "Test"

GLOBAL = """[General]
FirstRun=true
LastVersion={version}
Pre19Defaults=false
Pre21Defaults=false
Pre23Defaults=false
Pre24.1Defaults=false
EnableAutoUpdates=false
[Basic]
Profile=Test
ProfileDir=Test
SceneCollection=Test
SceneCollectionFile=Test
ConfigOnNewProfile=false
[BasicWindow]
geometry=
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=false
"""

BASIC = """[General]
Name=Test
[Video]
BaseCX={width}
BaseCY={height}
OutputCX={width}
OutputCY={height}
FPSType=0
FPSCommon=30
[Audio]
SampleRate=48000
ChannelSetup=Stereo
[Output]
Mode=Simple
FilenameFormatting=take
OverwriteIfExists=true
[SimpleOutput]
FilePath={recordings}
RecFormat=mkv
RecQuality=Small
RecEncoder=x264
StreamEncoder=x264
"""


def source(name, kind, settings, versioned=None, **more):
    return {"name": name, "id": kind, "versioned_id": versioned or kind, "settings": settings, "mixers": 0, "volume": 1.0, "enabled": True,
            "muted": False, "hotkeys": {}, "private_settings": {}, **more}


def item(name, number, x=0.0, y=0.0, scale=1.0):
    return {"name": name, "id": number, "visible": True, "pos": {"x": x, "y": y}, "scale": {"x": scale, "y": scale}, "rot": 0.0, "align": 5,
            "bounds_type": 0, "crop_left": 0, "crop_top": 0, "crop_right": 0, "crop_bottom": 0, "scale_filter": "disable",
            "blend_method": "default", "blend_type": "normal"}


def scene(name, items):
    return source(name, "scene", {"id_counter": len(items), "custom_size": False, "items": items})


class ObsHome:
    """The folder that stands for ~/.config and all that OBS finds there."""

    def __init__(self, folder, port, size=(640, 360)):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "config" / "obs-studio"
        self.recordings = self.folder / "recordings"
        self.port = port
        self.size = size
        for path in (self.config, self.recordings):
            path.mkdir(parents=True, exist_ok=True)
        self.run = pathlib.Path(tempfile.mkdtemp(prefix="mirrorme-run-"))  # mode 700; short, as names of sockets must be
        for name, version in (("global.ini", 486539266), ("user.ini", 503447555)):
            (self.config / name).write_text(GLOBAL.format(version=version, port=port))
        profile = self.config / "basic" / "profiles" / PROFILE
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "basic.ini").write_text(BASIC.format(width=size[0], height=size[1], recordings=self.recordings))
        websocket = self.config / "plugin_config" / "obs-websocket"  # OBS 30 and later
        websocket.mkdir(parents=True, exist_ok=True)
        (websocket / "config.json").write_text(json.dumps({"first_load": False, "server_enabled": True, "server_port": port,
                                                           "alerts_enabled": False, "auth_required": False, "server_password": "x"}))

    def add_module(self, name, library, data):
        """As a user's own module: plugins/NAME/bin/64bit and plugins/NAME/data."""
        to = self.config / "plugins" / name
        (to / "bin" / "64bit").mkdir(parents=True, exist_ok=True)
        for link, target in ((to / "bin" / "64bit" / f"{name}.so", library), (to / "data", data)):
            if link.is_symlink():
                link.unlink()
            link.symlink_to(pathlib.Path(target).resolve())

    def close(self):
        shutil.rmtree(self.run, ignore_errors=True)

    @property
    def collection(self):
        return self.config / "basic" / "scenes" / "Test.json"

    def write_collection(self, sources):
        scenes = [s["name"] for s in sources if s["id"] == "scene"]
        self.collection.parent.mkdir(parents=True, exist_ok=True)
        self.collection.write_text(json.dumps({
            "name": "Test", "current_scene": scenes[0], "current_program_scene": scenes[0], "scene_order": [{"name": s} for s in scenes],
            "sources": sources, "groups": [], "transitions": [], "quick_transitions": [], "saved_projectors": [],
            "current_transition": "Cut", "transition_duration": 300}))

    def read_collection(self):
        return json.loads(self.collection.read_text())

    def saved(self, name):
        """What the collection holds of source `name`."""
        return next((s for s in self.read_collection()["sources"] if s["name"] == name), None)

    def change_saved(self, name, change):
        whole = self.read_collection()
        change(next(s for s in whole["sources"] if s["name"] == name))
        self.collection.write_text(json.dumps(whole))
