# shellcheck shell=bash
# What the scripts share: speaking to the person, failing clearly, acting as root, timing.

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
skip() { printf '    already there: %s\n' "$*"; }
die() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, or says which command is to be run by hand.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo." "Run as root, then start again:" "  $*"
    fi
}

# True if version $1 is at least $2 (dotted numbers).
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]; }
