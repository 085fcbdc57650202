//! Where the services of a map stand: in layers, callers left of what they call, the same on every machine.
//!
//! Layered drawing after Sugiyama, Tagawa and Toda (IEEE Transactions on Systems, Man, and Cybernetics 11, 1981): rings
//! are broken, layers are longest paths, and within a layer a service stands by the middle of its neighbours.

use case::Edge;
use std::collections::BTreeMap;

/// Times that each layer is put in order by the one beside it.
const SWEEPS: usize = 8;

/// A service on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its name; `None` for what calls from outside.
    pub(crate) name: Option<String>,
    /// From the left, from 0.
    pub(crate) layer: usize,
    /// From above, from 0.
    pub(crate) row: usize,
}

/// Places of the services, callers from outside too, by name.
pub(crate) fn place(edges: &[Edge]) -> Vec<Node> {
    let mut numbers: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for edge in edges {
        numbers.entry(edge.from.clone()).or_default();
        numbers.entry(Some(edge.to.clone())).or_default();
    }
    for (number, slot) in numbers.values_mut().enumerate() {
        *slot = number;
    }
    let links: Vec<(usize, usize)> =
        edges.iter().map(|edge| (numbers[&edge.from], numbers[&Some(edge.to.clone())])).collect();
    let layers = layers(numbers.len(), &without_rings(numbers.len(), &links));
    let rows = rows(&layers, &links);
    let names = numbers.into_keys().enumerate();
    names.map(|(number, name)| Node { name, layer: layers[number], row: rows[number] }).collect()
}

/// The links without those that lead back to where a walk along them came from.
fn without_rings(nodes: usize, links: &[(usize, usize)]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for &(from, to) in links {
        next[from].push(to);
    }
    let mut marks = vec![Mark::New; nodes];
    let mut kept = Vec::new();
    for start in 0..nodes {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        let mut stack = vec![(start, 0)];
        while let Some((node, at)) = stack.pop() {
            let Some(&to) = next[node].get(at) else {
                marks[node] = Mark::Done;
                continue;
            };
            stack.push((node, at + 1));
            if marks[to] != Mark::Open {
                kept.push((node, to));
            }
            if marks[to] == Mark::New {
                marks[to] = Mark::Open;
                stack.push((to, 0));
            }
        }
    }
    kept
}

/// The longest way to each node.
fn layers(nodes: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; nodes];
    // Without rings no way is longer than there are nodes.
    for _ in 0..nodes {
        let mut changed = false;
        for &(from, to) in links {
            if layers[to] <= layers[from] {
                layers[to] = layers[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    layers
}

/// Rows within the layers, so that few links cross.
fn rows(layers: &[usize], links: &[(usize, usize)]) -> Vec<usize> {
    let count = layers.iter().max().map_or(0, |last| last + 1);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (node, layer) in layers.iter().enumerate() {
        order[*layer].push(node);
    }
    let mut rows = vec![0; layers.len()];
    let number = |order: &[Vec<usize>], rows: &mut Vec<usize>| {
        for nodes in order {
            for (row, node) in nodes.iter().enumerate() {
                rows[*node] = row;
            }
        }
    };
    number(&order, &mut rows);
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        for step in 0..count {
            let layer = if down { step } else { count - 1 - step };
            let middle = |node: usize| {
                let beside = links.iter().filter_map(|&(from, to)| match (from == node, to == node) {
                    (true, false) if !down => Some(to),
                    (false, true) if down => Some(from),
                    _ => None,
                });
                let (sum, n) = beside.fold((0, 0), |(sum, n), other| (sum + rows[other], n + 1));
                // In halves of a thousandth: whole numbers compare the same everywhere.
                (sum * 2000).checked_div(n).unwrap_or(rows[node] * 2000)
            };
            let mut nodes: Vec<(usize, usize)> =
                order[layer].iter().map(|node| (middle(*node), *node)).collect();
            nodes.sort_by_key(|(middle, node)| (*middle, rows[*node]));
            order[layer] = nodes.into_iter().map(|(_, node)| node).collect();
            number(&order[layer..=layer], &mut rows);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str) -> Edge {
        Edge {
            from: (!from.is_empty()).then(|| from.to_owned()),
            to: to.to_owned(),
            calls: 1,
            errors: 0,
            rate: 1.0,
            median_nanos: 1,
            p95_nanos: 1,
        }
    }

    #[test]
    fn callers_stand_left_of_what_they_call_and_rings_end() {
        let edges = [
            edge("", "gateway"),
            edge("gateway", "cart"),
            edge("cart", "db"),
            edge("gateway", "db"),
            edge("db", "gateway"),
        ];
        let nodes = place(&edges);
        let layer =
            |name: &str| nodes.iter().find(|node| node.name.as_deref() == Some(name)).map(|node| node.layer);
        assert_eq!(nodes[0], Node { name: None, layer: 0, row: 0 });
        assert_eq!((layer("gateway"), layer("cart"), layer("db")), (Some(1), Some(2), Some(3)));
        assert_eq!(place(&edges), nodes);
        assert!(place(&[]).is_empty());
    }

    #[test]
    fn services_stand_beside_their_callers_and_never_on_one_another() {
        let edges = [edge("a", "z"), edge("b", "y"), edge("c", "x"), edge("a", "y")];
        let nodes = place(&edges);
        let row =
            |name: &str| nodes.iter().find(|node| node.name.as_deref() == Some(name)).map(|node| node.row);
        assert!(row("z") < row("x"), "z is called by the first, x by the last");
        for a in &nodes {
            assert_eq!(nodes.iter().filter(|b| (a.layer, a.row) == (b.layer, b.row)).count(), 1);
        }
    }
}
