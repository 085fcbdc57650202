//! Pictures of what is seen on occasion only: dialogs, a presentation, other themes, a larger font.

use crate::display::{Display, Picture, SCREEN};
use crate::end_to_end::{CASE, TITLE, Visit, at_rest, of_user, start};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What is done before the picture.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// A key, or several at once.
    Press(&'static str),
    /// A text, letter by letter.
    Write(&'static str),
    /// A click on this pixel.
    Click(u32, u32),
}

use Act::{Click, Press, Write};

/// What the window is begun with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum File {
    None,
    Case,
    /// The case of the made-up company.
    Company,
}

/// What is pictured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// The window, once it is at rest.
    Window,
    /// The window with a field that is written in, whose cursor blinks.
    Written,
    /// The presenter's window beside it, whose clock does not rest.
    Presenter,
}

/// A window of its own on the case of the sample incident, and one picture of it.
#[derive(Debug)]
struct Occasion {
    name: &'static str,
    theme: &'static str,
    percent: u16,
    screen: (u32, u32),
    file: File,
    acts: &'static [Act],
    seen: Seen,
}

const fn occasion(name: &'static str, theme: &'static str, acts: &'static [Act]) -> Occasion {
    Occasion { name, theme, percent: 100, screen: SCREEN, file: File::Case, acts, seen: Seen::Window }
}

/// A screen that people have.
const WIDE: (u32, u32) = (1920, 1080);

/// Where things are in the views of the company, in a window of the usual size.
/// The list of calls or of traces: a case remembers what was chosen in it for the picture before.
const LIST: Act = Click(340, 117);
const BY_MODEL: Act = Click(446, 117);
const TOOLS: Act = Click(519, 117);
const FIRST_CALL: Act = Click(452, 174);
const ANOTHER_CALL: Act = Click(452, 240);
const SERVICE_MAP: Act = Click(466, 117);
const FIRST_TRACE: Act = Click(380, 174);
const ANOTHER_TRACE: Act = Click(380, 240);

/// The story of two steps that is presented. Steps that an earlier picture has made come before them.
const STORY: [Act; 6] = [
    Press("ctrl+1"),
    Press("ctrl+shift+n"),
    Press("ctrl+2"),
    Press("ctrl+shift+n"),
    Press("ctrl+7"),
    Press("F5"),
];

/// A view of the made-up company, which has what the sample incident lacks.
const fn of_company(name: &'static str, theme: &'static str, acts: &'static [Act]) -> Occasion {
    Occasion { file: File::Company, ..occasion(name, theme, acts) }
}

const OCCASIONS: [Occasion; 16] = [
    of_company("problems-dark", "dark", &[Press("ctrl+5")]),
    of_company("llm-calls-dark", "dark", &[Press("F9")]),
    of_company("llm-models-light", "light", &[Press("F9"), BY_MODEL]),
    of_company("llm-tools-light", "light", &[Press("F9"), TOOLS]),
    of_company(
        "prompt-difference-light",
        "light",
        &[Press("F9"), LIST, FIRST_CALL, Press("shift+F9"), ANOTHER_CALL],
    ),
    of_company("service-map-light", "light", &[Press("F6"), SERVICE_MAP]),
    of_company(
        "traces-compared-light",
        "light",
        &[Press("F6"), LIST, FIRST_TRACE, Press("shift+F6"), ANOTHER_TRACE],
    ),
    occasion("overview-high-contrast", "high_contrast", &[Press("ctrl+1")]),
    occasion("finding-print", "print", &[Press("ctrl+2")]),
    occasion("overview-projector", "projector", &[Press("ctrl+1")]),
    Occasion { percent: 200, screen: WIDE, ..occasion("overview-200-percent", "dark", &[Press("ctrl+1")]) },
    Occasion { seen: Seen::Written, ..occasion("palette-dark", "dark", &[Press("ctrl+k"), Write("show")]) },
    Occasion {
        seen: Seen::Written,
        ..occasion(
            "passphrase-light",
            "light",
            &[Press("ctrl+k"), Write("encrypt this"), Press("Return"), Write("seven plain words")],
        )
    },
    Occasion { file: File::None, ..occasion("import-light", "light", &[Press("ctrl+o")]) },
    occasion("presentation", "dark", &STORY),
    Occasion { seen: Seen::Presenter, ..occasion("presenter", "dark", &STORY) },
];

/// So long the window may take to answer where it cannot be seen to rest.
const ANSWER: Duration = Duration::from_secs(3);

