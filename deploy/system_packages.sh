#!/bin/sh
# Makes sure that Debian's OpenGL libraries (gl), Chromium (browser) and coturn (turn) are there:
# installs them through apt where it may, otherwise says in one line what to install.
set -eu

GL="libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libgles2 libgbm1"
BROWSER="chromium"
TURN="coturn"
wanted=""

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }

for part in "$@"; do
  case "$part" in
    gl) { has_library libEGL.so.1 && has_library libGL.so.1 && has_library libgbm.so.1; } || wanted="$wanted $GL" ;;
    browser) command -v chromium >/dev/null 2>&1 || wanted="$wanted $BROWSER" ;;
    turn) command -v turnserver >/dev/null 2>&1 || wanted="$wanted $TURN" ;;
    *) echo "system_packages.sh: unknown part '$part'; expected gl, browser or turn" >&2; exit 2 ;;
  esac
done

[ -n "$wanted" ] || exit 0
command -v apt-get >/dev/null 2>&1 || { echo "Please install the equivalents of:$wanted"; exit 0; }
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "Please run: sudo apt-get install$wanted"
  exit 0
fi
$as_root apt-get update -qq || true
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $wanted >/dev/null \
  || echo "apt could not install:$wanted; pictures or browser tests may be missing"
