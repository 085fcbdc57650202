//! What the codecs say of a finding, and whether this program's codecs are those of the run.

use super::explain::fact;
use crate::theme::{mono_font, semibold_font};
use crate::tokens::{self, size};
use crate::words;
use cbad::{Jury, JuryEntry, Share, Sizes};
use egui::{Grid, Label, RichText, Role, ScrollArea, Ui, WidgetInfo, vec2};

const ABOUT: &str = "Each codec codes the window with a baseline piece of equal length, and is compared with itself on ordinary windows of the stream.";

/// A line for the agreement, and one a codec.
pub(super) fn show(ui: &mut Ui, jury: &Jury) {
    ui.add_space(size::GAP);
    super::heading(ui, "The jury");
    let agreement = match jury.voting() {
        0 => "too few other windows to say".to_owned(),
        voting => format!("{} of {voting} find it unusual", jury.agreeing()),
    };
    fact(ui, "Codecs", &agreement, ABOUT);
    for entry in &jury.entries {
        fact(ui, &case::inert(&entry.codec.name), &verdict(entry), &about(entry));
    }
}

/// The same as a table with sizes and ranks, for the view of the finding.
pub(super) fn table(ui: &mut Ui, jury: &Jury) {
    super::finding::section(ui, "What the codecs say", ABOUT);
    let t = tokens::of(ui);
    let agreement = match jury.voting() {
        0 => "Too few other windows to say.".to_owned(),
        voting => format!("{} of {voting} find it unusual.", jury.agreeing()),
    };
    ui.label(RichText::new(agreement).color(t.strong));
    let heading = |ui: &mut Ui, text: &str, about: &str| {
        let label = ui.label(RichText::new(text).font(semibold_font(size::SMALL)).color(t.weak));
        if !about.is_empty() {
            label.on_hover_text(about);
        }
    };
    ScrollArea::horizontal().id_salt("jury table").auto_shrink([true, true]).show(ui, |ui| {
        Grid::new("jury").striped(true).num_columns(COLUMNS.len()).spacing(vec2(18.0, 4.0)).show(ui, |ui| {
            for (text, about) in COLUMNS {
                heading(ui, text, about);
            }
            ui.end_row();
            for entry in &jury.entries {
                let about = about(entry);
                for (number, cell) in cells(entry).into_iter().enumerate() {
                    let text = RichText::new(&cell);
                    let text =
                        if number == 0 { text.color(t.strong) } else { text.font(mono_font()).color(t.text) };
                    let label = ui.add(Label::new(text).extend()).on_hover_text(about.as_str());
                    let said = format!("{}, {}: {cell}", case::inert(&entry.codec.name), COLUMNS[number].0);
                    label.widget_info(|| WidgetInfo::labeled(Role::Cell, true, &said));
                }
                ui.end_row();
            }
        });
    });
}

/// The columns of the table, and what they mean.
const COLUMNS: [(&str, &str); 8] = [
    ("Codec", ""),
    ("C(b), bits", "The baseline piece alone."),
    ("C(w), bits", "The window alone."),
    ("C(bw), bits", "The baseline piece and the window behind it, coded as one."),
    ("NCD", "(C(bw) - min(C(b), C(w))) / max(C(b), C(w)): near 0 the same, near 1 with nothing in common."),
    ("Bits, rank", "Ordinary windows that add fewer bits a byte to their baseline piece, of how many."),
    ("NCD, rank", "Ordinary windows that have a smaller NCD, of how many."),
    ("Says", ""),
];

fn cells(entry: &JuryEntry) -> [String; 8] {
    let none = || "–".to_owned();
    let of =
        |value: fn(&Sizes) -> u64| entry.sizes.as_ref().map_or_else(none, |sizes| words::count(value(sizes)));
    let rank =
        |share: Option<Share>| share.map_or_else(none, |share| format!("{} of {}", share.below, share.of));
    let verdict = verdict(entry);
    let says = verdict.split(',').next().unwrap_or_default().to_owned();
    [
        case::inert(&entry.codec.name),
        of(|sizes| sizes.baseline_bits),
        of(|sizes| sizes.window_bits),
        of(|sizes| sizes.both_bits),
        entry.ncd().map_or_else(none, |ncd| format!("{ncd:.3}")),
        rank(entry.dearer_than),
        rank(entry.farther_than),
        says,
    ]
}

