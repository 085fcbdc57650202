//! Everything by name: commands, findings, streams, bookmarks. Type a part of it, choose with the arrow keys, Enter.

use crate::command::Command;
use crate::doc::Selection;
use crate::fuzzy;
use crate::state::{Pane, State};
use crate::tokens::{self, size};
use cbad::Signal;
use egui::{
    Align, Align2, FontSelection, Id, Key, Modal, Modifiers, RichText, TextEdit, TextStyle, Ui, vec2,
};
use std::sync::Arc;

/// Rows that are shown; whoever looks for more types another letter.
const SHOWN: usize = 60;

/// Who types more letters than these means a word, and what only has the letters is left out where something has the word.
const ABBREVIATED: usize = 3;

const NOTHING: &str = "No command that can be used now, and nothing of the case, has these words.";

/// The open palette.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    typed: String,
    chosen: usize,
}

/// What was found, and what to read of it.
struct Found {
    item: Item,
    text: String,
    how: How,
}

/// How it was found, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// The letters stand in the name in this order.
    Letters,
    /// The words stand in what is told of it.
    Told,
    /// People call it so.
    Also,
    /// The words stand in the name.
    Named,
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Command(Command),
    Finding(i64),
    Stream(u32),
    /// By its place in the list.
    Bookmark(usize),
    /// By its place among the saved views.
    View(usize),
}

pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let Some(mut palette) = state.palette.take() else { return };
    let found = matching(state, &palette.typed);
    palette.chosen = palette.chosen.min(found.len().saturating_sub(1));
    let (down, up, enter) = ui.input_mut(|input| {
        let mut key = |key| input.consume_key(Modifiers::NONE, key);
        (key(Key::ArrowDown), key(Key::ArrowUp), key(Key::Enter))
    });
    if down && palette.chosen + 1 < found.len() {
        palette.chosen += 1;
    }
    if up {
        palette.chosen = palette.chosen.saturating_sub(1);
    }
    let mut run = found.get(palette.chosen).filter(|_| enter).map(|found| found.item.clone());
    let screen = ui.ctx().content_rect();
    let modal = super::modal(ui, "palette");
    let top = (screen.height() * 0.11).min(90.0);
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, top));
    let shown = modal.area(area).show(ui.ctx(), |ui| {
        ui.set_width((screen.width() - 80.0).min(620.0));
        let field = TextEdit::singleline(&mut palette.typed)
            .hint_text("Type a part of a command, finding, stream, bookmark or saved view")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Command"));
        if field.changed() {
            palette.chosen = 0;
        }
        field.request_focus();
        ui.add_space(size::TIGHT);
        let most = (screen.height() - top - 100.0).min(380.0);
        super::list_within(most).show(ui, |ui| {
            for (number, found) in found.iter().enumerate() {
                if row(ui, found, number == palette.chosen, down || up) {
                    run = Some(found.item.clone());
                }
            }
            if found.is_empty() {
                ui.label(RichText::new(NOTHING).color(tokens::of(ui).weak));
            }
        });
    });
    if let Some(item) = run {
        carry_out(state, &item);
    } else if !shown.should_close() {
        state.palette = Some(palette);
    }
}

fn row(ui: &mut Ui, found: &Found, chosen: bool, moved: bool) -> bool {
    let kind = match found.item {
        Item::Command(command) => command.shortcut_text(ui.ctx()).unwrap_or_default(),
        Item::Finding(_) => "finding".to_owned(),
        Item::Stream(_) => "stream".to_owned(),
        Item::Bookmark(_) => "bookmark".to_owned(),
        Item::View(_) => "saved view".to_owned(),
    };
    let mut words = egui::text::LayoutJob::default();
    let (style, font) = (Arc::clone(ui.style()), FontSelection::Style(TextStyle::Button));
    RichText::new(&found.text).append_to(&mut words, &style, font.clone(), Align::Center);
    if let (Item::Command(command), How::Told | How::Also) = (&found.item, found.how) {
        // The name alone does not say why it is listed.
        let about = RichText::new(format!("   {}", command.spec().tooltip)).color(tokens::of(ui).weak);
        about.append_to(&mut words, &style, font, Align::Center);
    }
    let button = egui::Button::selectable(chosen, words)
        .shortcut_text(kind)
        .truncate()
        .min_size(vec2(ui.available_width(), 26.0));
    let hover = match found.item {
        Item::Command(command) => command.hover_text(ui.ctx()),
        _ => found.text.clone(),
    };
    let response = ui.add(button).on_hover_text(hover);
    if chosen && moved {
        response.scroll_to_me(None);
    }
    response.clicked()
}

