//! A case made up for pictures of the window: no engine and no file, so that only a change of the window changes them.

use crate::doc::{Doc, Selection};
use crate::heatmap::{self, Cell, Row};
use crate::query::stream_data;
use crate::state::State;
use case::{CaptureRow, CaptureState, FindingRow, RunRow, StreamRow, StreamSummary};
use cbad::{
    Config, Driver, Explanation, Finding, Grade, Lens, LensScore, PValue, Shift, ShiftKind, Signal, Sizes,
    StreamKey, TokenCost, Unit, WindowScore,
};
use std::sync::Arc;

const START_NANOS: i64 = 1_772_355_600_000_000_000;
const SECOND_NANOS: i64 = 1_000_000_000;
const WINDOWS: u32 = 120;
/// Windows of the first stream in which something is wrong.
const ODD: std::ops::Range<u32> = 70..76;

/// A state in which the first finding of the case is selected and everything has been read.
pub(crate) fn state() -> State {
    let doc = doc();
    let rows: Vec<Row> = doc.scored.iter().map(|&stream| heat_row(&doc, stream)).collect();
    let rows = Arc::new(rows);
    let mut state = State { range: doc.extent, stream: Some(0), ..State::default() };
    state.data = Some(Arc::new(stream_data(0, windows(0), doc.axis)));
    let lanes = Arc::new(crate::lanes::lanes(&rows, &doc, rows.len(), false));
    state.heat.binned = Some(heatmap::bin(&rows, &lanes, doc.extent, 60, state.shown(), &|| true));
    state.heat.density = Some(Arc::new(crate::lanes::Density::of(&rows, doc.extent)));
    state.heat.lanes = lanes;
    state.heat.rows = Some(rows);
    state.doc = Some(Arc::new(doc));
    state.selection = Selection::Finding(1);
    state
}

fn heat_row(doc: &Doc, stream: u32) -> Row {
    let cell = |window: &WindowScore| {
        let (from, to) = doc.axis.of_window(window)?;
        let values = heatmap::values(window);
        Some(Cell { from, to, values, window: window.index, flagged: window.flagged })
    };
    Row::new(stream, windows(stream).iter().filter_map(cell).collect())
}

fn streams() -> Vec<StreamRow> {
    let names = [
        ("checkout", Signal::Log, "logs"),
        ("checkout", Signal::Span, "spans"),
        ("gateway", Signal::Log, "logs"),
    ];
    let row = |(id, (service, signal, name)): (usize, (&str, Signal, &str))| StreamRow {
        id: id as u32,
        capture: 1,
        key: StreamKey { signal, service: Some(service.to_owned()), name: name.to_owned() },
        events: 1300,
        start_nanos: Some(START_NANOS),
        end_nanos: Some(START_NANOS + 130 * SECOND_NANOS),
    };
    names.into_iter().enumerate().map(row).collect()
}

/// A fixed scatter between 0 and 1.
fn scatter(stream: u32, index: u32) -> f64 {
    f64::from((stream * 7919 + index).wrapping_mul(2_654_435_761) >> 16) / f64::from(1_u32 << 16)
}

fn windows(stream: u32) -> Vec<WindowScore> {
    let window = |index: u32| {
        let odd = stream == 0 && ODD.contains(&index);
        let noise = scatter(stream, index);
        let start = START_NANOS + i64::from(index) * SECOND_NANOS;
        let p = |value| Some(PValue { value, floor: 0.001, n: 999 });
        let sizes = |extra: u64| Sizes {
            baseline_bytes: 24_000,
            window_bytes: 24_000,
            baseline_bits: 40_000 + extra,
            window_bits: 40_000 + extra + (noise * 4_000.0) as u64,
            both_bits: if odd { 72_000 } else { 46_000 + (noise * 9_000.0) as u64 } + extra,
        };
        let said = |lens, times: f64| LensScore {
            lens,
            score_bits: times * if odd { 20.0 } else { 2.5 + noise },
            p_permutation: None,
            p_conformal: p(0.5),
            p_tail: p(0.5),
            q: Some(0.9),
            q_by: Some(1.0),
        };
        WindowScore {
            index,
            first_event: u64::from(index) * 10,
            last_event: u64::from(index) * 10 + 99,
            start_nanos: Some(start),
            end_nanos: Some(start + 10 * SECOND_NANOS),
            zstd: sizes(0),
            count: sizes(9_000),
            entropy: 4.5 + noise,
            lenses: vec![said(Lens::Content, 4.0), said(Lens::Mix, 1.5)],
            lens: Lens::Content,
            p: Some(if odd { 0.001 } else { 1.0 }),
            score_bits: if odd { 80.0 } else { 10.0 + noise },
            p_permutation: if odd { p(0.001) } else { None },
            p_conformal: p(if odd { 0.002 } else { 0.5 }),
            p_tail: p(if odd { 0.000_02 } else { 0.5 }),
            q: Some(if odd { 0.004 } else { 0.9 }),
            flagged: odd,
        }
    };
    (0..WINDOWS).map(window).collect()
}

