use super::*;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

/// More rows than an `f32` can count in ones.
const MANY: u64 = (1 << 27) + 1;
const HEIGHT: f32 = 10.0 * size::ROW;
const ALL: Extent = Extent { len: MANY, view: HEIGHT, row: size::ROW };

struct Fake {
    len: u64,
    seen: (u64, u64),
}

impl Rows for Fake {
    fn len(&self) -> u64 {
        self.len
    }
    fn label(&mut self, row: u64) -> String {
        format!("row {row}")
    }
    fn show(&mut self, ui: &mut Ui, row: u64, _selected: bool) {
        ui.label(row.to_string());
    }
    fn visible(&mut self, first: u64, end: u64) {
        self.seen = (first, end);
    }
}

struct World {
    state: ListState,
    rows: Fake,
    events: ListEvents,
}

fn harness(len: u64) -> Harness<'static, World> {
    let world = World {
        state: ListState::default(),
        rows: Fake { len, seen: (0, 0) },
        events: ListEvents::default(),
    };
    Harness::builder().with_size([400.0, HEIGHT + 16.0]).build_ui_state(
        |ui, world: &mut World| {
            ui.set_max_size(egui::vec2(380.0, HEIGHT));
            let events = show(ui, Id::unique("list"), "Fake rows", &mut world.state, &mut world.rows);
            if events != ListEvents::default() {
                world.events = events;
            }
        },
        world,
    )
}

#[test]
fn wheel_moves_evenly_at_the_far_end_of_many_rows() {
    let mut state = ListState { first: MANY - 1000, ..Default::default() };
    for turn in 1..=400_u64 {
        state.scroll(size::ROW / 2.0, ALL);
        assert_eq!(state.first, MANY - 1000 + turn / 2, "after {turn} half rows");
        assert!((state.rest - if turn % 2 == 1 { size::ROW / 2.0 } else { 0.0 }).abs() < 0.01);
    }
    state.scroll(1e6, ALL);
    assert_eq!((state.first, state.rest), (MANY - 10, 0.0), "the last row stands at the lower edge");
    let mut top = ListState { first: 2, rest: 3.0, selected: None, reveal: None };
    top.scroll(-1e5, ALL);
    assert_eq!((top.first, top.rest), (0, 0.0));
}

#[test]
fn view_ends_flush_when_rows_do_not_fill_it_evenly() {
    let height = 9.5 * size::ROW;
    let mut state = ListState::default();
    state.scroll(1e6, Extent { len: 100, view: height, row: size::ROW });
    assert_eq!(state.first, 90);
    assert!((state.rest - size::ROW / 2.0).abs() < 0.01);
    state.clamp(Extent { len: 4, view: height, row: size::ROW });
    assert_eq!((state.first, state.rest), (0, 0.0), "a list that fits does not scroll");
    state.scroll(50.0, Extent { len: 4, view: height, row: size::ROW });
    assert_eq!((state.first, state.rest), (0, 0.0));
}

#[test]
fn keys_select_and_keep_the_selected_row_in_view() {
    let mut h = harness(MANY);
    h.run();
    h.get_by_label("Fake rows").focus();
    h.run();
    for (key, selected) in [
        (Key::End, MANY - 1),
        (Key::ArrowUp, MANY - 2),
        (Key::PageUp, MANY - 2 - 9),
        (Key::ArrowDown, MANY - 10),
        (Key::Home, 0),
        (Key::PageDown, 9),
        (Key::ArrowUp, 8),
    ] {
        h.key_press(key);
        h.run();
        let world = h.state();
        assert_eq!(world.state.selected, Some(selected), "{key:?}");
        assert_eq!(world.events.selected, Some(selected), "{key:?}");
        assert!((world.rows.seen.0..world.rows.seen.1).contains(&selected), "{key:?} left the view");
        h.get_by_label(&format!("row {selected}"));
    }
    h.key_press(Key::Enter);
    h.run();
    assert_eq!(h.state().events.opened, Some(8));
}

#[test]
fn only_visible_rows_exist_and_a_click_selects_the_right_one() {
    let mut h = harness(MANY);
    h.state_mut().state.reveal = Some(MANY / 2 + 3);
    h.run();
    let (first, end) = h.state().rows.seen;
    assert!(end - first <= 11, "{} rows for a view of ten", end - first);
    let row = MANY / 2 + 5;
    h.get_by_label(&format!("row {row}")).click();
    h.run();
    assert_eq!(h.state().state.selected, Some(row));
    assert_eq!(h.state().events.selected, Some(row));
}

#[test]
fn far_targets_land_inside_and_near_ones_move_little() {
    let mut state = ListState { first: 100, ..Default::default() };
    state.bring_into_view(105, ALL);
    assert_eq!(state.first, 100, "already in view");
    state.bring_into_view(110, ALL);
    assert_eq!((state.first, state.rest), (101, 0.0), "one row below");
    state.bring_into_view(99, ALL);
    assert_eq!(state.first, 99, "two rows above");
    state.bring_into_view(MANY - 1, ALL);
    assert_eq!(state.first, MANY - 10);
    state.bring_into_view(5000, ALL);
    assert_eq!(state.first, 4997, "a third from the top");
}

#[test]
fn rows_of_another_height_scroll_by_their_own() {
    let tall = Extent { len: MANY, view: HEIGHT, row: 2.0 * size::ROW };
    let mut state = ListState::default();
    for turn in 1..=9_u64 {
        state.scroll(tall.row * 1.5, tall);
        assert_eq!(state.first, turn * 3 / 2, "after {turn} turns");
        assert!((state.rest - if turn % 2 == 1 { size::ROW } else { 0.0 }).abs() < 0.01);
    }
}

#[test]
fn the_scroll_bar_reaches_every_part_of_many_rows() {
    let mut h = harness(MANY);
    h.run();
    let (x, top, bottom) = (383.0, 8.0, HEIGHT + 7.0);
    for (share, expected) in [(0.5, MANY / 2), (1.0, MANY - 10), (0.0, 0)] {
        let at = egui::pos2(x, top + (bottom - top) * share);
        h.hover_at(at);
        h.drag_at(at);
        h.run();
        h.drop_at(at);
        h.run();
        let first = h.state().state.first;
        assert!(first.abs_diff(expected) <= MANY / 20, "{share}: {first}");
        h.get_by_label(&format!("row {}", first + 1)).click();
        h.run();
        assert_eq!(h.state().state.selected, Some(first + 1));
    }
}
