//! The workstation: the window in which a person opens a capture, sees what was unusual in it, and why.
//!
//! For: showing what a case file holds, and starting the same functions of `case` that the command line starts.
//! Never: computes a score, changes evidence, waits for a disk on the thread of the window, or opens a socket.

mod app;
mod bits;
mod choices;
mod command;
mod decisions;
mod dialogs;
mod doc;
mod export;
mod filter;
mod follow;
mod fonts;
mod fuzzy;
mod heatmap;
mod history;
mod hits;
mod import_dialog;
mod lanes;
mod layout;
mod matrix;
mod names;
mod opening;
mod pages;
mod pane;
mod panics;
mod places;
mod prefs;
mod preview;
mod problems;
mod query;
mod reader;
mod redaction;
mod remembered;
mod review;
mod runs;
#[cfg(test)]
mod scene;
mod series;
mod service_map;
mod settings;
mod state;
mod store;
mod telemetry;
mod theme;
mod tokens;
mod ui;
mod vault;
mod view;
#[cfg(test)]
mod vision;
mod window;
mod words;
mod work;

pub use app::{App, Services};
pub use command::{Command, Spec, Twin};
pub use dialogs::{Dialog, FileDialogs, Picked, SystemDialogs};
pub use places::Places;
pub use view::figures::Picture;
pub use window::run;
pub use work::{Job, Spawn, threads};
