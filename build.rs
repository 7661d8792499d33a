//! Builds again when the page's bundle changes; rust-embed does not see new files.

fn main() {
    println!("cargo:rerun-if-changed=static/dist");
}