fn verdict(entry: &JuryEntry) -> String {
    let (Some(sizes), None) = (&entry.sizes, &entry.codec.absent) else { return "absent".to_owned() };
    let unusual = match entry.agrees() {
        Some(true) => "unusual",
        Some(false) => "ordinary",
        None => "cannot say",
    };
    format!("{unusual}, NCD {:.2}", sizes.ncd())
}

fn about(entry: &JuryEntry) -> String {
    if let Some(why) = &entry.codec.absent {
        return format!("This codec was not there when the case was analysed: {}.", case::inert(why));
    }
    let mut lines = vec![format!("Version {}.", case::inert(&entry.codec.version))];
    if let Some(sizes) = &entry.sizes {
        let bits = words::bits(sizes.delta_bits() as f64);
        lines.push(format!("The window adds {bits} to its baseline piece."));
        lines.push(format!("Uncoded it is {:.2} times as large as coded.", sizes.ratio_window()));
    }
    if let (Some(dearer), Some(farther)) = (entry.dearer_than, entry.farther_than) {
        let (below, of) = (dearer.below, dearer.of);
        lines.push(format!("It costs more bits a byte than {below} of {of} ordinary windows,"));
        lines.push(format!("and is farther from its baseline than {} of {}.", farther.below, farther.of));
    }
    lines.join("\n")
}

/// A mark before the run, where it was made with other codecs; the sentences are at the pointer.
pub(super) fn differences(ui: &mut Ui, differences: &[String]) {
    if differences.is_empty() {
        return;
    }
    let text = RichText::new("Made with other codecs").color(tokens::of(ui).warning);
    ui.label(text).on_hover_text(case::inert(differences.join("\n")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbad::{CodecInfo, codecs};

    fn entry(codec: CodecInfo, below: u32) -> JuryEntry {
        let sizes = codec.absent.is_none().then_some(Sizes {
            baseline_bytes: 900,
            window_bytes: 900,
            baseline_bits: 2000,
            window_bits: 2400,
            both_bits: 4100,
        });
        let share = Some(Share { below, of: 40 }).filter(|_| sizes.is_some());
        JuryEntry { codec, sizes, dearer_than: share, farther_than: share }
    }

    #[test]
    fn each_codec_says_what_it_finds_or_that_it_is_absent() {
        let zstd = codecs().swap_remove(0);
        let absent = CodecInfo { absent: Some("built without it\u{7}".to_owned()), ..zstd.clone() };
        let undecided = JuryEntry { dearer_than: None, farther_than: None, ..entry(zstd.clone(), 0) };
        for (entry, said, explained) in [
            (entry(zstd.clone(), 40), "unusual, NCD 0.88", "than 40 of 40 ordinary windows"),
            (entry(zstd, 10), "ordinary, NCD 0.88", "2,100 bits"),
            (undecided, "cannot say, NCD 0.88", "3.00 times"),
            (entry(absent, 40), "absent", "built without it\\u{7}"),
        ] {
            assert_eq!(verdict(&entry), said);
            let cells = cells(&entry);
            assert!(said.starts_with(&cells[7]), "{cells:?}");
            assert_eq!(cells[3] == "–", entry.sizes.is_none(), "{cells:?}");
            assert!(about(&entry).contains(explained), "{}", about(&entry));
        }
    }

    #[test]
    fn the_mark_is_there_only_where_codecs_differ() {
        use egui_kittest::Harness;
        use egui_kittest::kittest::Queryable as _;
        for (said, there) in
            [(Vec::new(), false), (vec!["This run was made with zstd 1.4.0.".to_owned()], true)]
        {
            let harness = Harness::builder()
                .with_context_setup(crate::theme::install)
                .build_ui(move |ui| differences(ui, &said));
            assert_eq!(harness.query_by_label("Made with other codecs").is_some(), there);
        }
    }
}
