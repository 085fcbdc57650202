//! Every command of the window: a place in the window, words that explain it, and a command line that really is there.

use std::ffi::OsStr;

use workstation::{Command, Twin};

#[test]
fn the_command_lines_of_the_window_are_those_of_the_program() {
    for command in Command::ALL {
        let spec = command.spec();
        let line = match spec.twin {
            Twin::Line(line) => line,
            Twin::Absent(why) => {
                assert!(why.ends_with('.'), "{}: a reason is a sentence", spec.id);
                continue;
            }
        };
        let Some(rest) = line.strip_prefix("driftlock ") else {
            assert_eq!(line, "Ctrl-C", "{}", spec.id);
            continue;
        };
        // In capitals, or with a slash, stands a file: that opens the window.
        let first = rest.split(' ').next().unwrap_or_default();
        let is_file = first.chars().next().is_some_and(char::is_uppercase) || first.contains('/');
        assert!(
            is_file || cli::is_headless(OsStr::new(first)),
            "{}: there is no `driftlock {first}`",
            spec.id
        );
    }
}
