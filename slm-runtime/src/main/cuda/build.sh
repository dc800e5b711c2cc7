#!/bin/sh
# Rebuilds the compiled kernels in src/main/resources/dev/outrider/slm/cuda. Needs python3 and PyPI; no GPU, no CUDA toolkit, no C++ compiler.
# NVRTC 12.0 is the oldest of CUDA 12: its PTX (ISA 8.0) loads on every driver from 525 on.
set -e
here=$(cd "$(dirname "$0")" && pwd)
venv=${TMPDIR:-/tmp}/outrider-nvrtc-12.0.140
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check nvidia-cuda-nvrtc-cu12==12.0.140
exec "$venv/bin/python" "$here/build.py" "$here/../resources/dev/outrider/slm/cuda" "$@"
