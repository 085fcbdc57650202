//! The one binary: files open the window, a subcommand runs headless.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| cli::is_headless(first)) {
        return cli::run(arguments);
    }
    ExitCode::SUCCESS
}
