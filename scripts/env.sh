# shellcheck shell=bash
# The environment of every build and test: one toolchain, one set of tools, one set of flags, so that builds are shared.
# Source it from bash; it changes nothing on disk. scripts/setup creates what it points to.

autocode_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
autocode_cache=${AUTOCODE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/autocode}
autocode_tools=${AUTOCODE_TOOLS:-$autocode_cache/tools}

# Versions of the tools; wasm-bindgen's command line must be exactly the library's version.
leptos_version=0.3.11
sqlx_version=0.9.0
schemathesis_version=4.32.5
bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' "$autocode_root/Cargo.lock")

autocode_path=$autocode_tools/cargo-leptos-$leptos_version/bin
autocode_path+=:$autocode_tools/wasm-bindgen-$bindgen_version/bin
autocode_path+=:$autocode_tools/sqlx-$sqlx_version/bin
autocode_path+=:$autocode_root/node_modules/.bin
case ":$PATH:" in
    *":$autocode_path:"*) ;;
    *) PATH=$autocode_path:$PATH:$autocode_tools/cargo-nextest/bin:$HOME/.cargo/bin ;;
esac
export PATH

# Which Rust toolchain scripts/setup chose.
if [ -r "$autocode_tools/toolchain.env" ]; then
    # shellcheck source=/dev/null
    . "$autocode_tools/toolchain.env"
fi

# Queries are checked against the recorded .sqlx, so a build needs no database.
export SQLX_OFFLINE=true
# The server binary bakes this in; with the same value everywhere `cargo leptos` and `cargo nextest` share one build.
export LEPTOS_OUTPUT_NAME=autocode

# A dozen test programs link against the whole server: a fast linker saves minutes. The wasm32 target is not affected.
if command -v mold >/dev/null 2>&1; then
    case $(uname -m) in
        x86_64) export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold" ;;
        aarch64) export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold" ;;
    esac
fi
