//! Rebuilds the server when a migration is added: the macro that embeds them only notices changes of known files.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
