//! Progress on a terminal; nothing in a pipe.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use cbad::{Stage, Watch};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt;

/// Draws one bar on standard error, a new one for each stage.
pub(crate) struct Progress {
    shown: Mutex<Option<(Stage, ProgressBar)>>,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { shown: Mutex::new(None), is_terminal: std::io::stderr().is_terminal() }
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        if let Some((_, bar)) = self.shown.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(stage: Stage, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let template = match stage {
        Stage::Import => "{msg:24} [{bar:30}] {bytes}/{total_bytes} {eta}",
        Stage::Prepare | Stage::Score | Stage::Explain | Stage::Test => {
            "{msg:24} [{bar:30}] {human_pos}/{human_len} {eta}"
        }
    };
    let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
    bar.set_style(style.progress_chars("=> "));
    bar.set_message(stage.label());
    bar
}

impl Watch for Progress {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        if !self.is_terminal {
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.as_ref().is_none_or(|(current, _)| *current != stage)
            && let Some((_, old)) = shown.replace((stage, bar(stage, total)))
        {
            old.finish_and_clear();
        }
        if let Some((_, bar)) = shown.as_ref() {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::asked()
    }
}
