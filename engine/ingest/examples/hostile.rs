//! The hostile set written to a folder, or one capture of it read: for `cargo xtask hostile`.
//!
//! ```sh
//! cargo run --release -p ingest --example hostile -- make FOLDER
//! cargo run --release -p ingest --example hostile -- read FILE
//! ```
#![allow(clippy::unwrap_used, reason = "a chore that fails says where")]

#[path = "../tests/common/archives.rs"]
mod archives;
#[path = "../tests/common/hostile.rs"]
mod hostile;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", folder] => {
            hostile::make(Path::new(folder));
            for capture in hostile::SET {
                println!("{}\t{}", capture.name, capture.says);
            }
        }
        ["read", path] => {
            print!("{}", hostile::report(Path::new(path)));
            println!("peak {}", hostile::peak_bytes().unwrap_or_default());
        }
        _ => {
            eprintln!("Give make FOLDER, or read FILE.");
            std::process::exit(2);
        }
    }
}