fn carry_out(state: &mut State, item: &Item) {
    match *item {
        Item::Command(command) => {
            state.prefs.use_command(command.spec().id);
            state.command(command);
        }
        Item::Finding(id) => {
            state.select(Selection::Finding(id));
            state.front = Some(Pane::Finding);
        }
        Item::Stream(id) => state.select(Selection::Stream(id)),
        Item::Bookmark(place) => super::crumbs::open(state, place),
        Item::View(place) => {
            let view = state.review.views.get(place);
            state.review.open = view.map(|view| (view.state.clone(), view.subject.clone()));
        }
    }
}

/// Everything that there is now, with its words: commands last used first, then bookmarks, findings and streams.
fn everything(state: &State) -> Vec<(Item, String)> {
    let mut commands: Vec<Command> = Command::ALL.to_vec();
    commands.retain(|command| *command != Command::Palette && state.enabled(*command));
    let used = |command: &Command| {
        state.prefs.used.iter().position(|id| id == command.spec().id).unwrap_or(usize::MAX)
    };
    commands.sort_by_key(used);
    let mut all: Vec<(Item, String)> = commands
        .into_iter()
        .map(|command| (Item::Command(command), command.spec().text.to_owned()))
        .collect();
    let bookmarks = state.bookmarks.iter().enumerate();
    all.extend(bookmarks.map(|(place, bookmark)| (Item::Bookmark(place), case::inert(&bookmark.name))));
    let views = state.review.views.iter().enumerate();
    all.extend(views.map(|(place, view)| (Item::View(place), case::inert(&view.name))));
    if let Some(doc) = &state.doc {
        all.extend(doc.findings.iter().map(|row| {
            let text =
                format!("{}  {}: {}", row.id, row.stream.key.label(), row.finding.explanation.sentence);
            (Item::Finding(row.id), case::inert(text))
        }));
        all.extend(doc.streams.iter().map(|row| (Item::Stream(row.id), case::inert(row.key.label()))));
    }
    all
}

/// What people call it that its name does not say.
fn also(state: &State, item: &Item) -> &'static str {
    let signal = |id| state.doc.as_ref().and_then(|doc| doc.stream(id)).map(|row| row.key.signal);
    match item {
        Item::Command(command) => command.also(),
        Item::Stream(id) => match signal(*id) {
            Some(Signal::Log) => "logs",
            Some(Signal::Metric) => "metrics",
            Some(Signal::Span) => "spans traces",
            Some(Signal::LlmCall) => "llm calls",
            None => "",
        },
        Item::Finding(_) | Item::Bookmark(_) | Item::View(_) => "",
    }
}

/// How `typed` fits: how it was found, then how well.
fn fit(state: &State, typed: &str, item: &Item, text: &str) -> Option<(How, i32)> {
    let (letters, also) = (fuzzy::fit(typed, text), also(state, item));
    if fuzzy::stands(typed, text) {
        return Some((How::Named, letters.unwrap_or_default()));
    }
    if fuzzy::begins(typed, &[text, also]) {
        return Some((How::Also, 0));
    }
    match item {
        Item::Command(command) if fuzzy::begins(typed, &[text, also, command.spec().tooltip]) => {
            Some((How::Told, 0))
        }
        // Some letters in their order stand in every sentence.
        Item::Finding(_) => None,
        _ => Some((How::Letters, letters?)),
    }
}

