//! Aligned columns of plain text.

use std::io::{self, Write};

/// Which side the text of a column stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of cells under headings. Cells are plain text: what comes from a capture goes through `case::inert` first.
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.columns.len(), "a cell a column");
        self.rows.push(cells.into());
    }

    /// Writes headings and rows, two spaces between columns, none at the end of a line.
    pub(crate) fn write(&self, out: &mut impl Write, indent: &str) -> io::Result<()> {
        let headings: Vec<String> = self.columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        let lines = std::iter::once(&headings).chain(&self.rows);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| lines.clone().map(|cells| cells[column].chars().count()).max().unwrap_or(0))
            .collect();
        for cells in lines {
            let mut line = String::from(indent);
            for ((cell, (_, align)), width) in cells.iter().zip(&self.columns).zip(&widths) {
                let padding = " ".repeat(width - cell.chars().count());
                match align {
                    Align::Left => line.extend([cell, &padding, "  "]),
                    Align::Right => line.extend([&padding, cell.as_str(), "  "]),
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Align, Table};

    #[test]
    fn columns_line_up_without_trailing_space() {
        let mut table = Table::new(&[("Name", Align::Left), ("Count", Align::Right), ("", Align::Left)]);
        table.row(["é".into(), "1234567".into(), "x".into()]);
        table.row(["longer".into(), "5".into(), String::new()]);
        let mut text = Vec::new();
        table.write(&mut text, "  ").expect("a Vec takes every byte");
        assert_eq!(
            String::from_utf8_lossy(&text),
            "  Name      Count\n  é       1234567  x\n  longer        5\n"
        );
    }
}
