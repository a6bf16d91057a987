//! Sets `split` when the WASM is linked with relocations, which `cargo leptos build --split` asks for: only then is
//! there a tool behind the compiler that takes the parts of the app apart.

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(split)");
    println!("cargo::rerun-if-changed=build.rs");
    let wasm = env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm");
    let relocations = env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("--emit-relocs"));
    if wasm && relocations {
        println!("cargo::rustc-cfg=split");
    }
}
