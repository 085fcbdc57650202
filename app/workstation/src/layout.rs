//! Where the docked views stand: presets, and layouts that are kept and read again.

use crate::state::Pane;
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

/// Share of the height that the overview has above the other views.
const ABOVE: f32 = 0.58;

/// A layout as it is kept. What is not whole when it is read again, since somebody changed it or a later version made it,
/// is passed over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Layout(serde_json::Value);

impl Layout {
    /// The layout of these views.
    pub(crate) fn of(tree: &Tree<Pane>) -> Self {
        Self(serde_json::to_value(tree).unwrap_or_default())
    }

    /// The views in this layout; `None` where it does not hold each view at most once and the overview at all.
    pub(crate) fn tree(&self) -> Option<Tree<Pane>> {
        let tree: Tree<Pane> = serde_json::from_value(self.0.clone()).ok()?;
        let mut shown = Vec::new();
        walk(&tree.tiles, tree.root()?, &mut shown, 0)?;
        let mut distinct = shown.clone();
        distinct.sort_unstable();
        distinct.dedup();
        (distinct.len() == shown.len() && distinct.contains(&Pane::Overview)).then_some(tree)
    }
}

/// The views below a tile; `None` where a tile is missing or the tiles go round in a ring.
fn walk(tiles: &Tiles<Pane>, tile: TileId, shown: &mut Vec<Pane>, depth: usize) -> Option<()> {
    const DEEPEST: usize = 32;
    match tiles.get(tile).filter(|_| depth < DEEPEST && shown.len() <= Pane::ALL.len())? {
        Tile::Pane(pane) => shown.push(*pane),
        Tile::Container(container) => {
            for child in container.children() {
                walk(tiles, *child, shown, depth + 1)?;
            }
        }
    }
    Some(())
}

/// All views as tabs of one group, the overview in front.
pub(crate) fn triage() -> Tree<Pane> {
    Tree::new_tabs(egui::Id::unique("views"), Pane::FIRST.to_vec())
}

/// The overview above, the others as tabs below it.
pub(crate) fn timeline() -> Tree<Pane> {
    above_others(&[])
}

/// The overview above, and below it this view in front of the others.
pub(crate) fn over(pane: Pane) -> Tree<Pane> {
    above_others(&[pane])
}

fn above_others(first: &[Pane]) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let overview = tiles.insert_pane(Pane::Overview);
    let above = tiles.insert_tab_tile(vec![overview]);
    let others = Pane::FIRST.into_iter().filter(|pane| *pane != Pane::Overview);
    let others = first.iter().copied().chain(others).map(|pane| tiles.insert_pane(pane)).collect();
    let below = tiles.insert_tab_tile(others);
    let mut linear = Linear::new(LinearDir::Vertical, vec![above, below]);
    linear.shares.set_share(above, 2.0 * ABOVE);
    linear.shares.set_share(below, 2.0 * (1.0 - ABOVE));
    let root = tiles.insert_container(Container::Linear(linear));
    Tree::new(egui::Id::unique("views"), root, tiles)
}

/// Brings a view to the front; one that is not there becomes a tab of the first group.
pub(crate) fn bring_to_front(tree: &mut Tree<Pane>, pane: Pane) {
    if tree.tiles.find_pane(&pane).is_none() {
        let tile = tree.tiles.insert_pane(pane);
        let tabs = |tile: &TileId| matches!(tree.tiles.get(*tile), Some(Tile::Container(Container::Tabs(_))));
        let mut groups: Vec<TileId> = tree.tiles.tile_ids().filter(tabs).collect();
        groups.sort_unstable_by_key(|tile| tile.0);
        match groups.first().copied() {
            Some(group) => tree.move_tile_to_container(tile, group, usize::MAX, false),
            None => *tree = triage(),
        }
    }
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(shown) if *shown == pane));
}

/// The view that a person looks at: the last of those in front that has something of its own to say.
pub(crate) fn front(tree: &Tree<Pane>) -> Pane {
    let shown = |tile: TileId| tree.tiles.get_pane(&tile).copied();
    let mut active: Vec<Pane> = tree.active_tiles().into_iter().filter_map(shown).collect();
    active.sort_unstable();
    active.last().copied().unwrap_or(Pane::Overview)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(tree: &Tree<Pane>) -> Vec<Pane> {
        let mut shown = Vec::new();
        tree.root().and_then(|root| walk(&tree.tiles, root, &mut shown, 0));
        shown.sort_unstable();
        shown
    }

    #[test]
    fn every_preset_has_every_first_view_once_and_is_read_as_it_was_kept() {
        for tree in [triage(), timeline()] {
            assert_eq!(panes(&tree), Pane::FIRST);
            let kept = serde_json::to_string(&Layout::of(&tree)).expect("layouts are plain");
            let layout: Layout = serde_json::from_str(&kept).expect("as it was written");
            assert_eq!(layout.tree().map(|again| panes(&again)), Some(Pane::FIRST.to_vec()));
        }
    }

    #[test]
    fn a_view_over_the_others_is_in_front() {
        let tree = over(Pane::Compare);
        assert_eq!((panes(&tree).len(), front(&tree)), (Pane::FIRST.len() + 1, Pane::Compare));
        assert!(Layout::of(&tree).tree().is_some());
    }

    #[test]
    fn layouts_that_are_not_whole_are_passed_over() {
        let twice =
            Tree::new_tabs(egui::Id::unique("views"), vec![Pane::Overview, Pane::Events, Pane::Events]);
        let without = Tree::new_tabs(egui::Id::unique("views"), vec![Pane::Events]);
        for tree in [twice, without] {
            assert!(Layout::of(&tree).tree().is_none());
        }
        assert!(Layout(serde_json::json!({ "root": 7 })).tree().is_none());
        let mut text = serde_json::to_string(&Layout::of(&triage())).expect("layouts are plain");
        text = text.replace("Events", "Holograms");
        let later: Layout = serde_json::from_str(&text).expect("still JSON");
        assert!(later.tree().is_none(), "a view of a later version");
    }

    #[test]
    fn a_view_that_is_not_there_is_made_a_tab_and_shown() {
        let mut tree = timeline();
        bring_to_front(&mut tree, Pane::Settings);
        assert!(panes(&tree).contains(&Pane::Settings));
        let count = panes(&tree).len();
        bring_to_front(&mut tree, Pane::Settings);
        assert_eq!(panes(&tree).len(), count, "once is enough");
        let mut tree = triage();
        bring_to_front(&mut tree, Pane::Finding);
        assert_eq!(front(&tree), Pane::Finding);
    }
}
