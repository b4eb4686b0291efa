#!/usr/bin/env bash
# What cmake/demo.sh --obs opens: OBS on a ready scene, in a configuration of its own. Sourced, after setup.sh.

# Everything OBS would write into ~/.config goes below this folder instead.
obs_demo_home=${mirrorme_root:?source setup.sh first}/build/obs-demo

# The layout OBS knows for modules of one user, made of links into the build.
obs_demo_link_module() {  # NAME DATA
  local to=$obs_demo_home/obs-studio/plugins/$1
  mkdir -p "$to/bin/64bit"
  ln -sfn "$mirrorme_root/build/release/bin/$1.so" "$to/bin/64bit/$1.so"
  ln -sfn "$mirrorme_root/$2" "$to/data"
}

# OBS up to 30 reads global.ini, later ones user.ini. FirstRun says that the first run is over: no wizard.
obs_demo_write_program_settings() {
  local file
  for file in global.ini user.ini; do
    [ ! -e "$obs_demo_home/obs-studio/$file" ] || continue
    cat >"$obs_demo_home/obs-studio/$file" <<END
[General]
FirstRun=true
LastVersion=486539266
Pre19Defaults=false
Pre21Defaults=false
Pre23Defaults=false
Pre24.1Defaults=false
EnableAutoUpdates=false
[Basic]
Profile=MirrorMe
ProfileDir=MirrorMe
SceneCollection=MirrorMe
SceneCollectionFile=MirrorMe
ConfigOnNewProfile=false
END
  done
}

obs_demo_write_profile() {
  local folder=$obs_demo_home/obs-studio/basic/profiles/MirrorMe
  mkdir -p "$folder" "$obs_demo_home/recordings"
  [ -e "$folder/basic.ini" ] || cat >"$folder/basic.ini" <<END
[General]
Name=MirrorMe
[Video]
BaseCX=1280
BaseCY=720
OutputCX=1280
OutputCY=720
FPSType=0
FPSCommon=30
[Audio]
SampleRate=48000
ChannelSetup=Stereo
[Output]
Mode=Simple
[SimpleOutput]
FilePath=$obs_demo_home/recordings
RecFormat=mkv
RecQuality=Small
RecEncoder=x264
StreamEncoder=x264
END
}

json_text() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

obs_demo_write_scene() {  # PICTURE VOICE
  local file=$obs_demo_home/obs-studio/basic/scenes/MirrorMe.json
  mkdir -p "${file%/*}"
  [ ! -e "$file" ] || return 0
  cat >"$file" <<END
{
  "name": "MirrorMe", "current_scene": "Scene", "current_program_scene": "Scene", "scene_order": [{"name": "Scene"}],
  "groups": [], "transitions": [], "quick_transitions": [], "saved_projectors": [], "current_transition": "Cut", "transition_duration": 300,
  "sources": [
    {"name": "Background", "id": "color_source", "versioned_id": "color_source_v3", "mixers": 0, "volume": 1.0, "enabled": true, "muted": false,
     "settings": {"color": 4285882929, "width": 1280, "height": 720}},
    {"name": "Voice", "id": "ffmpeg_source", "versioned_id": "ffmpeg_source", "mixers": 255, "volume": 1.0, "enabled": true, "muted": false,
     "monitoring_type": 0,
     "settings": {"local_file": "$(json_text "$mirrorme_root/$2")", "is_local_file": true, "looping": true, "restart_on_activate": false}},
    {"name": "Avatar", "id": "mirrorme_avatar", "versioned_id": "mirrorme_avatar", "mixers": 0, "volume": 1.0, "enabled": true, "muted": false,
     "settings": {"image": "$(json_text "$mirrorme_root/$1")", "background": "matte", "audio_input": "source", "audio_source": "Voice", "size": "fit"}},
    {"name": "Scene", "id": "scene", "versioned_id": "scene", "mixers": 0, "volume": 1.0, "enabled": true, "muted": false,
     "settings": {"id_counter": 3, "custom_size": false, "items": [
       {"name": "Background", "id": 1, "visible": true, "pos": {"x": 0.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0}, "rot": 0.0, "align": 5, "bounds_type": 0},
       {"name": "Voice", "id": 2, "visible": true, "pos": {"x": 0.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0}, "rot": 0.0, "align": 5, "bounds_type": 0},
       {"name": "Avatar", "id": 3, "visible": true, "pos": {"x": 400.0, "y": 0.0}, "scale": {"x": 1.0, "y": 1.0}, "rot": 0.0, "align": 5, "bounds_type": 0}]}}
  ]
}
END
}

obs_demo() {  # PICTURE VOICE
  mkdir -p "$obs_demo_home/obs-studio"
  obs_demo_link_module obs-mirrorme data
  [ ! -e build/release/bin/obs-mirrorme-ui.so ] || obs_demo_link_module obs-mirrorme-ui ui
  obs_demo_write_program_settings
  obs_demo_write_profile
  obs_demo_write_scene "$1" "$2"
  local command=(env "XDG_CONFIG_HOME=$obs_demo_home" "MIRRORME_ENGINE=$mirrorme_root/build/release/bin/mirrorme"
    obs --multi --profile MirrorMe --collection MirrorMe --disable-missing-files-check)
  cat <<END

A scene is ready: a colour, a voice that repeats, and a MirrorMe Avatar that speaks with it.
The voice is in what you record and stream, delayed to fit the lips; OBS does not play it to you while you watch.
OBS's files of this demo are in $obs_demo_home; delete that folder to start afresh. Your own OBS is not touched.
END
  if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    printf '\nThere is no screen here. On one, open it with:\n  %s\n' "${command[*]}"
    return
  fi
  say "opening OBS"
  exec "${command[@]}"
}
