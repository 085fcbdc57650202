//! Pictures of every view for the documents: the release binary on the sample incident, on a display of its own.

use crate::display::Display;
use crate::end_to_end::{self, TITLE, Visit, at_rest};
use crate::occasions;
use crate::shell::{self, Running};
use anyhow::Context;
use std::path::Path;

/// A view: the name of its picture, the keys that bring it to the front, and whether it is shown in light too.
struct View {
    name: &'static str,
    keys: &'static [&'static str],
    in_light: bool,
}

const fn view(name: &'static str, keys: &'static [&'static str], in_light: bool) -> View {
    View { name, keys, in_light }
}

/// Every view, in the order in which they are visited. A new view is a line here.
const VIEWS: [View; 14] = [
    view("overview", &["ctrl+1"], true),
    view("overview-table", &["ctrl+1", "ctrl+t"], false),
    view("finding", &["ctrl+t", "ctrl+2"], true),
    view("events", &["ctrl+3"], true),
    view("exact-bytes", &["ctrl+4"], false),
    view("traces", &["F6"], true),
    view("metrics", &["F7"], false),
    view("blocks", &["shift+F10"], true),
    view("compare", &["ctrl+shift+d"], true),
    view("story", &["ctrl+shift+n", "ctrl+7"], false),
    view("coverage", &["ctrl+8"], false),
    view("audit", &["ctrl+9"], false),
    view("activity", &["ctrl+6"], false),
    view("settings", &["ctrl+comma"], false),
];

/// Changes between light and dark.
const THEME: &str = "ctrl+shift+l";

/// Takes them all.
pub(crate) fn take() -> anyhow::Result<()> {
    let folder = shell::root().join("docs/images/views");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    end_to_end::visit(&|visit: &mut Visit<'_>| {
        visit.display.focus(TITLE)?;
        for view in &VIEWS {
            for key in view.keys {
                visit.display.press(key)?;
                // The window takes one key a frame.
                at_rest(visit.window, visit.display)?;
            }
            picture(&folder, view.name, "dark", &mut *visit.window, visit.display)?;
            if view.in_light {
                visit.display.press(THEME)?;
                picture(&folder, view.name, "light", &mut *visit.window, visit.display)?;
                visit.display.press(THEME)?;
                at_rest(visit.window, visit.display)?;
            }
        }
        occasions::take(visit, &folder)
    })
}

fn picture(
    folder: &Path,
    name: &str,
    theme: &str,
    window: &mut Running,
    display: &Display,
) -> anyhow::Result<()> {
    let path = folder.join(format!("{name}-{theme}.png"));
    at_rest(window, display)?.save_small(&path)?;
    println!("{}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_pictures_have_one_name() {
        let names: BTreeSet<&str> = VIEWS.iter().map(|view| view.name).collect();
        assert_eq!(names.len(), VIEWS.len());
        assert!(VIEWS.iter().all(|view| !view.keys.is_empty()));
    }
}