fn finding(id: i64, stream: u32, window: u32, grade: Grade) -> FindingRow {
    let first_event = u64::from(window) * 10;
    let tokens = [
        ("connection", 3.0),
        ("to", 0.4),
        ("db-primary:5432", 17.5),
        ("refused", 14.2),
        ("after", 5.0),
        ("5", 9.0),
    ];
    let token = |(place, (text, bits)): (usize, (&str, f64))| TokenCost {
        text: text.to_owned(),
        space_before: place > 0,
        field: None,
        shape: None,
        bits,
        seen: u64::from(bits < 4.0),
        measure: None,
    };
    let driver = Driver {
        event: first_event + 40,
        bits: 49.1,
        ordinary_bits: 7.0,
        tokens: tokens.into_iter().enumerate().map(token).collect(),
        left_out: None,
        nearest: None,
    };
    let significant = grade > Grade::Unusual;
    let p = |value| Some(PValue { value, floor: 0.001, n: 999 });
    FindingRow {
        id,
        stream: streams().swap_remove(stream as usize),
        finding: Finding {
            stream,
            window,
            first_event,
            last_event: first_event + 149,
            start_nanos: Some(START_NANOS + i64::from(window) * SECOND_NANOS),
            end_nanos: Some(START_NANOS + i64::from(window + 15) * SECOND_NANOS),
            grade,
            flagged: significant,
            q: Some(if significant { 0.004 } else { 0.6 }),
            p_permutation: if significant { p(0.001) } else { None },
            p_block: None,
            p_conformal: p(0.002),
            p_tail: p(0.000_02),
            score_bits: if significant { 80.0 } else { 11.0 },
            surprise_bits: if significant { 24.0 } else { 9.0 },
            explanation: Explanation {
                lens: Lens::Content,
                lenses: vec![Lens::Content, Lens::Mix],
                shifts: shifts(first_event),
                drivers: vec![driver],
                windows: 6,
                counterfactual: None,
                stability: None,
                caveats: vec!["A change in rate alone is not seen.".to_owned()],
                sentence: "checkout · logs changed at 09:01:10: “connection to db-primary:5432 refused”."
                    .to_owned(),
                paragraph: "What drove it: “db-primary:5432”, never seen in the baseline (17.5 bits)."
                    .to_owned(),
            },
            jury: None,
            lasting: None,
        },
    }
}

fn shifts(first_event: u64) -> Vec<Shift> {
    let shift = |kind, name: &str, window, baseline, bits| Shift {
        lens: Lens::Mix,
        kind,
        name: name.to_owned(),
        window,
        baseline,
        unit: Unit::Percent,
        bits,
        event: Some(first_event + 40),
        left_out: None,
        carried: None,
    };
    vec![
        shift(ShiftKind::MoreOften, "ERROR connection to <*> refused after <*>", 36.0, 0.0, 61.5),
        shift(ShiftKind::Missing, "INFO order <*> paid in <*>", 0.0, 22.4, 18.3),
    ]
}

