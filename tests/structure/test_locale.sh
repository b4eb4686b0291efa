#!/usr/bin/env bash
# The texts of both modules: every language says what English says, in the same words to fill in; the code names no text that is not
# there, and none is left over.   test_locale.sh SOURCE_FOLDER
set -euo pipefail
export LC_ALL=C
root=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { printf '%s\n' "$1" >>"$scratch/failures"; }  # a file, since most of this runs in pipes

# fail_each SENTENCE: one failure per line of standard input, which takes the place of %s.
fail_each() {
  local line
  # shellcheck disable=SC2059
  while IFS= read -r line; do fail "$(printf "$1" "$line")"; done
}

# A line is empty, a comment, or Key="Text" in which only \" \\ \n \r \t are escaped (what libobs reads).
line_form='^$|^#|^[A-Za-z][A-Za-z0-9_.]*="([^"\\]|\\["\\nrt])+"$'

# keys FILE: in the file's order, twice where they are there twice.
keys() { sed -nE 's/^([A-Za-z][A-Za-z0-9_.]*)=.*/\1/p' "$1"; }

# places FILE: "KEY PLACE" for each %1 and {name} in a text.
places() {
  awk -F= '/^[A-Za-z]/ { text = substr($0, length($1) + 2)
    while (match(text, /%[1-9]|[{][a-z_]+[}]/)) { print $1, substr(text, RSTART, RLENGTH); text = substr(text, RSTART + RLENGTH) } }' "$1"
}

# of_keys FILE: of "KEY PLACE" lines in standard input, those whose key is in FILE.
of_keys() { awk 'NR == FNR { known[$1]; next } $1 in known' "$1" -; }

# code FOLDER: all of its C++ in one line, whole-line comments left out.
code() { find "$root/$1" -name '*.cpp' -o -name '*.h' | sort | xargs cat | grep -vE '^[[:space:]]*//' | tr -s '[:space:]' ' '; }

# quoted REGEX: the string literals in standard input whose content matches REGEX, without their quotes.
quoted() { { grep -oE "\"$1\"" || true; } | tr -d '"'; }

capital='[A-Z][A-Za-z0-9_.]*[A-Za-z0-9_]'

# ---- what the source's code names -------------------------------------------------------------------------------
# The texts that are named in full, then the families that are put together at run time: K.Help of explain(..., "K"), K.CHOICE of
# list(..., "K", {"CHOICE", ...}), Group.NAME of group(..., "NAME"), Setting.NAME[.CHOICE] of add_setting(..., "NAME"), Gesture.PRESET, Remark.NAME.

settings_header=pipeline/core/settings.h

named_in_full() {
  grep -oE '(^|[^A-Za-z0-9_])(tr|text|obs_module_text|obs_module_get_string)\( ?"[^"]*" ?[,)]' <<<"$plugin" | quoted "$capital" || true
  grep -oE '[^A-Za-z0-9_]say\([^;]*;' <<<"$plugin" | quoted "$capital" || true
}
explained() {
  { grep -oE "[^A-Za-z0-9_]explain\([^;{}]*, ?\"$capital\" ?\) ?;" <<<"$plugin" || true; } | sed -E 's/.*"([^"]*)" ?\) ?;$/\1.Help/'
}
lists() {
  local call key
  { grep -oE "[^A-Za-z0-9_]list\([^;{}]*, ?\"$capital\", ?\{[^{}]*\} ?\)" <<<"$plugin" || true; } | while IFS= read -r call; do
    key=$(sed -E 's/.*"([^"]*)", ?\{.*/\1/' <<<"$call")
    printf '%s\n%s.Help\n' "$key" "$key"
    quoted '[^"]*' <<<"${call##*\{}" | sed "s/^/$key./"
  done
}
groups() { { grep -oE '[^A-Za-z0-9_]group\([a-z]+, ?"[a-z_]+" ?\)' <<<"$plugin" || true; } | quoted '[a-z_]*' | sed 's/^/Group./'; }
settings() {
  local header name choices
  header=$(tr -s '[:space:]' ' ' <"$root/$settings_header")
  { grep -oE '[^A-Za-z0-9_]add_setting\([a-z]+, ?"[a-z_]+" ?\)|for \(const char\* [a-z]+ : \{[^{}]*\}\) add_setting\(' <<<"$plugin" || true; } |
    quoted '[a-z_]+' | sort -u | while IFS= read -r name; do
    printf 'Setting.%s\nSetting.%s.Help\n' "$name" "$name"
    choices=$(grep -oE "SettingInfo\{\"$name\", K::choice[^}]*detail::[A-Za-z]+" <<<"$header" | sed 's/.*:://') || true
    [ -z "$choices" ] || grep -oE "$choices\[\] = \{[^}]*\}" <<<"$header" | quoted '[^"]*' | sed "s/^/Setting.$name./"
  done
}
gestures() { find "$root/data/gestures" -name '*.json' | sed -E 's,.*/(.*)\.json$,Gesture.\1,'; }

