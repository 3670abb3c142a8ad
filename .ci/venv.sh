# Sourced by ./run and ./test: makes .venv once and installs a lock file only when it has changed.
# After `prepare requirements.txt [requirements-dev.txt]`, $PYTHON is the interpreter to use.

find_python() {
    for name in ${LIVINGLYTICS_PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s\n' "$name"
            return 0
        fi
    done
    echo "Living Lytics needs Python 3.11 or newer, and none was found here." >&2
    echo "Install it (Debian: apt install python3 python3-venv; macOS: brew install python) and start again," >&2
    echo "or name it: LIVINGLYTICS_PYTHON=/path/to/python3.11 $0" >&2
    return 1
}

make_venv() {
    if [ -x .venv/bin/python ] && .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        return 0
    fi
    found=$(find_python) || exit 1
    echo "Making .venv with $found"
    rm -rf .venv
    if ! "$found" -m venv .venv; then
        rm -rf .venv
        echo "Python could not make a virtual environment. On Debian: apt install python3-venv" >&2
        exit 1
    fi
}

prepare() {
    make_venv
    for lock in "$@"; do
        if ! cmp -s "$lock" ".venv/installed-$lock"; then
            echo "Installing $lock"
            .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r "$lock" || exit 1
            cp "$lock" ".venv/installed-$lock"
        fi
    done
    PYTHON=.venv/bin/python
}