fn doc() -> Doc {
    let capture = CaptureRow {
        id: 1,
        path: "/evidence/shop.jsonl.gz".into(),
        file_name: "shop.jsonl.gz".to_owned(),
        sha256: "9f86d081884c7d65".repeat(4),
        stored_bytes: 345_678,
        decoded_bytes: 4_123_456,
        format: ingest::Format::JsonLines,
        wrapping: ingest::Wrapping::of(&[ingest::Layer::Gzip]),
        confidence: 0.99,
        order: ingest::EventOrder::AsWritten,
        records: 3902,
        events: 3900,
        rejected: 2,
        notes: 0,
        start_nanos: Some(START_NANOS),
        end_nanos: Some(START_NANOS + 130 * SECOND_NANOS),
        redaction: None,
        state: CaptureState::Complete,
        imported_at_nanos: START_NANOS,
    };
    let summary =
        |stream: u32| StreamSummary { stream, windows: u64::from(WINDOWS), note: None, drift: None };
    let run = RunRow {
        id: 1,
        engine: cbad::ENGINE_VERSION.to_owned(),
        codecs: Vec::new(),
        config: Config::default(),
        captures: vec![capture.sha256.clone()],
        streams: (0..3).map(summary).collect(),
        results_sha256: "ab".repeat(32),
        windows: 360,
        flagged: 6,
        findings: 2,
    };
    let findings = vec![finding(1, 0, ODD.start, Grade::Severe), finding(2, 2, 20, Grade::Unusual)];
    Doc::new(
        "/evidence/shop.jsonl.gz.driftlock".into(),
        vec![capture],
        streams(),
        Some(run.clone()),
        vec![run],
        findings,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::state::Pane;
    use crate::{theme, tokens, view};
    use egui_kittest::Harness;
    use testkit::CpuRenderer;

    struct Scene {
        state: State,
        tree: egui_tiles::Tree<Pane>,
    }

    fn harness() -> Harness<'static, Scene> {
        let mut harness = Harness::builder()
            .with_size([1000.0, 560.0])
            .with_theme(egui::Theme::Dark)
            .with_max_steps(16)
            .with_render_cursor(false)
            .renderer(CpuRenderer::default())
            .with_context_setup(theme::install)
            .build_ui_state(
                |ui, scene: &mut Scene| view::frame(ui, &mut scene.state, &mut scene.tree),
                Scene { state: state(), tree: crate::layout::triage() },
            );
        harness.run();
        harness
    }

    #[test]
    fn the_whole_window_looks_as_it_did() {
        harness().snapshot("window");
    }

    #[test]
    fn what_shifted_and_a_lens_look_as_they_did() {
        let mut results = egui_kittest::SnapshotResults::new();
        let mut look = |name: &str, arrange: &dyn Fn(&egui::Context, &mut Scene)| {
            let mut window = harness();
            let context = window.ctx.clone();
            arrange(&context, window.state_mut());
            window.run();
            window.snapshot(name);
            results.extend_harness(&mut window);
        };
        let finding = |scene: &mut Scene| {
            scene.tree.make_active(|_, tile| matches!(tile, egui_tiles::Tile::Pane(Pane::Finding)));
        };
        look("shifts_dark", &|_, scene| finding(scene));
        look("shifts_light", &|context, scene| {
            context.set_theme(egui::Theme::Light);
            finding(scene);
        });
        look("timeline_of_a_lens", &|_, scene| {
            let state = &mut scene.state;
            state.quantity = heatmap::Quantity::Lens(Lens::Mix);
            let (rows, lanes) = (state.heat.rows.clone().expect("read"), Arc::clone(&state.heat.lanes));
            state.heat.binned = Some(heatmap::bin(&rows, &lanes, state.range, 60, state.shown(), &|| true));
        });
    }

    #[test]
    fn heatmap_pixels_are_the_colours_of_their_windows() -> Result<(), String> {
        let mut window = harness();
        let image = window.render()?;
        let state = &window.state().state;
        let (Some(binned), Some(x)) = (&state.heat.binned, state.axis_x) else {
            return Err("nothing was drawn".into());
        };
        let row = state.heat_top.ok_or("the heatmap was not drawn")? + tokens::size::HEAT_ROW / 2.0;
        for column in [3, 20, 35, 50, 58] {
            let bin = binned.at(0, column).ok_or("a bin without a window")?;
            let expected = state.prefs.ramp.at(binned.share(bin.value)).to_array();
            let at = x.min + x.span() * (column as f32 + 0.5) / binned.columns as f32;
            assert_eq!(image.get_pixel(at as u32, row as u32).0, expected, "column {column}");
        }
        Ok(())
    }

    #[test]
    fn commands_about_time_move_all_views() {
        let mut state = state();
        let all = state.range;
        view::carry_out(&mut state, Command::ZoomIn);
        assert!(state.range.0 > all.0 && state.range.1 < all.1);
        view::carry_out(&mut state, Command::PanLeft);
        view::carry_out(&mut state, Command::ZoomToSelection);
        let (from, to) = state.selected_range().expect("a finding is selected");
        assert!(state.range.0 < from && state.range.1 > to && state.range.1 - state.range.0 < all.1 - all.0);
        view::carry_out(&mut state, Command::ResetZoom);
        assert_eq!(state.range, all);
    }

    #[test]
    fn findings_are_stepped_through_in_the_order_shown() {
        let mut state = state();
        for (command, selected) in [
            (Command::NextFinding, 2),
            (Command::NextFinding, 2),
            (Command::PreviousFinding, 1),
            (Command::PreviousFinding, 1),
        ] {
            view::carry_out(&mut state, command);
            assert_eq!(state.selection, Selection::Finding(selected), "{command:?}");
        }
    }

    #[test]
    fn the_command_line_repeats_the_run() {
        let line = view::explain::command_line(&state());
        let expected = "driftlock analyze /evidence/shop.jsonl.gz --baseline rest --seed 42 --alpha 0.05 \
                        && driftlock explain /evidence/shop.jsonl.gz.driftlock 1";
        assert_eq!(line.as_deref(), Some(expected));
    }
}
