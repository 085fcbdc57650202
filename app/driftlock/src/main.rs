//! The one binary: files open the window, a subcommand runs headless.
//!
//! For: choosing between the two. Never: holds logic of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As the command line's own code for what cannot be used.
const UNUSABLE: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == ingest::WORKER_ARGUMENT) {
        return match ingest::serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(UNUSABLE),
        };
    }
    // Where the program cannot find itself, hostile formats are decoded in threads.
    if let Ok(program) = std::env::current_exe() {
        ingest::decode_in(program);
    }
    if arguments.get(1).is_some_and(|first| cli::is_headless(first)) {
        return cli::run(arguments);
    }
    let files: Vec<PathBuf> = arguments.into_iter().skip(1).map(PathBuf::from).collect();
    match open_window(files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("driftlock: {error:#}");
            ExitCode::from(UNUSABLE)
        }
    }
}

fn open_window(files: Vec<PathBuf>) -> anyhow::Result<()> {
    if let Some(missing) = files.iter().find(|file| !file.exists()) {
        let name = case::inert(missing.as_os_str().as_encoded_bytes());
        anyhow::bail!("no such file or command: {name}. Check the path, or see `driftlock --help`");
    }
    anyhow::ensure!(
        has_display(),
        "there is no display to open the window on. Without one, use the command line: `driftlock analyze FILE`"
    );
    workstation::run(files)
}

/// On systems with X11 or Wayland the session says where its display is; elsewhere there is one, or the window says so.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos")))
        || ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(is_set)
}
