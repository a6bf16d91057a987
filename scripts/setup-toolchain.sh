# shellcheck shell=bash
# Part of scripts/setup: Debian packages, and a Rust toolchain that can build for the browser.
# rustup brings one where it can download; elsewhere Debian's own Rust packages are linked into rustup.

rust_minimum=1.96
: "${autocode_tools:?comes from scripts/env.sh}"

# Installs Debian packages, all in one go.
install_packages() {
    have apt-get || die "these packages are missing: $*." "There is no apt-get here; install them your system's way and start again."
    note "installing $*"
    as_root apt-get update -qq || die "apt-get update failed; its message is above."
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        die "apt-get could not install $*; its message is above."
}

# True if toolchain $1 is new enough and has everything: wasm32, clippy, rustfmt.
toolchain_ready() {
    [ -n "$1" ] || return 1
    local version libdir
    version=$(RUSTUP_TOOLCHAIN=$1 rustc --version 2>/dev/null | awk '{ print $2 }') || return 1
    [ -n "$version" ] && at_least "$version" "$rust_minimum" || return 1
    libdir=$(RUSTUP_TOOLCHAIN=$1 rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null) || return 1
    compgen -G "$libdir/libcore-*.rlib" >/dev/null || return 1
    RUSTUP_TOOLCHAIN=$1 cargo clippy --version >/dev/null 2>&1 && RUSTUP_TOOLCHAIN=$1 cargo fmt --version >/dev/null 2>&1
}

# Sets RUSTUP_TOOLCHAIN to a toolchain that is ready, making one if there is none.
choose_toolchain() {
    have rustup || die "rustup is missing." "Install it from https://rustup.rs (or Debian's package rustup) and start again."
    local name
    for name in "${RUSTUP_TOOLCHAIN:-}" $(rustup toolchain list 2>/dev/null | awk '{ print $1 }' | grep -v '^nightly'); do
        if toolchain_ready "$name"; then
            export RUSTUP_TOOLCHAIN=$name
            return
        fi
    done
    if toolchain_from_rustup || toolchain_from_debian; then return; fi
    die "no Rust toolchain $rust_minimum or newer with the wasm32 target could be made." \
        "Where rustup can download: rustup toolchain install stable -c clippy -c rustfmt -t wasm32-unknown-unknown" \
        "and start again with RUSTUP_TOOLCHAIN=stable."
}

# rustup's own way: the target for a toolchain that is new enough, or else a toolchain beside the ones that are there.
toolchain_from_rustup() {
    note "trying rustup (needs its download server; at most 5 minutes)"
    local name version log=$autocode_tools/rustup.log
    for name in $(rustup toolchain list 2>/dev/null | awk '{ print $1 }' | grep -v '^nightly'); do
        version=$(RUSTUP_TOOLCHAIN=$name rustc --version 2>/dev/null | awk '{ print $2 }')
        at_least "${version:-0}" "$rust_minimum" || continue
        timeout 300 rustup target add wasm32-unknown-unknown --toolchain "$name" >"$log" 2>&1 || continue
        timeout 300 rustup component add clippy rustfmt --toolchain "$name" >>"$log" 2>&1 || continue
        export RUSTUP_TOOLCHAIN=$name
        toolchain_ready "$name" && return
    done
    if timeout 300 rustup toolchain install "$rust_minimum" --profile minimal --component clippy --component rustfmt \
        --target wasm32-unknown-unknown --no-self-update >"$log" 2>&1 && toolchain_ready "$rust_minimum"; then
        export RUSTUP_TOOLCHAIN=$rust_minimum
        return
    fi
    note "rustup could not download ($log says why)"
    return 1
}

# Debian's way: its Rust packages beside rustup's, the standard library for wasm32 built from their sources.
toolchain_from_debian() {
    have apt-get || return 1
    note "using Debian's Rust packages (2 minutes)"
    install_packages rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web
    local name=autocode-web version llvm libdir scratch
    rustup toolchain link "$name" /usr || return 1
    export RUSTUP_TOOLCHAIN=$name
    version=$(rustc --version | awk '{ print $2 }')
    at_least "$version" "$rust_minimum" || die "Debian's rustc-web is $version; $rust_minimum is needed."
    # The linker for wasm32 belongs to the LLVM that this rustc was built with.
    llvm=$(rustc -vV | awk -F'[ .]' '/^LLVM version/ { print $3 }')
    install_packages "lld-$llvm"
    toolchain_ready "$name" && return

    note "building the standard library for wasm32"
    scratch=$(mktemp -d)
    mkdir "$scratch/src"
    : >"$scratch/src/lib.rs"
    printf '[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2021"\n' >"$scratch/Cargo.toml"
    if ! (cd "$scratch" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$scratch/target cargo build --release \
        --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort >"$autocode_tools/build-std.log" 2>&1); then
        tail -n 20 "$autocode_tools/build-std.log" >&2
        return 1
    fi
    rm -f "$scratch"/target/wasm32-unknown-unknown/release/deps/libscratch-*
    libdir=$(rustc --print target-libdir --target wasm32-unknown-unknown)
    as_root mkdir -p "$libdir"
    as_root cp "$scratch"/target/wasm32-unknown-unknown/release/deps/*.rlib "$libdir/"
    rm -rf "$scratch"
    toolchain_ready "$name"
}
