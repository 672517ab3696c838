//! Writing Markdown.

/// Builds a page of Markdown. Blocks are separated by an empty line.
pub struct Markdown {
    text: String,
    in_list: bool,
}

impl Markdown {
    /// Starts a page with its title.
    pub fn new(title: &str) -> Self {
        Self {
            text: format!("# {title}\n"),
            in_list: false,
        }
    }

    /// Adds a heading; `level` is 2 for those directly below the title.
    pub fn heading(&mut self, level: usize, title: &str) {
        self.block(&format!("{} {title}\n", "#".repeat(level)));
    }

    /// Adds a paragraph, unless it is empty.
    pub fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            self.block(&format!("{text}\n"));
        }
    }

    /// Adds a list item.
    pub fn item(&mut self, text: &str) {
        let line = format!("- {text}\n");
        if self.in_list {
            self.text.push_str(&line);
        } else {
            self.block(&line);
        }
        self.in_list = true;
    }

    /// Adds a code block.
    pub fn code(&mut self, text: &str) {
        self.block(&format!("```text\n{text}\n```\n"));
    }

    /// Adds a table, unless it has no rows.
    pub fn table<const N: usize>(&mut self, heads: [&str; N], rows: &[[String; N]]) {
        if rows.is_empty() {
            return;
        }
        let mut out = row(&heads.map(str::to_owned));
        out.push_str(&row(&heads.map(|_| "---".to_owned())));
        out.extend(rows.iter().map(|cells| row(cells)));
        self.block(&out);
    }

    /// Returns the text of the page.
    pub fn finish(self) -> String {
        self.text
    }

    fn block(&mut self, text: &str) {
        self.in_list = false;
        self.text.push('\n');
        self.text.push_str(text);
    }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Formats a text for a cell of a table, on one line.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// Formats a text as inline code; an empty text stays empty.
pub fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_separated_and_cells_are_one_line() {
        let mut page = Markdown::new("Title");
        page.paragraph("");
        page.paragraph("What it is.");
        page.item("a");
        page.item("b");
        page.table(
            ["Key", "Value"],
            &[["`k`".to_owned(), "a | b\nc".to_owned()]],
        );
        assert_eq!(
            page.finish(),
            "# Title\n\nWhat it is.\n\n- a\n- b\n\n| Key | Value |\n| --- | --- |\n| `k` | a \\| b c |\n"
        );
    }
}