/// What fits best first; of equals in the order of [`everything`].
fn matching(state: &State, typed: &str) -> Vec<Found> {
    let mut found: Vec<((How, i32), Found)> = everything(state)
        .into_iter()
        .filter_map(|(item, text)| {
            let fit = fit(state, typed, &item, &text)?;
            Some((fit, Found { item, text, how: fit.0 }))
        })
        .collect();
    if typed.trim().len() > ABBREVIATED && found.iter().any(|((how, _), _)| *how > How::Letters) {
        found.retain(|((how, _), _)| *how > How::Letters);
    }
    if !typed.trim().is_empty() {
        found.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    }
    found.into_iter().take(SHOWN).map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(state: &State, typed: &str) -> Option<Item> {
        matching(state, typed).into_iter().next().map(|found| found.item)
    }

    #[test]
    fn finds_commands_findings_streams_and_bookmarks() {
        let mut state = crate::scene::state();
        assert_eq!(first(&state, "zoom in"), Some(Item::Command(Command::ZoomIn)));
        assert_eq!(first(&state, "zqx"), None);
        assert_eq!(first(&state, "case open"), Some(Item::Command(Command::OpenCase)));
        assert!(matches!(first(&state, "db-primary refused"), Some(Item::Finding(_))));
        let gateway =
            state.doc.as_ref().and_then(|doc| doc.stream(2)).map(|row| row.key.label()).expect("a stream");
        assert_eq!(first(&state, &gateway), Some(Item::Stream(2)));
        state.bookmarks.extend(state.bookmark());
        state.bookmarks[0].name = "Where it began".to_owned();
        assert_eq!(first(&state, "where began"), Some(Item::Bookmark(0)));
        carry_out(&mut state, &Item::Stream(2));
        assert_eq!(state.selection, Selection::Stream(2));
        carry_out(&mut state, &Item::Bookmark(0));
        assert_eq!(state.selection, Selection::Finding(1));
    }

    #[test]
    fn words_that_people_come_with_find_what_does_it() {
        let state = crate::scene::state();
        for (typed, command) in [
            ("zoom", Command::ZoomIn),
            ("dark mode", Command::ToggleTheme),
            ("export", Command::ExportEvents),
            ("encrypt", Command::EncryptCase),
            ("passphrase", Command::EncryptCase),
            ("difference", Command::ShowCompare),
            ("service map", Command::ShowMap),
            ("waterfall", Command::ShowTraces),
            ("tokens", Command::ShowCalls),
            ("cost", Command::ShowCalls),
            ("timezone", Command::ShowSettings),
            ("time zone", Command::ShowSettings),
            ("clock", Command::ShowSettings),
            ("story", Command::ShowStory),
            // There is no story yet that could be presented.
            ("present", Command::LayoutPresent),
            ("compare", Command::LayoutCompare),
            ("redact", Command::ShowSettings),
            ("follow", Command::FollowFolder),
            // What can be handed on, as far as there is something to export.
            ("report", Command::ShowStory),
            ("proof", Command::ExportEvents),
        ] {
            let found: Vec<String> = matching(&state, typed).into_iter().map(|found| found.text).collect();
            assert_eq!(first(&state, typed), Some(Item::Command(command)), "{typed}: {found:?}");
        }
        let by_chance = |found: &Found| found.how == How::Letters;
        assert!(!matching(&state, "cost").iter().any(by_chance), "no letters that happen to be in a row");
        for typed in ["pdf", "email"] {
            assert_eq!(first(&state, typed), None, "{typed}");
        }
    }

    #[test]
    fn what_was_used_last_stands_first() {
        let mut state = crate::scene::state();
        for command in [Command::ZoomIn, Command::ExportPlot, Command::ResetZoom] {
            carry_out(&mut state, &Item::Command(command));
        }
        let top: Vec<Item> = matching(&state, "").into_iter().take(2).map(|found| found.item).collect();
        assert_eq!(
            top,
            [Item::Command(Command::ResetZoom), Item::Command(Command::ZoomIn)],
            "what cannot be done is left out"
        );
    }
}