/// The title of the presenter's window.
const PRESENTER: &str = "^Presenter";

/// Takes them all, after the window of `visit` has ended.
pub(crate) fn take(visit: &mut Visit<'_>, pictures: &Path) -> anyhow::Result<()> {
    visit.window.0.kill()?;
    visit.window.0.wait()?;
    let company = crate::company::make(visit.program, visit.folder)?;
    for occasion in &OCCASIONS {
        let path = pictures.join(format!("{}.png", occasion.name));
        let case = match occasion.file {
            File::None => None,
            File::Case => Some(visit.folder.join(CASE)),
            File::Company => Some(company.clone()),
        };
        one(occasion, visit, case.as_deref(), &path)
            .with_context(|| format!("no picture {}", occasion.name))?;
        println!("{}", path.display());
    }
    Ok(())
}

fn one(occasion: &Occasion, visit: &Visit<'_>, case: Option<&Path>, path: &Path) -> anyhow::Result<()> {
    let (folder, is_presented) = (visit.folder, occasion.seen == Seen::Presenter);
    let settings = serde_json::json!({
        "theme": occasion.theme,
        "percent": occasion.percent,
        "presenter_window": is_presented,
    });
    let config = folder.join("home/driftlock");
    std::fs::create_dir_all(&config)?;
    std::fs::write(config.join("workstation.json"), settings.to_string())?;
    let display = Display::start_of(occasion.screen)?;
    let mut command = of_user(visit.program, folder, case);
    answer_file_dialogs(&mut command, folder)?;
    let mut window = start(&mut command, &display)?;
    display.focus(TITLE)?;
    display.fill(TITLE)?;
    at_rest(&mut window, &display)?;
    for (place, act) in occasion.acts.iter().enumerate() {
        match act {
            Press(keys) => display.press(keys)?,
            Write(text) => display.write(text)?,
            Click(x, y) => display.click(*x, *y)?,
        }
        // A cursor that blinks and the clock of the presenter never rest.
        match occasion.seen {
            Seen::Written => drop(steady(&display)?),
            Seen::Presenter if place + 1 == occasion.acts.len() => {}
            Seen::Window | Seen::Presenter => drop(at_rest(&mut window, &display)?),
        }
    }
    let picture = match occasion.seen {
        Seen::Window => at_rest(&mut window, &display)?,
        Seen::Written => steady(&display)?,
        Seen::Presenter => {
            crate::shell::poll("the presenter's window", Duration::from_mins(1), || {
                Ok(display.shows(PRESENTER)?.then_some(()))
            })?;
            // The case is read again through the rules of redaction.
            std::thread::sleep(ANSWER);
            display.picture_of(PRESENTER)?
        }
    };
    picture.save_small(path)
}

/// A picture that is the same as the one before it: all there is to go by where a cursor blinks twice a second.
fn steady(display: &Display) -> anyhow::Result<Picture> {
    std::thread::sleep(ANSWER);
    let mut before = None;
    crate::shell::poll("the window to stand still", Duration::from_mins(1), || {
        let now = display.picture()?;
        let same = before.as_ref() == Some(&now);
        before = Some(now);
        Ok(before.clone().filter(|_| same))
    })
}

/// Where there is no desktop, the window asks `zenity` for files: one that names the sample at once.
fn answer_file_dialogs(command: &mut Command, folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let programs = folder.join("programs");
    std::fs::create_dir_all(&programs)?;
    // Beside the other one there is a case of it already.
    let capture = programs.join("incident.jsonl.zst");
    std::fs::copy(folder.join("incident.jsonl.zst"), &capture)?;
    let zenity = programs.join("zenity");
    std::fs::write(&zenity, format!("#!/bin/sh\necho '{}'\n", capture.display()))?;
    std::fs::set_permissions(&zenity, std::fs::Permissions::from_mode(0o755))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::iter::once(programs).chain(std::env::split_paths(&path)).collect();
    command.env("PATH", std::env::join_paths(folders)?);
    // No desktop of whoever makes the pictures answers instead.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/dev/null");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_occasions_have_one_name_and_each_is_come_to() {
        let names: BTreeSet<&str> = OCCASIONS.iter().map(|occasion| occasion.name).collect();
        assert_eq!(names.len(), OCCASIONS.len());
        assert!(OCCASIONS.iter().all(|occasion| !occasion.acts.is_empty()));
    }
}