# Remark.NAME of remark("NAME", ...), wherever that is said, and of every ErrorCode but none.
remarks() {
  { grep -oE '[^A-Za-z0-9_]remark\( ?"[a-z_]+"' <<<"$(code pipeline) $plugin" || true; } | quoted '[a-z_]+' | sed 's/^/Remark./'
  sed -n '/^enum class ErrorCode/,/^}/p' "$root/pipeline/core/error.h" | sed -nE 's/^ +([a-z_]+),.*/Remark.error_\1/p'
}

keys_of_source() {
  local family found
  plugin=$(code plugin)
  for family in named_in_full explained lists groups settings gestures remarks; do
    found=$($family)
    [ -n "$found" ] || fail "plugin: no texts of the kind '$family' were found: is the code written in another way than this test reads?"
    printf '%s\n' "$found"
  done
}
# Any literal that is a key counts as its use; only the calls above say that a literal must be a key.
mentioned_in_source() { code plugin | quoted "$capital"; }

# ---- what the panel's code names: every literal "Panel. ..."; one that ends in a dot begins a family -------------------
keys_of_panel() { code ui | quoted 'Panel\.[A-Za-z0-9_.]*[A-Za-z0-9_]'; }
mentioned_in_panel() {
  local prefix
  code ui | quoted 'Panel\.([A-Za-z0-9_]+\.)+' | sort -u | while IFS= read -r prefix; do keys "$root/ui/locale/en-US.ini" | grep -F "$prefix" || true; done
}

# ---- the checks --------------------------------------------------------------------------------------------------
check_file() {  # FILE: well formed, no key twice
  local name=${1#"$root"/}
  iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1 || fail "$name: not UTF-8"
  grep -nvE "$line_form" "$1" | fail_each "$name:%s: neither a comment nor Key=\"Text\"" || true
  keys "$1" | sort | uniq -d | fail_each "$name: %s is there more than once"
}
check_language() {  # ENGLISH FILE: the same keys, and the same places in each text
  local name=${2#"$root"/}
  keys "$1" | sort -u >"$scratch/english"
  keys "$2" | sort -u >"$scratch/other"
  comm -23 "$scratch/english" "$scratch/other" | fail_each "$name: %s is missing"
  comm -13 "$scratch/english" "$scratch/other" | fail_each "$name: %s is not in en-US.ini"
  comm -12 "$scratch/english" "$scratch/other" >"$scratch/both"
  places "$1" | of_keys "$scratch/both" | sort >"$scratch/english_places"
  places "$2" | of_keys "$scratch/both" | sort >"$scratch/other_places"
  comm -23 "$scratch/english_places" "$scratch/other_places" | fail_each "$name: lacks, unlike en-US.ini: %s"
  comm -13 "$scratch/english_places" "$scratch/other_places" | fail_each "$name: has, unlike en-US.ini: %s"
}
check_module() {  # FOLDER NAMED MENTIONED: the functions that print what the code must find, and what else it mentions
  local english=$root/$1/en-US.ini file
  [ -s "$english" ] || { fail "$1/en-US.ini is not there"; return; }
  for file in "$root/$1"/*.ini; do
    check_file "$file"
    [ "$file" = "$english" ] || check_language "$english" "$file"
  done
  keys "$english" | sort -u >"$scratch/there"
  $2 | sort -u >"$scratch/named"
  $3 | sort -u - "$scratch/named" >"$scratch/mentioned"
  comm -13 "$scratch/there" "$scratch/named" | fail_each "$1/en-US.ini: %s is needed and missing"
  comm -23 "$scratch/there" "$scratch/mentioned" | fail_each "$1/en-US.ini: %s is used nowhere"
}

for language in de-DE ja-JP ko-KR zh-CN; do
  [ -e "$root/data/locale/$language.ini" ] || fail "data/locale/$language.ini is not there"
done
check_module data/locale keys_of_source mentioned_in_source
check_module ui/locale keys_of_panel mentioned_in_panel

if [ -s "$scratch/failures" ]; then
  cat "$scratch/failures"
  exit 1
fi
echo "all as expected"
