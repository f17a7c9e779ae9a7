//! Cells of tables. Their alignment becomes a class, because the Content-Security-Policy forbids
//! inline styles.

use pulldown_cmark::{Alignment, Event, Tag};

/// The table that is being rendered.
#[derive(Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// The number of the next cell in its row, from 0.
    cell: usize,
    in_head: bool,
}

impl Table {
    /// A table whose columns are aligned so.
    pub(super) fn new(alignments: Vec<Alignment>) -> Self {
        Self {
            alignments,
            ..Self::default()
        }
    }

    pub(super) fn start_row(&mut self, is_head: bool) {
        self.cell = 0;
        self.in_head = is_head;
    }

    pub(super) fn start_cell(&mut self) -> Event<'static> {
        let class = match self.alignments.get(self.cell) {
            Some(Alignment::Left) => "align-left",
            Some(Alignment::Center) => "align-center",
            Some(Alignment::Right) => "align-right",
            _ => "",
        };
        self.cell += 1;
        if class.is_empty() {
            return Event::Start(Tag::TableCell);
        }
        let name = if self.in_head { "th" } else { "td" };
        Event::InlineHtml(format!("<{name} class=\"{class}\">").into())
    }
}
